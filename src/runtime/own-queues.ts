/**
 * Queues that no other task can know: made by this one without a name, and never handed to anybody. They lie in its heap, are saved with it, and
 * what is done at them costs no commit.
 *
 *   made ─▶ own ─▶ published: its items become an effect, and those who wait at it ask for theirs; from then on it is a gate like any other
 *
 * Q1. It is published before anybody else can know of it (it is encoded as a value for others), and wherever its waits mean more than these few
 *     lines do: at a signal, in a select, when it is closed, when the task is cancelled or waits for nothing else, and when it grows large,
 *     since every checkpoint would write it anew.
 * Q2. The order in which those who wait are served is that of the coordinator (coordinator/gates.ts): first come, first served, on each side,
 *     and the items of one enqueue go in together. So publishing changes nothing that the program sees.
 * Q3. A wait at an own queue is an effect that has its number and has not been asked for (effects.ts).
 */
import type { EffectId, GateId } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import type { Gate } from "../protocol/effect.ts";
import type { EffectDesk } from "./effects.ts";
import { handlesIn, noteHandles } from "./handles.ts";
import type { TaskKernel } from "./kernel.ts";
import { DurablePromise } from "./promise.ts";

/** Saved with the task as it is. */
export interface OwnQueue {
  /** Which of the task's it is. */
  readonly number: number;
  readonly capacity: number;
  published: boolean;
  readonly items: Item[];
  /** Characters and bytes of the items. */
  size: number;
  readonly takers: EffectId[];
  readonly bringers: { readonly id: EffectId; readonly items: readonly Item[] }[];
}

export function makeOwnQueue(number: number, capacity: number): OwnQueue {
  return { number, capacity, published: false, items: [], size: 0, takers: [], bringers: [] };
}

/** A value that is its own copy, or the bytes of another one. */
type Item = number | string | boolean | null | undefined | { readonly bytes: Uint8Array };

const none: readonly OwnQueue[] = [];

export class OwnQueues {
  readonly #kernel: TaskKernel;
  readonly #desk: EffectDesk;
  /** Those at which somebody waits. */
  #waiting: Set<OwnQueue> | undefined;

  constructor(kernel: TaskKernel, desk: EffectDesk) {
    this.#kernel = kernel;
    this.#desk = desk;
  }

