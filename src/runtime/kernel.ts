/**
 * The kernel of one task: its fibers, and what compiled code reaches as `$k`. Its queue and its runs are in loop.ts.
 *
 * How a fiber suspends: the innermost call (the *leaf*) asks for something that is not there (`await`, `call`, `poll`).
 * The kernel notes a FrameReaction for it and answers `suspended`; then every body on the native stack, from the innermost
 * outward, writes its frame by `suspend` and returns `suspended` as well. The first frame belongs to the reaction, each later one is
 * the parent of the one before; the outermost one's parent is the promise of the fiber, or on a resumption
 * whatever the resumed frame's parent was. Frames are resumed in a loop, never by recursion, so a chain may be of any length.
 *
 * K1. Order is native order (design L1): an await is one job, a fused call that ends is one job after it.
 * K2. That job is *elided*, its effect taking place at once, only if it would be the next thing to happen anyway: the
 *     queue is empty and there is nothing but fused calls on the stack (`depth` is 0). While `credit` is above 0 both hold, so
 *     that one countdown decides; whatever ends either takes the credit away. With the signal raised nothing is elided: so a loop that
 *     awaits in every turn needs no poll.
 * K3. Between a leaf's suspension and the outermost one nothing else of the task runs.
 * K4. Completions are macrotasks: one is taken only when the queue is empty.
 * K5. A poll freezes only where K2's stack condition holds, and the frozen fiber is the first to go on (design H4).
 * K6. Outside of `run` the task goes on only where the one foreign promise that it waits for settles, if the host lets it (`goOn`); the
 *     host is told if anything has come of it but another such wait.
 */
import { assert } from "../base/errors.ts";
import type { TaskId } from "../base/ids.ts";
import {
  type Frame as AbiFrame,
  type AsyncIteration,
  type Body,
  type Delegate,
  type Environment,
  type Kernel,
  type ModuleRecord,
  type Site,
  suspended as suspendedOfAbi,
} from "../protocol/abi.ts";
import { type Ambient, carriedThen } from "./ambient.ts";
import { AsyncGenerator, AsyncGeneratorObject, asyncGenerator } from "./async-generators.ts";
import { asyncDelegate, asyncIterator, OverGenerator } from "./async-iteration.ts";
import { listOf, runBody } from "./body.ts";
import { TaskClock } from "./clock.ts";
import "./combinators.ts";
import { noteCallers } from "./callers.ts";
import { formatPlainly } from "./console.ts";
import { currentKernel, setCurrent } from "./current.ts";
import { EffectDesk } from "./effects.ts";
import { callOf, ForeignDesk, type ForeignWait } from "./foreign.ts";
import { type Caller, CarryingFrame, Frame } from "./frame.ts";
import { arrayFromAsync, fromAsyncSite } from "./from-async.ts";
import { asyncNext } from "./generators.ts";
import { TaskGlobals } from "./globals.ts";
import { AdoptReaction, type Callable, FrameReaction, ReactionJob, ThenableJob } from "./jobs.ts";
import { type KernelCodec, noCodec } from "./kernel-codec.ts";
import { LiveObjects } from "./live.ts";
import { TaskLoop } from "./loop.ts";
import { ModulePlaces } from "./module-places.ts";
import type { TaskModules } from "./modules.ts";
import { DurablePromise, describe, isIntrinsicThen, isPlain, NativePromise, resolvers } from "./promise.ts";
import { TaskClasses } from "./saveable.ts";
import { SharedValues } from "./shared.ts";
import { signal as signalOfProcess } from "./signal.ts";
import { type AnyFunction, envOf, siteOf } from "./stamp.ts";
import type { TaskHost } from "./types.ts";
import { mayKeep } from "./words.ts";

/** The engine takes these for constants, which it does not with imported ones: each look at one would be a call. */
const suspended: typeof suspendedOfAbi = suspendedOfAbi;
const signal = signalOfProcess;
const nextOfGenerators = asyncNext;

/** `fn.call(self, ...args)`, whatever `call` is there: a list of operands would have to be made, and taken apart again. */
const invoke = Function.prototype.call.bind(Function.prototype.call) as (
  fn: AnyFunction,
  self: unknown,
  ...args: unknown[]
) => unknown;

