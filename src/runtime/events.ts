/**
 * `EventTarget`, `Event` and `CustomEvent` of compiled code: what the DOM standard says (without a tree), in plain properties that a snapshot
 * can hold. Where Node departs from it (`currentTarget` is null for all listeners but the first) this does not follow.
 *
 * V1. Whatever a target or an event keeps lies in one own property under a registered symbol, as Node keeps it under symbols of its own.
 * V2. A listener that foreign code has added goes with its process, since it cannot be written down: whoever needs it adds it again, as a
 *     foreign call that is made again does (design H5).
 * V3. Their prototypes are chained to the native ones, and `instanceof` holds for both kinds, so foreign code takes them for what they are.
 *     Functions of `node:events` look for marks of Node's own (`getEventListeners`, `setMaxListeners`); they find them, and no limit.
 */
import { currentKernel } from "./current.ts";
import type { Callable } from "./jobs.ts";
import { builtinName, nameGlobal } from "./names.ts";
import { memberOf, siteOf } from "./stamp.ts";

const listenersKey = Symbol.for("continua.listeners");
const eventKey = Symbol.for("continua.event");

interface EventOptions {
  readonly bubbles?: boolean;
  readonly cancelable?: boolean;
  readonly composed?: boolean;
}

interface ListenerOptions {
  readonly capture?: boolean;
  readonly once?: boolean;
  readonly passive?: boolean;
  readonly signal?: AbortSignal;
}

interface Listener {
  readonly type: string;
  readonly callback: unknown;
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
  readonly signal: AbortSignal | undefined;
  /** It is the value of an `onTYPE` property. */
  readonly handler: boolean;
  removed: boolean;
}

interface EventState {
  readonly type: string;
  readonly bubbles: boolean;
  readonly cancelable: boolean;
  readonly composed: boolean;
  readonly timeStamp: number;
  target: object | null;
  currentTarget: object | null;
  dispatched: boolean;
  passive: boolean;
  prevented: boolean;
  stopped: boolean;
  stoppedNow: boolean;
}

/** Puts what an object keeps where reflection does not list it. */
export function keep(holder: object, key: symbol, value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, configurable: true, enumerable: false });
}

/** `instanceof` of the own class holds for objects of both kinds. */
export function bothKinds(own: object, native: object | undefined): void {
  if (native === undefined) return;
  Object.defineProperty(own, Symbol.hasInstance, {
    configurable: true,
    value(this: unknown, value: unknown): boolean {
      return Function.prototype[Symbol.hasInstance].call(this === own ? native : this, value) as boolean;
    },
  });
  const { prototype } = own as { prototype: object };
  const above = (native as { prototype: object }).prototype;
  if (Object.getPrototypeOf(prototype) !== above) Object.setPrototypeOf(prototype, above);
}

/** Made as the program's classes are, by `new` alone; Node's are typed by interfaces that have more. */
export class DurableEvent {
  constructor(...[type, init = {}]: [type?: unknown, init?: EventOptions]) {
    if (type === undefined) throw new TypeError('The "type" argument must be specified');
    const { bubbles, cancelable, composed } = init ?? {};
    keep(this, eventKey, {
      type: String(type),
      bubbles: !!bubbles,
      cancelable: !!cancelable,
      composed: !!composed,
      timeStamp: currentKernel()?.clock.time ?? 0,
      target: null,
      currentTarget: null,
      dispatched: false,
      passive: false,
      prevented: false,
      stopped: false,
      stoppedNow: false,
    } satisfies EventState);
  }

  static is(value: unknown): value is DurableEvent {
    return typeof value === "object" && value !== null && Object.hasOwn(value, eventKey);
  }

  static stateOf(event: unknown): EventState {
    if (DurableEvent.is(event)) return (event as unknown as Record<symbol, EventState>)[eventKey]!;
    throw new TypeError('Value of "this" must be of type Event');
  }

  get type(): string {
    return DurableEvent.stateOf(this).type;
  }

  get target(): object | null {
    return DurableEvent.stateOf(this).target;
  }

  get srcElement(): object | null {
    return DurableEvent.stateOf(this).target;
  }

  get currentTarget(): object | null {
    return DurableEvent.stateOf(this).currentTarget;
  }

  get bubbles(): boolean {
    return DurableEvent.stateOf(this).bubbles;
  }

  get cancelable(): boolean {
    return DurableEvent.stateOf(this).cancelable;
  }

