/**
 * The clock of a task: what `Date.now()`, `new Date()`, and `performance` of compiled code show (design H22).
 *
 * C1. It is the server's, as near as the host knows it, and never shows less than it has shown: the highest reading is saved with the task, so
 *     that whoever takes it up does not go back behind it.
 * C2. `performance.now()` counts from when the task began, by the monotonic clock of the process in which it is; in another process it goes on
 *     from the server's clock, and never from less than was shown.
 * C3. A program, or a package, that has put something of its own in the place of the realm's `Date`, `Date.now` or `performance.now` gets that.
 * C4. Nothing is saved of a clock at which the program has not looked.
 */
import type { TaskHost } from "./types.ts";

const RealDate = Date;
const realNow = Date.now;

/** In milliseconds: the highest reading, when the task began, and what `performance.now()` has shown. */
export type ClockState = readonly [shown: number, began: number, elapsed: number];

export class TaskClock {
  readonly #host: TaskHost;
  /** Makes the function that {@link reader} hands out known by a name. */
  readonly #made: (now: () => number) => void;
  #shown = 0;
  /** Undefined before the task has begun. */
  #began: number | undefined;
  #elapsed = 0;
  /** What the monotonic clock is behind `performance.now()`, in this process. */
  #ahead: number | undefined;
  #looked = false;
  #reader: (() => number) | undefined;

  constructor(host: TaskHost, made: (now: () => number) => void) {
    this.#host = host;
    this.#made = made;
  }

  /** `Date.now()`; `date` is what `Date` is. */
  now(date: DateConstructor): number {
    return date === RealDate && date.now === realNow ? this.read() : date.now();
  }

  /** `new Date()` */
  date(date: DateConstructor): Date {
    return date === RealDate ? new RealDate(this.read()) : new date();
  }

  /** `Date()` */
  text(date: DateConstructor): string {
    return date === RealDate ? new RealDate(this.read()).toString() : date();
  }

  /** `Date.now`, which may be kept. */
  reader(date: DateConstructor): () => number {
    return date === RealDate && date.now === realNow ? this.ownReader : date.now;
  }

  get ownReader(): () => number {
    if (this.#reader === undefined) {
      this.#reader = { now: () => this.now(RealDate) }.now;
      this.#made(this.#reader);
    }
    return this.#reader;
  }

  /** What is shown to the program. */
  read(): number {
    const now = this.#host.now();
    if (now > this.#shown) this.#shown = now;
    return this.#shown;
  }

  /** For what is not shown: when a timer is due. */
  get time(): number {
    return Math.max(this.#host.now(), this.#shown);
  }

  /** The task begins here and now, for the first time. */
  begin(): void {
    this.#began = this.time;
  }

  /** `performance.timeOrigin` */
  get origin(): number {
    this.#looked = true;
    this.#began ??= this.time;
    return this.#began;
  }

  /** `performance.now()` */
  elapsed(): number {
    const ticks = this.#ticks;
    this.#ahead ??= Math.max(this.#elapsed, this.time - this.origin) - ticks;
    const elapsed = ticks + this.#ahead;
    if (elapsed > this.#elapsed) this.#elapsed = elapsed;
    return this.#elapsed;
  }

  get #ticks(): number {
    return this.#host.monotonic?.() ?? this.#host.now();
  }

  saved(): ClockState | undefined {
    if (this.#shown === 0 && !this.#looked) return undefined;
    return [this.#shown, this.#looked ? this.origin : 0, this.#elapsed];
  }

  restore([shown, began, elapsed]: ClockState): void {
    this.#shown = shown;
    this.#elapsed = elapsed;
    this.#looked = began > 0;
    if (this.#looked) this.#began = began;
  }
}

export function isClockState(value: unknown): value is ClockState {
  return Array.isArray(value) && value.length === 3 && value.every((each) => Number.isFinite(each));
}
