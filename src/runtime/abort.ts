/**
 * `AbortController` and `AbortSignal` of compiled code: the algorithms of the DOM standard over state that a snapshot can hold. Foreign
 * functions take them as they are (`fetch(url, { signal })`): they see an AbortSignal and add a listener (events.ts).
 *
 * A1. What a signal is lies in a {@link SignalState}, which belongs to the running task: a signal cannot be handed over to another one.
 * A2. A signal made by `any` asks its sources whether they are aborted. They know of it only while somebody listens to it, so that one which
 *     nobody needs any more costs them nothing.
 * A3. With a signal the effects that were asked for under it are withdrawn (effects.ts), before its listeners are called.
 */
import { currentKernel, needKernel } from "./current.ts";
import {
  addListener,
  bothKinds,
  DurableEvent,
  DurableEventTarget,
  dispatch,
  handlerOf,
  hasListeners,
  keep,
  setHandler,
  showToNode,
} from "./events.ts";
import { nameGlobal } from "./names.ts";
import { runtimeSite } from "./sites.ts";
import { closure } from "./stamp.ts";
import { Timer } from "./timers.ts";

const stateKey = Symbol.for("continua.signal");

export class SignalState {
  aborted = false;
  reason: unknown = undefined;
  /** Higher than that of all that were aborted before. */
  order = 0;
  /** Of `any`: signals that are not of this kind themselves. */
  sources: readonly DurableAbortSignal[] = [];
  /** Signals of `any` to which somebody listens. */
  dependents: DurableAbortSignal[] = [];
  /** Numbers of the effects that end with it. */
  waits: number[] = [];
}

/** Passed to the constructor by the runtime. */
const own = Symbol("own");

export class DurableAbortSignal {
  constructor(key?: unknown) {
    if (key !== own) throw new TypeError("Illegal constructor");
    keep(this, stateKey, new SignalState());
  }

  static make(): DurableAbortSignal {
    return new DurableAbortSignal(own);
  }

  static is(value: unknown): value is DurableAbortSignal {
    return typeof value === "object" && value !== null && Object.hasOwn(value, stateKey);
  }

  /** Whether a thawed one is what it claims to be. */
  static isWhole(value: unknown): boolean {
    if (!DurableAbortSignal.is(value)) return false;
    const state: unknown = (value as unknown as Record<symbol, unknown>)[stateKey];
    return (
      state instanceof SignalState && [state.sources, state.dependents, state.waits].every(Array.isArray)
    );
  }

  static stateOf(signal: unknown): SignalState {
    if (DurableAbortSignal.is(signal)) return (signal as unknown as Record<symbol, SignalState>)[stateKey]!;
    throw new TypeError('Value of "this" must be of type AbortSignal');
  }

  static abort(reason?: unknown): DurableAbortSignal {
    const signal = DurableAbortSignal.make();
    abort(signal, reason);
    return signal;
  }

  static timeout(ms: unknown): DurableAbortSignal {
    const delayMs = Number(ms);
    if (!Number.isSafeInteger(delayMs) || delayMs < 0)
      throw new RangeError(`The value of "delay" is out of range. Received ${String(ms)}`);
    const signal = DurableAbortSignal.make();
    const expire = closure(timeoutSite, { signal }) as () => void;
    new Timer(expire, [], delayMs, false).unref().arm(needKernel("AbortSignal.timeout()"));
    return signal;
  }

  static any(signals: Iterable<unknown>): DurableAbortSignal {
    const signal = DurableAbortSignal.make();
    const sources: DurableAbortSignal[] = [];
    for (const source of signals) {
      if (!DurableAbortSignal.is(source)) {
        throw new TypeError(
          "AbortSignal.any() takes signals that were made in compiled code; one that foreign code made cannot be saved",
        );
      }
      if (source.aborted) {
        abort(signal, source.reason);
        return signal;
      }
      const further = DurableAbortSignal.stateOf(source).sources;
      for (const each of further.length === 0 ? [source] : further)
        if (!sources.includes(each)) sources.push(each);
    }
    DurableAbortSignal.stateOf(signal).sources = sources;
    return signal;
  }