  /** Undefined: the queue has been published, and is to be asked as others are. */
  enqueue(own: OwnQueue, values: readonly unknown[]): DurablePromise | undefined {
    if (!this.#isOwn(own)) return undefined;
    const items = values.map((value, index) =>
      this.#item(value, values.length === 1 ? "an item" : `item ${index}`),
    );
    const size = items.reduce<number>((sum, item) => sum + sizeOf(item), own.size);
    // An item with the queue's own handle has published it.
    if (own.published || size > limits.ownQueueBytes) {
      this.publish(own);
      return undefined;
    }
    own.size = size;
    const promise = DurablePromise.make(this.#kernel);
    if (own.bringers.length === 0 && this.#hasRoom(own, items)) {
      own.items.push(...items);
      DurablePromise.settle(promise, false, undefined);
      while (own.takers.length > 0 && own.items.length > 0) this.#give(own, own.takers.shift()!);
      this.#note(own);
    } else own.bringers.push({ items, id: this.#wait(own, promise) });
    return promise;
  }

  dequeue(own: OwnQueue): DurablePromise | undefined {
    if (!this.#isOwn(own)) return undefined;
    const promise = DurablePromise.make(this.#kernel);
    if (own.items.length === 0) {
      own.takers.push(this.#wait(own, promise));
      return promise;
    }
    this.#settle(promise, this.#take(own));
    let first = own.bringers[0];
    while (first !== undefined && this.#hasRoom(own, first.items)) {
      own.bringers.shift();
      own.items.push(...first.items);
      DurablePromise.settle(this.#desk.takeWait(first.id), false, undefined);
      first = own.bringers[0];
    }
    this.#note(own);
    return promise;
  }

  /** Q1. */
  publish(own: OwnQueue): void {
    if (own.published) return;
    own.published = true;
    const { number, capacity, items, takers, bringers } = own;
    const gate: Gate = { id: `${this.#kernel.id}/${number}` as GateId, is: { kind: "queue", capacity } };
    // What they hold has been counted, in a way: there is little of it (`limits.ownQueueBytes`), and it cannot be refused now.
    if (items.length > 0)
      this.#desk.askAs(this.#desk.takeNumber(), { kind: "enqueue", gate, items: items.map(this.#bytes) });
    for (const id of takers) this.#desk.askAs(id, { kind: "dequeue", gate });
    for (const each of bringers)
      this.#desk.askAs(each.id, { kind: "enqueue", gate, items: each.items.map(this.#bytes) });
    for (const list of [items, takers, bringers]) list.length = 0;
    this.#note(own);
  }

  /** Those at which somebody waits, to be written down. */
  awaited(): readonly OwnQueue[] {
    return this.#waiting === undefined ? none : [...this.#waiting];
  }

  restore(awaited: readonly OwnQueue[]): void {
    if (awaited.length > 0) this.#waiting = new Set(awaited);
  }

  publishWaiting(): void {
    for (const own of this.awaited()) this.publish(own);
  }

  /** How many waits there are. */
  get waits(): number {
    let count = 0;
    for (const { takers, bringers } of this.#waiting ?? none) count += takers.length + bringers.length;
    return count;
  }

  #isOwn(own: OwnQueue): boolean {
    if (this.#desk.cancelled !== undefined) this.publish(own);
    return !own.published;
  }

  #hasRoom({ capacity, items }: OwnQueue, more: readonly Item[]): boolean {
    return items.length + more.length <= capacity;
  }

  #wait(own: OwnQueue, promise: DurablePromise): EffectId {
    this.#waiting ??= new Set();
    this.#waiting.add(own);
    return this.#desk.addWait(promise);
  }

  #note(own: OwnQueue): void {
    if (own.takers.length === 0 && own.bringers.length === 0) this.#waiting?.delete(own);
  }

  #give(own: OwnQueue, taker: EffectId): void {
    this.#settle(this.#desk.takeWait(taker), this.#take(own));
  }

  #take(own: OwnQueue): Item {
    const item = own.items.shift();
    own.size -= sizeOf(item);
    return item;
  }

  #settle(promise: DurablePromise, item: Item): void {
    if (typeof item !== "object" || item === null) {
      DurablePromise.settle(promise, false, item);
      return;
    }
    try {
      DurablePromise.settle(promise, false, this.#kernel.codec.decode(this.#kernel, item.bytes));
    } catch (error) {
      DurablePromise.settle(promise, true, error);
    }
  }

  #item(value: unknown, what: string): Item {
    switch (typeof value) {
      case "number":
      case "string":
      case "boolean":
      case "undefined":
        return value;
      default:
        return value === null ? null : { bytes: this.#kernel.codec.encode(this.#kernel, value, what) };
    }
  }

  readonly #bytes = (item: Item): Uint8Array => {
    if (typeof item !== "object" || item === null)
      return this.#kernel.codec.encode(this.#kernel, item, "an item");
    // From before a thaw: what it leads to is known by its bytes alone.
    if (handlesIn(item.bytes) === undefined)
      noteHandles(item.bytes, this.#kernel.codec.handlesWithin(item.bytes));
    return item.bytes;
  };
}

function sizeOf(item: Item): number {
  if (typeof item === "string") return item.length;
  return typeof item === "object" && item !== null ? item.bytes.length : 8;
}

/** Whether a thawed one is what it claims to be. */
export function isOwnQueue(value: unknown): value is OwnQueue {
  const own = value as OwnQueue | null | undefined;
  const isNumber = (id: unknown): boolean => Number.isSafeInteger(id);
  const isItem = (item: unknown): boolean =>
    typeof item !== "object" || item === null || (item as { bytes?: unknown }).bytes instanceof Uint8Array;
  const isList = (list: unknown, check: (each: unknown) => boolean): boolean =>
    Array.isArray(list) && list.every(check);
  return (
    typeof own === "object" &&
    own !== null &&
    isNumber(own.number) &&
    isNumber(own.capacity) &&
    isNumber(own.size) &&
    isList(own.items, isItem) &&
    isList(own.takers, isNumber) &&
    isList(
      own.bringers,
      (each) =>
        isNumber((each as { id?: unknown } | null)?.id) &&
        isList((each as { items?: unknown }).items, isItem),
    )
  );
}
