/**
 * Foreign promises: native ones, made by code that is not compiled. Their state cannot be written down, so each one that the
 * program holds has a durable twin that remembers, where that is known, the call that made it (design H5). One that is awaited on the
 * spot is seen by nobody but the frame that waits: it gets its twin only when a snapshot is taken, which few live to see.
 *
 * F1. A native promise that settles settles its twin at once; what waits on the twin becomes jobs, and the host is woken.
 * F2. After a thaw, a twin with a source has its call made again, `attemptsMax` times at most; one without is rejected
 *     with an InterruptedError (design H6).
 * F3. What waits without a twin goes on within the call of the engine that brings the outcome, if nothing else of the task could run
 *     before it: the queue is empty and no other foreign promise is pending. Else it becomes a job, in its turn.
 * F4. While the task has been told what is not durable yet, a call that reaches out of it is not begun: its twin is there at once, and the
 *     call is made by the first run after that (design H8). That holds where the call is awaited on the spot, and for functions that are
 *     known to be asynchronous; of any other the result is wanted at once, and it is called.
 */
import { withCallers } from "./callers.ts";
import { InterruptedError } from "./errors.ts";
import type { Frame } from "./frame.ts";
import { type Callable, FrameReaction, ReactionJob } from "./jobs.ts";
import type { TaskKernel } from "./kernel.ts";
import { DurablePromise, type ForeignCall, NativePromise } from "./promise.ts";
import { saveableOf } from "./saveable.ts";

const attemptsMax = 3;

/** The engine takes these for constants, which it does not with imported ones. */
const Native = NativePromise;
const nativeThen = Native.prototype.then;

/**
 * One `await` of a native promise. Used again and again: its handlers are made once, and the call that made the promise is kept without a list, for
 * what costs most here is memory.
 */
export class ForeignWait {
  /** What waits. */
  frame: Frame | undefined = undefined;
  /** The call that made the promise, if it is known: of `count` operands, all of them in `more` if there are more than two. */
  callee: unknown = undefined;
  self: unknown = undefined;
  count = -1;
  first: unknown = undefined;
  second: unknown = undefined;
  more: readonly unknown[] | undefined = undefined;
  /** Made for a snapshot; the frame waits for it then, and no longer here. */
  twin: DurablePromise | undefined = undefined;
  /** When it began. */
  since = 0;
  /** The next one that is free, of one that is. */
  next: ForeignWait | undefined = undefined;
  readonly fulfilled: (value: unknown) => void;
  readonly rejected: (error: unknown) => void;

  constructor(desk: ForeignDesk) {
    this.fulfilled = (value) => desk.settled(this, false, value);
    this.rejected = (error) => desk.settled(this, true, error);
  }

  get source(): ForeignCall | undefined {
    const { callee, self, count, first, second, more } = this;
    return count < 0 ? undefined : callOf(callee, self, count, first, second, more);
  }

  madeBy(
    callee: unknown,
    self: unknown,
    count: number,
    first: unknown,
    second: unknown,
    more: readonly unknown[] | undefined,
  ): void {
    this.callee = callee;
    this.self = self;
    this.count = count;
    if (count > 0) this.first = first;
    if (count > 1) this.second = second;
    this.more = more;
  }

  forget(): void {
    this.frame = undefined;
    this.callee = undefined;
    this.self = undefined;
    this.first = undefined;
    this.second = undefined;
    this.more = undefined;
  }
}

export function callOf(
  callee: unknown,
  self: unknown,
  count: number,
  first: unknown,
  second: unknown,
  more: readonly unknown[] | undefined,
): ForeignCall {
  return { callee, self, operands: more ?? [first, second].slice(0, count), again: 0 };
}
const asyncPrototype: unknown = Object.getPrototypeOf(async () => {});
/** The realm's only function that reaches out of the process. */
const fetchName = "%fetch%";

export class ForeignDesk {
  readonly #kernel: TaskKernel;
  /** Twins, and promises that follow a foreign thenable. */
  readonly #pending = new Set<DurablePromise>();
  /** Those that have no twin, in no order: the free ones, and `#waiting` that have a frame. */
  #waits: ForeignWait[] = [];
  #free: ForeignWait | undefined = undefined;
  #waiting = 0;
  #begun = 0;
  /** Whose calls have not been made yet (F4). */
  #held: Set<DurablePromise> | undefined;
  /** Part of other calls, which are saved for them. */
  #leftOut: WeakSet<DurablePromise> | undefined;

  constructor(kernel: TaskKernel) {
    this.#kernel = kernel;
  }