  get composed(): boolean {
    return DurableEvent.stateOf(this).composed;
  }

  get timeStamp(): number {
    return DurableEvent.stateOf(this).timeStamp;
  }

  get defaultPrevented(): boolean {
    return DurableEvent.stateOf(this).prevented;
  }

  get returnValue(): boolean {
    return !DurableEvent.stateOf(this).prevented;
  }

  get cancelBubble(): boolean {
    return DurableEvent.stateOf(this).stopped;
  }

  set cancelBubble(stop: boolean) {
    if (stop) DurableEvent.stateOf(this).stopped = true;
  }

  get eventPhase(): number {
    return DurableEvent.stateOf(this).dispatched ? 2 : 0;
  }

  get isTrusted(): boolean {
    return false;
  }

  composedPath(): object[] {
    const { currentTarget } = DurableEvent.stateOf(this);
    return currentTarget === null ? [] : [currentTarget];
  }

  preventDefault(): void {
    const state = DurableEvent.stateOf(this);
    if (state.cancelable && !state.passive) state.prevented = true;
  }

  stopPropagation(): void {
    DurableEvent.stateOf(this).stopped = true;
  }

  stopImmediatePropagation(): void {
    const state = DurableEvent.stateOf(this);
    state.stopped = true;
    state.stoppedNow = true;
  }
}

export class DurableCustomEvent extends DurableEvent {
  constructor(type: unknown, init: EventOptions & { readonly detail?: unknown } = {}) {
    super(type, init);
    keep(this, detailKey, init?.detail ?? null);
  }

  get detail(): unknown {
    return (this as unknown as Record<symbol, unknown>)[detailKey];
  }
}
const detailKey = Symbol.for("continua.detail");

type Holder = Record<symbol, Listener[] | undefined>;
type AddOptions = boolean | ListenerOptions | undefined | null;

/** Of listeners that foreign code has added (V2). */
const foreign = new WeakMap<object, Listener[]>();

export class DurableEventTarget {
  addEventListener(type: unknown, callback: unknown, options?: AddOptions): void {
    addListener(this, String(type), callback, options, false);
  }

  removeEventListener(type: unknown, callback: unknown, options?: AddOptions): void {
    const capture = flagOf(options, "capture");
    remove(
      this,
      (listener) =>
        listener.type === String(type) && listener.callback === callback && listener.capture === capture,
    );
  }

  dispatchEvent(event: unknown): boolean {
    return dispatch(this, event);
  }
}

/** Under the symbols by which Node reaches what its own targets keep, on `prototype` alone. */
export function showToNode(own: { readonly prototype: object }): void {
  // A bare realm has none.
  if (globalThis.EventTarget === undefined) return;
  Object.defineProperty(own, Symbol.for("nodejs.event_target"), { value: true });
  for (const key of Object.getOwnPropertySymbols(new globalThis.EventTarget())) {
    const listeners = key.description === "kEvents";
    Object.defineProperty(own.prototype, key, {
      configurable: true,
      get(this: object): unknown {
        return listeners ? { get: (type: string) => ({ next: chainOf(this, type) }) } : undefined;
      },
      set() {},
    });
  }
}

interface Link {
  readonly listener: unknown;
  readonly next: Link | undefined;
}

function chainOf(target: object, type: string): Link | undefined {
  const matching = all(target).filter((listener) => listener.type === type);
  return matching.reduceRight<Link | undefined>(
    (next, { callback }) => ({ listener: callback, next }),
    undefined,
  );
}

export function addListener(
  target: object,
  type: string,
  callback: unknown,
  options: AddOptions,
  handler: boolean,
): void {
  if (callback === null || callback === undefined) return;
  if (typeof callback !== "function" && typeof callback !== "object") {
    throw new TypeError('The "listener" argument must be an instance of EventListener');
  }
  const signal = typeof options === "object" ? options?.signal : undefined;
  if (signal?.aborted) return;
  const capture = flagOf(options, "capture");
  const list = listOf(target, isForeign(callback));
  const known = list.some(
    (other) =>
      !other.handler && other.type === type && other.callback === callback && other.capture === capture,
  );
  if (known && !handler) return;
  const once = flagOf(options, "once");
  const passive = flagOf(options, "passive");
  list.push({ type, callback, capture, once, passive, signal, handler, removed: false });
}

/** The value of `onTYPE`. */
export function handlerOf(target: object, type: string): unknown {
  return all(target).find((listener) => listener.handler && listener.type === type)?.callback ?? null;
}