  get aborted(): boolean {
    const state = DurableAbortSignal.stateOf(this);
    let first: SignalState | undefined;
    for (const source of state.sources) {
      const other = DurableAbortSignal.stateOf(source);
      if (other.aborted && (first === undefined || other.order < first.order)) first = other;
    }
    if (first !== undefined) take(state, first.reason);
    return state.aborted;
  }

  get reason(): unknown {
    return this.aborted ? DurableAbortSignal.stateOf(this).reason : undefined;
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  get onabort(): unknown {
    return handlerOf(this, "abort");
  }

  set onabort(handler: unknown) {
    setHandler(this, "abort", handler);
    watch(this);
  }

  addEventListener(type: unknown, callback: unknown, options?: Parameters<typeof addListener>[3]): void {
    addListener(this, String(type), callback, options, false);
    watch(this);
  }

  removeEventListener(...args: Parameters<DurableEventTarget["removeEventListener"]>): void {
    DurableEventTarget.prototype.removeEventListener.apply(this, args);
    watch(this);
  }

  dispatchEvent(event: unknown): boolean {
    return dispatch(this, event);
  }
}

const timeoutSite = runtimeSite("signal.timeout", (env: { signal: DurableAbortSignal }) => (): void => {
  abort(env.signal, new DOMException("The operation was aborted due to timeout", "TimeoutError"));
});

/** A2: lets the sources know of `signal`, or forget it. */
function watch(signal: DurableAbortSignal): void {
  const { sources, waits } = DurableAbortSignal.stateOf(signal);
  const wanted = waits.length > 0 || hasListeners(signal);
  for (const source of sources) {
    const { dependents } = DurableAbortSignal.stateOf(source);
    const at = dependents.indexOf(signal);
    if (wanted && at < 0) dependents.push(signal);
    if (!wanted && at >= 0) dependents.splice(at, 1);
  }
}

/** An effect ends with the signal, from now on or no longer. */
export function bindEffect(signal: DurableAbortSignal, effect: number, bound: boolean): void {
  const { waits } = DurableAbortSignal.stateOf(signal);
  const at = waits.indexOf(effect);
  if (bound && at < 0) waits.push(effect);
  if (!bound && at >= 0) waits.splice(at, 1);
  watch(signal);
}

/** "Signal abort" of the standard. */
export function abort(
  signal: DurableAbortSignal,
  reason: unknown = new DOMException("This operation was aborted", "AbortError"),
): void {
  const state = DurableAbortSignal.stateOf(signal);
  if (state.aborted) return;
  take(state, reason);
  const aborted = [signal];
  for (const dependent of state.dependents.splice(0)) {
    const dependentState = DurableAbortSignal.stateOf(dependent);
    if (dependentState.aborted) continue;
    take(dependentState, reason);
    aborted.push(dependent);
  }
  for (const each of aborted) {
    currentKernel()?.effects.aborted(each, DurableAbortSignal.stateOf(each).waits.splice(0));
    dispatch(each, new DurableEvent("abort"));
  }
}

function take(state: SignalState, reason: unknown): void {
  state.aborted = true;
  state.reason = reason;
  state.order = currentKernel()?.effects.takeNumber() ?? 0;
  state.sources = [];
}

const signalKey = Symbol.for("continua.controller");

export class DurableAbortController {
  constructor() {
    keep(this, signalKey, DurableAbortSignal.make());
  }

  get signal(): DurableAbortSignal {
    const signal = (this as unknown as Record<symbol, unknown>)[signalKey];
    if (DurableAbortSignal.is(signal)) return signal;
    throw new TypeError('Value of "this" must be of type AbortController');
  }

  abort(reason?: unknown): void {
    abort(this.signal, reason);
  }
}

for (const [name, made, native] of [
  ["AbortSignal", DurableAbortSignal, globalThis.AbortSignal],
  ["AbortController", DurableAbortController, globalThis.AbortController],
] as const) {
  Object.defineProperty(made, "name", { value: name, configurable: true });
  Object.defineProperty(made.prototype, Symbol.toStringTag, { value: name, configurable: true });
  bothKinds(made, native);
  nameGlobal(name, made);
}
showToNode(DurableAbortSignal);