  /**
   * Waits for `native`: the frame that waits is to be put into what this answers, and the call if it is known. Nothing if it is no plain promise.
   */
  await(native: unknown): ForeignWait | undefined {
    const wait = this.#free ?? this.#another();
    // Before anything is asked: a getter may lead here again.
    this.#free = wait.next;
    const { fulfilled, rejected } = wait;
    // Nothing may stand between the question and the call: so the engine knows what `then` is called on.
    if (!(native instanceof Native) || native.constructor !== Native) return this.#putBack(wait);
    try {
      nativeThen.call(native, fulfilled, rejected);
    } catch {
      // An object under the prototype of promises without their state.
      return this.#putBack(wait);
    }
    wait.since = this.#begun++;
    wait.count = -1;
    this.#waiting++;
    return wait;
  }

  #another(): ForeignWait {
    const wait = new ForeignWait(this);
    this.#waits.push(wait);
    return wait;
  }

  #putBack(wait: ForeignWait): undefined {
    wait.next = this.#free;
    this.#free = wait;
  }

  /** The native promise behind a wait has settled. */
  settled(wait: ForeignWait, rejected: boolean, value: unknown): void {
    const { frame } = wait;
    if (frame === undefined) {
      this.#settle(wait.twin!, rejected, value);
      return;
    }
    wait.forget();
    wait.next = this.#free;
    this.#free = wait;
    const left = --this.#waiting;
    const kernel = this.#kernel;
    if (kernel.dropped) return;
    if (left === 0 && this.#pending.size === 0 && kernel.goOn(frame, rejected, value)) return;
    const reaction = new FrameReaction();
    reaction.frame = frame;
    kernel.enqueue(new ReactionJob(reaction, rejected, value));
  }

  /** Gives each wait its twin, so that it can be written down. */
  #makeTwins(): void {
    if (this.#waiting === 0) return;
    const waits = this.#waits.filter((wait) => wait.frame !== undefined);
    this.#waits = this.#waits.filter((wait) => wait.frame === undefined);
    this.#waiting = 0;
    waits.sort((one, other) => one.since - other.since);
    for (const wait of waits) {
      const twin = DurablePromise.make(this.#kernel);
      DurablePromise.setSource(twin, wait.source);
      const reaction = new FrameReaction();
      reaction.frame = wait.frame;
      DurablePromise.react(twin, reaction);
      this.#pending.add(twin);
      wait.forget();
      wait.twin = twin;
    }
  }

  /** The durable twin of `native`. */
  adopt(native: object, source: ForeignCall | undefined): DurablePromise {
    const twin = DurablePromise.make(this.#kernel);
    DurablePromise.setSource(twin, source);
    this.follow(twin, native);
    return twin;
  }

  /** Lets `twin` settle as `native` does. */
  follow(twin: DurablePromise, native: object): void {
    this.#pending.add(twin);
    try {
      nativeThen.call(
        native,
        (value) => this.#settle(twin, false, value),
        (error) => this.#settle(twin, true, error),
      );
    } catch (error) {
      // An object under the prototype of promises without their state: its `then` throws.
      this.#settle(twin, true, error);
    }
  }

  #settle(twin: DurablePromise, rejected: boolean, value: unknown): void {
    this.#pending.delete(twin);
    if (!this.#kernel.dropped) this.#kernel.entered(() => DurablePromise.settle(twin, rejected, value));
    // A twin that nobody waits on yet may be what the end of the task depends on.
    this.#kernel.wake();
  }

  /** Counts `promise`, which follows a foreign thenable, as foreign until it is settled. */
  track(promise: DurablePromise, source: ForeignCall): void {
    DurablePromise.setSource(promise, source);
    this.#pending.add(promise);
  }

  /** A thawed promise whose call is to be made again. */
  restore(promise: DurablePromise): void {
    this.#pending.add(promise);
  }

  /** Whether something waits for a foreign promise. */
  get waits(): boolean {
    return this.#waiting > 0 || this.#awaitedTwins().length > 0;
  }

  /** Pending foreign promises on which something waits, to be written down. */
  awaited(): DurablePromise[] {
    this.#makeTwins();
    return this.#awaitedTwins();
  }

  /** How many there are. */
  countAwaited(): number {
    return this.#awaitedTwins().length + this.#waiting;
  }

  #awaitedTwins(): DurablePromise[] {
    const found: DurablePromise[] = [];
    for (const twin of this.#pending) {
      if (DurablePromise.stateOf(twin) !== "pending") this.#pending.delete(twin);
      else if (DurablePromise.isAwaited(twin) && !this.#leftOut?.has(twin)) found.push(twin);
    }
    return found;
  }

  /** Whoever made this call is itself a call that is made again: it need not be saved. False if it is no foreign call. */
  leaveOut(twin: DurablePromise): boolean {
    if (!this.#pending.has(twin) || DurablePromise.sourceOf(twin) === undefined) return false;
    this.#leftOut ??= new WeakSet();
    this.#leftOut.add(twin);
    return true;
  }

  has(promise: DurablePromise): boolean {
    return this.#pending.has(promise);
  }

  /** F4, of a call that is awaited on the spot. */
  mustWait(fn: object, self: unknown): boolean {
    if (this.#kernel.host.settled?.() !== false) return false;
    const name = this.#kernel.codec.nameOf?.(fn);
    if (name !== undefined) return name === fetchName || !/^(%|continua[#/])/.test(name);
    const prototype: unknown =
      typeof self === "object" && self !== null ? Object.getPrototypeOf(self) : undefined;
    // Methods of our own handles are effects.
    return !(
      typeof prototype === "object" &&
      prototype !== null &&
      saveableOf(prototype)?.name.startsWith("continua.")
    );
  }

  /** F4, of any other call. */
  mustWaitUnasked(fn: object, self: unknown): boolean {
    if (!this.mustWait(fn, self)) return false;
    return Object.getPrototypeOf(fn) === asyncPrototype || this.#kernel.codec.nameOf?.(fn) === fetchName;
  }

  /** Makes a call of the house's own that is made again as a foreign one is: `callee` can be saved, and answers a native promise. */
  call(callee: () => Promise<unknown>): DurablePromise {
    const source: ForeignCall = { callee, self: undefined, operands: [], again: 0 };
    return this.mustWait(callee, undefined) ? this.hold(source) : this.adopt(callee(), source);
  }

  /** Calls a function, of the program or not, that is called again after a thaw if the promise that it answers is lost with its process. */
  callAgain(callee: Callable, ...operands: readonly unknown[]): unknown {
    const result = this.#kernel.adopt(callee, undefined, ...operands);
    const isNative = result instanceof NativePromise && !DurablePromise.is(result);
    return isNative ? this.adopt(result, { callee, self: undefined, operands, again: 0 }) : result;
  }

  /** The durable twin of what the call will answer. */
  hold(source: ForeignCall): DurablePromise {
    const twin = DurablePromise.make(this.#kernel);
    DurablePromise.setSource(twin, source);
    this.#pending.add(twin);
    this.#hold(twin);
    return twin;
  }

  #hold(twin: DurablePromise): void {
    this.#held ??= new Set();
    this.#held.add(twin);
  }

  get holds(): boolean {
    return this.#held !== undefined;
  }

  /** Makes the calls that were held, if they need not wait any longer. */
  release(): void {
    const held = this.#held;
    if (held === undefined || this.#kernel.host.settled?.() === false) return;
    this.#held = undefined;
    this.#kernel.entered(() => {
      for (const twin of held) {
        const source = DurablePromise.sourceOf(twin);
        if (source !== undefined) this.#make(twin, source);
      }
    });
  }

  /** Makes the call of a thawed promise again. */
  again(twin: DurablePromise): void {
    const source = DurablePromise.sourceOf(twin);
    if (DurablePromise.stateOf(twin) !== "pending") return;
    if (source === undefined) {
      this.#reject(
        twin,
        "a promise of foreign code was lost with its process, and the call that made it is not known",
      );
      return;
    }
    const name = typeof source.callee === "function" ? source.callee.name || "(anonymous)" : "(unknown)";
    if (source.again >= attemptsMax) {
      this.#reject(
        twin,
        `the call of ${name} was made again ${source.again} times and the process died each time`,
      );
      return;
    }
    DurablePromise.setSource(twin, { ...source, again: source.again + 1 });
    if (this.#kernel.host.settled?.() === false) this.#hold(twin);
    else this.#kernel.entered(() => this.#make(twin, source));
  }

  #make(twin: DurablePromise, { callee, self, operands }: ForeignCall): void {
    try {
      const result: unknown = Reflect.apply(callee as () => unknown, self, [...operands]);
      if (result instanceof NativePromise && !DurablePromise.is(result)) this.follow(twin, result);
      else {
        this.#pending.add(twin);
        this.#kernel.settle(twin, false, result);
      }
    } catch (error) {
      DurablePromise.settle(twin, true, error);
    }
  }

  #reject(twin: DurablePromise, message: string): void {
    DurablePromise.settle(twin, true, withCallers(new InterruptedError(message, "call"), twin));
  }
}
