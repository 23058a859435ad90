/**
 * Timers and a `Date` of a test's own, put on `globalThis` in the place of the others: time passes when the test says so. What vitest, jest,
 * node:test and `@sinonjs/fake-timers` have in common. It lives in the task as the tests do, so it is frozen and thawed with its timers.
 */
import type { Body } from "./suite.ts";

/** The task's own, whatever stands in their place. */
const real = { setTimeout, Date };
const names = [
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "setImmediate",
  "clearImmediate",
  "Date",
  "performance",
] as const;
type Name = (typeof names)[number];
const globals = globalThis as unknown as Record<string, unknown>;
const firingsMax = 10_000;

class FakeTimer {
  readonly id: number;
  readonly #clock: FakeClock;
  at: number;
  order: number;
  readonly callback: Body;
  readonly args: readonly unknown[];
  readonly every: number | undefined;
  readonly delay: number;
  #referenced = true;

  constructor(
    clock: FakeClock,
    id: number,
    callback: Body,
    delay: number,
    args: readonly unknown[],
    repeats: boolean,
  ) {
    this.#clock = clock;
    this.id = id;
    this.callback = callback;
    this.args = args;
    this.delay = delay;
    this.every = repeats ? Math.max(1, delay) : undefined;
    this.at = clock.now + delay;
    this.order = id;
  }
  ref(): this {
    this.#referenced = true;
    return this;
  }
  unref(): this {
    this.#referenced = false;
    return this;
  }
  hasRef(): boolean {
    return this.#referenced;
  }
  refresh(): this {
    this.at = this.#clock.now + this.delay;
    this.#clock.timers.set(this.id, this);
    return this;
  }
  close(): this {
    this.#clock.timers.delete(this.id);
    return this;
  }
  [Symbol.toPrimitive](): number {
    return this.id;
  }
}

export interface ClockOptions {
  readonly now?: unknown;
  readonly toFake?: readonly string[] | undefined;
}

/** Lets all that can run do so. */
const rest = (): Promise<void> => new Promise((resolve) => real.setTimeout(resolve, 0));

export class FakeClock {
  now = 0;
  #start = 0;
  readonly timers = new Map<number, FakeTimer>();
  #asked = 0;
  #before = new Map<Name, unknown>();

  get installed(): boolean {
    return this.#before.size > 0;
  }

  install({ now, toFake }: ClockOptions = {}): this {
    this.uninstall();
    this.now = now === undefined ? real.Date.now() : Number(now);
    this.#start = this.now;
    const made = this.made();
    for (const name of names) {
      if (toFake !== undefined && !toFake.includes(name)) continue;
      if (name === "performance") {
        // Whoever holds the object sees the clock's time as well.
        this.#before.set(name, performance.now);
        performance.now = () => this.now - this.#start;
        continue;
      }
      this.#before.set(name, globals[name]);
      globals[name] = made[name];
    }
    return this;
  }

  uninstall(): void {
    for (const [name, value] of this.#before) {
      if (name === "performance") performance.now = value as () => number;
      else globals[name] = value;
    }
    this.#before = new Map();
    this.timers.clear();
  }

  /** What stands in the place of the globals. */
  made(): Record<Exclude<Name, "performance">, unknown> {
    const set =
      (repeats: boolean) =>
      (callback: Body, delay?: unknown, ...args: unknown[]): FakeTimer =>
        this.#set(callback, Number(delay ?? 0), args, repeats);
    const clear = (timer?: unknown): void => {
      if (timer !== undefined && timer !== null) this.timers.delete(Number(timer));
    };
    return {
      setTimeout: set(false),
      clearTimeout: clear,
      setInterval: set(true),
      clearInterval: clear,
      setImmediate: (callback: Body, ...args: unknown[]) => this.#set(callback, 0, args, false),
      clearImmediate: clear,
      Date: dateOf(this),
    };
  }

  #set(callback: Body, delay: number, args: readonly unknown[], repeats: boolean): FakeTimer {
    if (typeof callback !== "function")
      throw new TypeError('The "callback" argument must be of type function');
    const ms = delay >= 0 && delay < 2 ** 31 ? Math.trunc(delay) : 0;
    const timer = new FakeTimer(this, ++this.#asked, callback, ms, args, repeats);
    this.timers.set(timer.id, timer);
    return timer;
  }

  /** The next one that is due by then. */
  #next(until: number): FakeTimer | undefined {
    let found: FakeTimer | undefined;
    for (const timer of this.timers.values()) {
      if (timer.at > until) continue;
      if (found === undefined || timer.at < found.at || (timer.at === found.at && timer.order < found.order))
        found = timer;
    }
    return found;
  }

  #fire(timer: FakeTimer): void {
    this.now = Math.max(this.now, timer.at);
    if (timer.every === undefined) this.timers.delete(timer.id);
    else {
      timer.at += timer.every;
      timer.order = ++this.#asked;
    }
    timer.callback(...timer.args);
  }

  tick(ms: number): number {
    const until = this.now + ms;
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) this.#fire(next);
    this.now = until;
    return this.now;
  }
  async tickAsync(ms: number): Promise<number> {
    const until = this.now + ms;
    await rest();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#fire(next);
      await rest();
    }
    this.now = until;
    return this.now;
  }

  next(): number {
    const timer = this.#next(Number.POSITIVE_INFINITY);
    if (timer !== undefined) this.#fire(timer);
    return this.now;
  }
  async nextAsync(): Promise<number> {
    await rest();
    this.next();
    await rest();
    return this.now;
  }

  runAll(): number {
    for (let count = 0; this.timers.size > 0; count += 1) {
      if (count === firingsMax) throw new Error(`Aborting after running ${firingsMax} timers`);
      this.next();
    }
    return this.now;
  }
  async runAllAsync(): Promise<number> {
    await rest();
    for (let count = 0; this.timers.size > 0; count += 1) {
      if (count === firingsMax) throw new Error(`Aborting after running ${firingsMax} timers`);
      await this.nextAsync();
    }
    return this.now;
  }

  get #last(): number {
    return Math.max(this.now, ...[...this.timers.values()].map(({ at }) => at));
  }
  runToLast(): number {
    return this.tick(this.#last - this.now);
  }
  async runToLastAsync(): Promise<number> {
    await rest();
    return this.tickAsync(this.#last - this.now);
  }

  countTimers(): number {
    return this.timers.size;
  }
  setSystemTime(now?: unknown): void {
    const time = now === undefined ? real.Date.now() : Number(now);
    const moved = time - this.now;
    this.now = time;
    this.#start += moved;
    for (const timer of this.timers.values()) timer.at += moved;
  }
  reset(): void {
    this.timers.clear();
  }
}

function dateOf(clock: FakeClock): unknown {
  const type = function (this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return new real.Date(clock.now).toString();
    const made = new.target === (type as unknown) ? real.Date : new.target;
    return Reflect.construct(real.Date, args.length === 0 ? [clock.now] : args, made as never);
  };
  return Object.assign(type, {
    prototype: real.Date.prototype,
    now: () => clock.now,
    UTC: real.Date.UTC,
    parse: real.Date.parse,
  });
}

/** One for all tests of a file: they run one after the other. */
export const clock: FakeClock = new FakeClock();