/** What a kernel needs of the program that it runs. */
export interface KernelOptions {
  readonly id: TaskId;
  readonly host: TaskHost;
  /** `import(specifier)` in the module with this id. */
  readonly import?: (kernel: TaskKernel, module: string, specifier: unknown) => unknown;
  readonly codec?: KernelCodec;
  /** The text of one call of `console.log`. */
  readonly format?: (args: readonly unknown[]) => string;
}

export class TaskKernel extends TaskLoop implements Kernel {
  readonly id: TaskId;
  readonly effects: EffectDesk;
  readonly foreign: ForeignDesk;
  /** What its main fiber and its `import()` run. */
  modules: TaskModules | undefined;
  /** Records of the task's modules, by module id. */
  readonly records = new Map<string, ModuleRecord>();
  /** Pending constructed promises on which something waits: fibers that only their resolvers can wake (design H6). */
  readonly awaitedResolvers = new Set<DurablePromise>();
  /** Whether foreign code of this process was given a function of the program, which it may call at any time. */
  hasHandedOut = false;
  readonly places = new ModulePlaces(this);
  readonly classes = new TaskClasses();
  readonly shared = new SharedValues(this);
  readonly live = new LiveObjects();
  readonly taskGlobals: TaskGlobals;
  readonly clock: TaskClock;
  readonly format: (args: readonly unknown[]) => string;
  readonly codec: KernelCodec;
  readonly #import: KernelOptions["import"];
  /** The reaction whose frame comes next, and the frame whose parent comes next. */
  #leaf: FrameReaction | ForeignWait | undefined;
  #tail: Frame | undefined;
  /** It has yielded in the frame that is being resumed, and more is asked of it. */
  #asked: AsyncGenerator | undefined;
  /** The frame that is being resumed. */
  current: Frame | undefined;
  /** The last foreign function whose promise was awaited: known to have no stamp, which takes a while to ask for. */
  #foreignCallee: AnyFunction | undefined;
  #resumedRejected = false;
  #resumedValue: unknown;

  constructor(options: KernelOptions) {
    super(options.host);
    this.id = options.id;
    this.format = options.format ?? formatPlainly;
    this.codec = options.codec ?? noCodec;
    this.#import = options.import;
    this.effects = new EffectDesk(this);
    this.foreign = new ForeignDesk(this);
    this.taskGlobals = new TaskGlobals(this);
    this.clock = new TaskClock(options.host, (now) => this.taskGlobals.nameNow(now));
  }

  get globals(): Kernel["globals"] {
    // Foreign code may call a compiled function at any time, with no task current. What it asks for is this task's.
    if (currentKernel() === undefined) setCurrent(this);
    return this.taskGlobals;
  }

  // ---- what compiled code calls -------------------------------------------------------------------------------------

  start(site: Site, env: Environment, self: unknown, args: readonly unknown[]): DurablePromise {
    // Compared, since writing costs more than reading, and most calls come from the task itself.
    const previous = currentKernel();
    if (previous !== this) setCurrent(this);
    const credit = this.credit;
    this.depth++;
    this.credit = 0;
    let rejected = false;
    let result: unknown;
    try {
      result = runBody(site, env, self, args);
    } catch (error) {
      rejected = true;
      result = error;
    }
    return this.#started(previous, credit, rejected, result);
  }

  fiber(body: Body, env: Environment, a?: unknown, b?: unknown, c?: unknown): DurablePromise {
    const previous = currentKernel();
    if (previous !== this) setCurrent(this);
    const credit = this.credit;
    this.depth++;
    this.credit = 0;
    let rejected = false;
    let result: unknown;
    try {
      result = body(null, env, undefined, a, b, c);
    } catch (error) {
      rejected = true;
      result = error;
    }
    return this.#started(previous, credit, rejected, result);
  }