export function setHandler(target: object, type: string, callback: unknown): void {
  remove(target, (listener) => listener.handler && listener.type === type);
  if (typeof callback === "function") addListener(target, type, callback, undefined, true);
}

export function hasListeners(target: object): boolean {
  return all(target).length > 0;
}

function flagOf(options: AddOptions, name: "capture" | "once" | "passive"): boolean {
  if (typeof options === "boolean") return name === "capture" && options;
  return !!options?.[name];
}

/** What a snapshot cannot hold: neither a closure of the program, nor a member of its classes, nor a built-in function. */
function isForeign(callback: unknown): boolean {
  if (typeof callback !== "function") return false;
  return (
    siteOf(callback) === undefined && memberOf(callback) === undefined && builtinName(callback) === undefined
  );
}

function listOf(target: object, ofForeign: boolean): Listener[] {
  const known = ofForeign ? foreign.get(target) : (target as Holder)[listenersKey];
  if (known !== undefined) return known;
  const list: Listener[] = [];
  if (ofForeign) foreign.set(target, list);
  else keep(target, listenersKey, list);
  return list;
}

function all(target: object): Listener[] {
  return [...((target as Holder)[listenersKey] ?? []), ...(foreign.get(target) ?? [])];
}

function remove(target: object, matches: (listener: Listener) => boolean): void {
  for (const list of [(target as Holder)[listenersKey], foreign.get(target)]) {
    for (let at = (list?.length ?? 0) - 1; at >= 0; at--) {
      const listener = list![at]!;
      if (!matches(listener)) continue;
      listener.removed = true;
      list!.splice(at, 1);
    }
  }
}

export function dispatch(target: object, given: unknown): boolean {
  const event = DurableEvent.is(given) ? given : ownEvent(given);
  const state = DurableEvent.stateOf(event);
  if (state.dispatched) {
    const error = new Error(`The event "${state.type}" is already being dispatched`);
    throw Object.assign(error, { code: "ERR_EVENT_RECURSION" });
  }
  state.target = target;
  state.currentTarget = target;
  state.dispatched = true;
  for (const listener of all(target)) {
    if (listener.type !== state.type || listener.removed) continue;
    if (listener.once || listener.signal?.aborted) remove(target, (other) => other === listener);
    if (listener.signal?.aborted) continue;
    state.passive = listener.passive;
    call(target, listener, event);
    state.passive = false;
    if (state.stoppedNow) break;
  }
  state.currentTarget = null;
  state.dispatched = false;
  state.stopped = false;
  state.stoppedNow = false;
  if (state.prevented && event !== given) (given as Event).preventDefault();
  return !state.prevented;
}

/** A native event that foreign code dispatches. */
function ownEvent(given: unknown): DurableEvent {
  if (typeof given !== "object" || given === null || !(given instanceof globalThis.Event)) {
    throw new TypeError('The "event" argument must be an instance of Event');
  }
  return "detail" in given
    ? new DurableCustomEvent(given.type, given as CustomEvent)
    : new DurableEvent(given.type, given);
}

function call(target: object, { callback }: Listener, event: DurableEvent): void {
  try {
    if (typeof callback === "function") (callback as Callable).call(target, event);
    else (callback as { handleEvent(event: DurableEvent): void }).handleEvent(event);
  } catch (error) {
    // As in Node nobody can catch it: the task has failed.
    const kernel = currentKernel();
    if (kernel === undefined) throw error;
    kernel.fail(error);
  }
}

for (const [name, own] of Object.entries({
  Event: DurableEvent,
  CustomEvent: DurableCustomEvent,
  EventTarget: DurableEventTarget,
})) {
  Object.defineProperty(own, "name", { value: name, configurable: true });
  Object.defineProperty(own.prototype, Symbol.toStringTag, { value: name, configurable: true });
  nameGlobal(name, own);
}
for (const [name, value] of Object.entries({
  NONE: 0,
  CAPTURING_PHASE: 1,
  AT_TARGET: 2,
  BUBBLING_PHASE: 3,
})) {
  for (const holder of [DurableEvent, DurableEvent.prototype])
    Object.defineProperty(holder, name, { value, enumerable: true });
}
bothKinds(DurableEvent, globalThis.Event);
bothKinds(DurableEventTarget, globalThis.EventTarget);
showToNode(DurableEventTarget);