  /** The first stretch of a fiber is over. */
  #started(previous: TaskKernel | undefined, credit: number, rejected: boolean, result: unknown) {
    this.depth--;
    // With credit the queue was empty and nothing below this. If it is so again, the credit is good again.
    if (this.queue.size === 0) this.credit = credit;
    else this.granted -= credit;
    // The promise is made when the body is done: most are settled by then, and nobody can have seen it before.
    let promise: DurablePromise;
    if (result === suspended) {
      promise = this.effects.born(DurablePromise.make(this));
      this.#attach(promise);
    } else if (rejected || !isObject(result)) promise = DurablePromise.ended(rejected, result);
    else {
      promise = DurablePromise.make(this);
      this.settle(promise, false, result);
    }
    if (previous !== this) setCurrent(previous);
    return promise;
  }

  await(value: unknown): unknown {
    if (!isObject(value)) return this.#tick(false, value);
    if (DurablePromise.is(value)) {
      if (isPlain(value)) return this.#awaitPromise(value);
    } else {
      this.#leaf = this.foreign.await(value);
      if (this.#leaf !== undefined) return suspended;
    }
    return this.#awaitObject(value);
  }

  /**
   * The hottest place there is, with `direct`: so small that the engine puts it into the body that calls it. `args` is only measured, indexed and
   * spread, here and below, so that the engine never makes the list.
   */
  call(fn: unknown, self: unknown, ...args: unknown[]): unknown {
    if (fn === this.#foreignCallee && args.length === 1) {
      return this.#callForeignAgain(fn as AnyFunction, self, args[0]);
    }
    return this.#callAny(fn, self, ...args);
  }

  #callAny(fn: unknown, self: unknown, ...args: unknown[]): unknown {
    if (typeof fn !== "function") throw new TypeError(`${describe(fn)} is not a function`);
    if (fn === nextOfGenerators) {
      const generator = AsyncGeneratorObject.maybe(self);
      const frame = generator?.beginDirectly();
      if (frame !== undefined) return this.nextDirectly(generator!, frame, args[0]);
    }
    const site = fn === this.#foreignCallee ? undefined : siteOf(fn);
    if (site === undefined) {
      const count = args.length;
      const more = count > 2 ? listOf(...args) : undefined;
      return this.#callForeign(fn, self, count, args[0], args[1], more);
    }
    if (site.kind !== "async") return this.await(invoke(fn, self, ...args));
    const body = site.body!;
    const env = envOf(fn);
    let result: unknown;
    try {
      switch (args.length) {
        case 0:
          result = body(null, env, self);
          break;
        case 1:
          result = body(null, env, self, args[0]);
          break;
        case 2:
          result = body(null, env, self, args[0], args[1]);
          break;
        default:
          result = body(null, env, self, ...args);
      }
    } catch (error) {
      if (this.mayElide()) throw error;
      return this.#tickLater(true, error);
    }
    if (isObject(result)) return this.#endedWith(result);
    if (result === suspended || this.mayElide()) return result;
    return this.#tickLater(false, result);
  }

  /** The same again, since every call less is a third of the time that is left. */
  direct(body: Body, env: Environment, a?: unknown, b?: unknown, c?: unknown): unknown {
    let result: unknown;
    try {
      result = body(null, env, undefined, a, b, c);
    } catch (error) {
      if (this.mayElide()) throw error;
      return this.#tickLater(true, error);
    }
    if (isObject(result)) return this.#endedWith(result);
    if (result === suspended || this.mayElide()) return result;
    return this.#tickLater(false, result);
  }

  adopt(fn: unknown, self: unknown, ...args: unknown[]): unknown {
    if (typeof fn !== "function") throw new TypeError(`${describe(fn)} is not a function`);
    const isForeign = siteOf(fn) === undefined;
    if (isForeign) {
      if (fn === arrayFromAsync) return this.#fromAsync(self, args);
      if (this.foreign.mustWaitUnasked(fn, self))
        return this.foreign.hold({ callee: fn, self, operands: args, again: 0 });
      this.hasHandedOut ||= args.some((each) => typeof each === "function") && mayKeep(fn);
    }
    const result: unknown = Reflect.apply(fn, self, args);
    if (isForeign && result instanceof NativePromise && !DurablePromise.is(result)) {
      return this.foreign.adopt(result, { callee: fn, self, operands: args, again: 0 });
    }
    return result;
  }

  #fromAsync(maker: unknown, operands: readonly unknown[]): DurablePromise {
    return this.start(fromAsyncSite, {}, maker, operands);
  }

  suspend(site: Site, label: number, slots: unknown[]): typeof suspended {
    const frame = this.#frame(site, label, slots);
    if (this.#leaf !== undefined) {
      this.#leaf.frame = frame;
      this.#leaf = undefined;
    } else {
      if (this.#tail === undefined)
        assert(false, `${site.id} suspends at label ${label}, but nothing below it has`);
      this.#tail.parent = frame;
    }
    this.#tail = frame;
    return suspended;
  }

  #frame(site: Site, label: number, slots: unknown[]): Frame {
    const { ambient } = this;
    return ambient === undefined
      ? new Frame(site, label, slots)
      : new CarryingFrame(site, label, slots, ambient);
  }

  resumed(): unknown {
    const value = this.#resumedValue;
    this.#resumedValue = undefined;
    if (this.#resumedRejected) throw value;
    return value;
  }

  at(body: Site, statement: string): void {
    this.places.enter(body.id, statement);
  }

  poll(): boolean {
    if (this.depth !== 0 || !this.running) {
      // This stack cannot be frozen. Lowering the signal keeps the loop fast until the watchdog raises it again.
      signal[0] = 0;
      return false;
    }
    if (!this.host.freeze()) return false;
    this.#leaf = new FrameReaction();
    this.freezeBefore(new ReactionJob(this.#leaf, false, undefined));
    return true;
  }

  generator(fn: AnyFunction, site: Site, env: Environment, self: unknown, args: readonly unknown[]): object {
    return asyncGenerator(this, fn, site, env, self, args);
  }

  yield(frame: AbiFrame, value: unknown): typeof suspended {
    const generator = (frame as Frame).parent as AsyncGenerator;
    this.#leaf = generator.yielded(value);
    if (generator.isAskedInTurn) this.#asked = generator;
    return suspended;
  }

  /** `await generator.next(value)` on the native stack of the call (async-generators.ts, Q4). */
  nextDirectly(generator: AsyncGenerator, frame: Frame, value: unknown): unknown {
    this.#resumedRejected = false;
    this.#resumedValue = value;
    const elided = this.granted - this.credit;
    let rejected = false;
    let result: unknown;
    try {
      result = frame.site.body!(frame);
    } catch (error) {
      rejected = true;
      result = error;
    }
    if (result === suspended) {
      this.#attach(generator);
      const answer = generator.takeAnswer();
      if (answer === undefined) return this.#awaitPromise(generator.queueFirst());
      result = answer;
    } else {
      generator.finishedDirectly();
      if (!rejected) result = { value: result, done: true };
    }
    if (generator.isAsked) {
      const promise = DurablePromise.make(this);
      this.settle(promise, rejected, result);
      return this.#nextAndOthers(generator, promise, elided !== this.granted - this.credit);
    }
    if (!rejected) {
      const promise = this.#promiseIfThenable(result as object);
      if (promise !== undefined) return this.#awaitPromise(promise);
    }
    return this.#tick(rejected, result);
  }

  /** A direct request is answered, and others have come meanwhile: the caller waits before them if a tick has passed in which it could. */
  #nextAndOthers(generator: AsyncGenerator, answer: DurablePromise, ticked: boolean): typeof suspended {
    const leaf = new FrameReaction();
    if (ticked) DurablePromise.react(answer, leaf);
    this.enteredCall(() => generator.drain());
    if (!ticked) DurablePromise.react(answer, leaf);
    this.#leaf = leaf;
    return suspended;
  }

  returned(frame: AbiFrame): unknown {
    return ((frame as Frame).parent as AsyncGenerator).takeReturned();
  }

  delegate(iterable: unknown): Delegate {
    return asyncDelegate(this, iterable);
  }

  asyncIterator(iterable: unknown): AsyncIteration {
    return asyncIterator(this, iterable);
  }

  next(iteration: AsyncIteration): unknown {
    const generator = OverGenerator.of(iteration);
    const frame = generator?.beginDirectly();
    if (frame !== undefined) return this.nextDirectly(generator!, frame, undefined);
    return this.#callAny(iteration.next, iteration.iterator);
  }

  import(module: string, specifier: unknown): unknown {
    if (this.#import !== undefined) return this.#import(this, module, specifier);
    throw new TypeError(`import(${describe(specifier)}) in ${module}: this task has no modules`);
  }

  // ---- fibers -------------------------------------------------------------------------------------------------------

  /** Queues the beginning of a fiber: `site.body` is called with a frame at label 0. */
  launch(site: Site, slots: unknown[]): DurablePromise {
    const promise = DurablePromise.make(this);
    const frame = this.#frame(site, 0, slots);
    frame.parent = promise;
    const reaction = new FrameReaction();
    reaction.frame = frame;
    this.enqueue(new ReactionJob(reaction, false, undefined));
    return promise;
  }

  /** Runs a frame, and as long as ticks can be elided its callers, until one suspends. `ambient`: of the frame, where it was not asked to go on. */
  resume(
    frame: Frame,
    rejected: boolean,
    value: unknown,
    ambient: Ambient | undefined = frame.ambient,
  ): void {
    const outer = this.current;
    let current = frame;
    this.ambient = ambient;
    let failed = rejected;
    let result = value;
    for (;;) {
      this.#resumedRejected = failed;
      this.#resumedValue = result;
      const { parent } = current;
      const { body } = current.site;
      this.current = current;
      try {
        result = body!(current);
        failed = false;
      } catch (error) {
        result = error;
        failed = true;
        noteCallers(error, parent);
      }
      this.current = outer;
      if (result === suspended) {
        this.#attach(parent);
        if (this.#asked !== undefined) this.#drainAsked();
        return;
      }
      if (!(parent instanceof Frame)) {
        if (parent instanceof AsyncGenerator) {
          parent.finished(failed, result);
          return;
        }
        if (parent === undefined) assert(false, `a frame of ${current.site.id} has nobody to return to`);
        this.settle(parent as DurablePromise, failed, result);
        return;
      }
      if (!failed && isObject(result)) {
        const promise = this.#promiseIfThenable(result);
        if (promise !== undefined) {
          const reaction = new FrameReaction();
          reaction.frame = parent;
          DurablePromise.react(promise, reaction);
          return;
        }
      }
      if (!this.mayElide()) {
        const reaction = new FrameReaction();
        reaction.frame = parent;
        this.enqueue(new ReactionJob(reaction, failed, result));
        return;
      }
      current = parent;
      this.ambient = parent.ambient;
    }
  }

  #drainAsked(): void {
    const generator = this.#asked!;
    this.#asked = undefined;
    generator.drain();
  }

  /** ResolvePromise or RejectPromise: a thenable is followed, by a job of its own. */
  settle(promise: DurablePromise, rejected: boolean, value: unknown): void {
    if (rejected || !isObject(value)) {
      DurablePromise.settle(promise, rejected, value);
      return;
    }
    if ((value as unknown) === promise) {
      DurablePromise.settle(promise, true, new TypeError("Chaining cycle detected for promise #<Promise>"));
      return;
    }
    let then: unknown;
    try {
      then = (value as { then?: unknown }).then;
    } catch (error) {
      DurablePromise.settle(promise, true, error);
      return;
    }
    if (typeof then === "function") this.#followLater(promise, value, then as Callable);
    else DurablePromise.settle(promise, false, value);
  }

  #followLater(promise: DurablePromise, thenable: object, then: Callable): void {
    const { ambient } = this;
    this.enqueue(
      new ThenableJob(promise, thenable, ambient === undefined ? then : carriedThen(ambient, then)),
    );
  }

  /** The thenable job: `then.call(thenable, resolve, reject)`. */
  follow(promise: DurablePromise, thenable: object, then: Callable): void {
    if (DurablePromise.is(thenable) && isIntrinsicThen(then) && isPlain(thenable)) {
      DurablePromise.react(thenable, new AdoptReaction(promise));
      return;
    }
    if (!DurablePromise.is(thenable) && thenable instanceof NativePromise) {
      if (thenable.constructor === NativePromise && then === NativePromise.prototype.then) {
        this.foreign.follow(promise, thenable);
        return;
      }
    }
    const { resolve, reject } = resolvers(promise);
    if (DurablePromise.sourceOf(promise) === undefined) DurablePromise.markConstructed(promise);
    try {
      then.call(thenable, resolve, reject);
    } catch (error) {
      reject(error);
    }
  }

  #attach(parent: Caller | undefined): void {
    assert(
      this.#tail !== undefined && this.#leaf === undefined,
      "a body returned `suspended` without a frame",
    );
    this.#tail.parent = parent;
    this.#tail = undefined;
  }

  /** The last foreign function whose promise was awaited, with one operand. */
  #callForeignAgain(fn: AnyFunction, self: unknown, operand: unknown): unknown {
    if (this.host.settled !== undefined && this.foreign.mustWait(fn, self)) {
      return this.#callForeign(fn, self, 1, operand, undefined, undefined);
    }
    const result: unknown = self === undefined ? fn(operand) : invoke(fn, self, operand);
    const wait = this.foreign.await(result);
    if (wait === undefined) return this.#awaitForeign(result, fn, self, 1, operand, undefined, undefined);
    wait.callee = fn;
    wait.self = self;
    wait.count = 1;
    wait.first = operand;
    this.#leaf = wait;
    return suspended;
  }

  /** Of `count` operands: all of them in `more`, if there are more than two. */
  #callForeign(
    fn: AnyFunction,
    self: unknown,
    count: number,
    first: unknown,
    second: unknown,
    more: unknown[] | undefined,
  ): unknown {
    if (fn === arrayFromAsync)
      return this.await(this.#fromAsync(self, callOf(fn, self, count, first, second, more).operands));
    if (this.foreign.mustWait(fn, self)) {
      return this.#awaitPromise(this.foreign.hold(callOf(fn, self, count, first, second, more)));
    }
    this.hasHandedOut ||= hasFunction(first, second, more) && mayKeep(fn);
    let result: unknown;
    if (count === 1) result = invoke(fn, self, first);
    else if (count === 0) result = invoke(fn, self);
    else result = more === undefined ? invoke(fn, self, first, second) : Reflect.apply(fn, self, more);
    const wait = this.foreign.await(result);
    if (wait !== undefined) {
      wait.madeBy(fn, self, count, first, second, more);
      this.#foreignCallee = fn;
      this.#leaf = wait;
      return suspended;
    }
    return this.#awaitForeign(result, fn, self, count, first, second, more);
  }

  /** Anything but a plain native promise. */
  #awaitForeign(
    result: unknown,
    fn: AnyFunction,
    self: unknown,
    count: number,
    first: unknown,
    second: unknown,
    more: unknown[] | undefined,
  ): unknown {
    if (!isObject(result)) return this.#tick(false, result);
    if (DurablePromise.is(result)) return this.await(result);
    return this.#awaitObject(result, callOf(fn, self, count, first, second, more));
  }

  /** `await` of what is no plain promise: a thenable is followed, anything else takes one tick. */
  #awaitObject(value: object, source?: Parameters<typeof DurablePromise.setSource>[1]): unknown {
    let then: unknown;
    try {
      then = (value as { then?: unknown }).then;
    } catch (error) {
      return this.#tick(true, error);
    }
    if (typeof then !== "function") return this.#tick(false, value);
    const promise = DurablePromise.make(this);
    if (source !== undefined && siteOf(then) === undefined) this.foreign.track(promise, source);
    this.#followLater(promise, value, then as Callable);
    return this.#awaitPromise(promise);
  }

  /** A promise that follows `value` if it is thenable: what an async function's own promise would be. */
  #promiseIfThenable(value: object): DurablePromise | undefined {
    let then: unknown;
    let rejected = false;
    try {
      then = (value as { then?: unknown }).then;
    } catch (error) {
      rejected = true;
      then = error;
    }
    if (!rejected && typeof then !== "function") return undefined;
    const promise = DurablePromise.make(this);
    if (rejected) DurablePromise.settle(promise, true, then);
    else this.#followLater(promise, value, then as Callable);
    return promise;
  }

  /** What a fused call answers that has ended with an object. */
  #endedWith(result: object): unknown {
    const promise = this.#promiseIfThenable(result);
    if (promise !== undefined) return this.#awaitPromise(promise);
    return this.mayElide() ? result : this.#tickLater(false, result);
  }

  #awaitPromise(promise: DurablePromise): unknown {
    if (!DurablePromise.isPending(promise) && (--this.credit > 0 || this.mayElide())) {
      DurablePromise.markHandled(promise);
      if (DurablePromise.isRejected(promise)) throw DurablePromise.valueOf(promise);
      return DurablePromise.valueOf(promise);
    }
    const leaf = new FrameReaction();
    this.#leaf = leaf;
    DurablePromise.react(promise, leaf);
    return suspended;
  }

  #tick(rejected: boolean, value: unknown): unknown {
    if (!this.mayElide()) return this.#tickLater(rejected, value);
    if (rejected) throw value;
    return value;
  }

  #tickLater(rejected: boolean, value: unknown): typeof suspended {
    const leaf = new FrameReaction();
    this.#leaf = leaf;
    this.enqueue(new ReactionJob(leaf, rejected, value));
    return suspended;
  }

  nameOfGlobal(value: object): string | undefined {
    return this.taskGlobals.nameOf(value);
  }

  globalNamed(name: string): object | undefined {
    return this.taskGlobals.valueOfName(name);
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function hasFunction(first: unknown, second: unknown, more: readonly unknown[] | undefined): boolean {
  if (more !== undefined) return more.some((each) => typeof each === "function");
  return typeof first === "function" || typeof second === "function";
}
