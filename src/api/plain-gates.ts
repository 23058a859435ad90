/** Queues, locks and barriers of `run --plain`: the same rules (coordinator/gates.ts) among the calls of one process. */

import type { Gate } from "../protocol/effect.ts";
import { QueueClosedError } from "../runtime/index.ts";
import type { GateOrder, GateWait } from "./plain.ts";
import type { PlainWait, Settle } from "./plain-tasks.ts";

/** Puts a waiter into its list; answers how to take it out again. */
function stand<W>(list: W[], waiter: W, serve: () => void): () => void {
  list.push(waiter);
  serve();
  return () => {
    const at = list.indexOf(waiter);
    if (at < 0) return;
    list.splice(at, 1);
    serve();
  };
}

/** The gates of a run, by their ids; one is made where it is first met. */
export class PlainGates {
  readonly #gates = new Map<string, PlainQueue | PlainLock | PlainBarrier>();

  at(gate: Gate, what: GateWait): PlainWait<unknown> {
    const here = this.#get(gate);
    if (here instanceof PlainQueue) {
      if (what.kind === "enqueue") return here.enqueue(what.items) as PlainWait<unknown>;
      return here.dequeue(what.kind === "dequeue" ? what.size : undefined);
    }
    return here instanceof PlainLock
      ? (here.acquire() as PlainWait<unknown>)
      : (here.arrive() as PlainWait<unknown>);
  }

  order(gate: Gate, what: GateOrder): void {
    const here = this.#get(gate);
    if (here instanceof PlainQueue) here.close();
    else if (here instanceof PlainLock && what.kind === "release") here.release(what.token);
  }

  #get({ id, is }: Gate): PlainQueue | PlainLock | PlainBarrier {
    const known = this.#gates.get(id);
    if (known !== undefined) return known;
    const made =
      is.kind === "lock"
        ? new PlainLock(is.permits)
        : is.kind === "barrier"
          ? new PlainBarrier(is.parties)
          : new PlainQueue(is.kind === "queue" ? is.capacity : 1);
    this.#gates.set(id, made);
    return made;
  }
}

class PlainQueue {
  readonly #capacity: number;
  readonly #items: unknown[] = [];
  readonly #in: (Settle<void> & { readonly items: readonly unknown[] })[] = [];
  readonly #out: (Settle<unknown> & { readonly size: number | undefined })[] = [];
  #closed = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  enqueue(items: readonly unknown[]): PlainWait<void> {
    return ({ resolve, reject }) => stand(this.#in, { items, resolve, reject }, () => this.#serve());
  }

  /** `size`: a list of that many, or of fewer where no more can come in. */
  dequeue(size?: number): PlainWait<unknown> {
    return ({ resolve, reject }) => stand(this.#out, { size, resolve, reject }, () => this.#serve());
  }

  close(): void {
    this.#closed = true;
    this.#serve();
  }

  #serve(): void {
    for (;;) {
      const [first] = this.#in;
      const [taker] = this.#out;
      const count = this.#items.length;
      const isFull = first !== undefined && count + first.items.length > this.#capacity;
      if (taker !== undefined && count > 0 && (count >= (taker.size ?? 1) || isFull || this.#closed)) {
        this.#out.shift();
        taker.resolve(taker.size === undefined ? this.#items.shift() : this.#items.splice(0, taker.size));
      } else if (first !== undefined && this.#closed) {
        this.#in.shift()!.reject(new QueueClosedError("the queue is closed: nothing more can be enqueued"));
      } else if (first !== undefined && !isFull) {
        this.#items.push(...first.items);
        this.#in.shift()!.resolve();
      } else if (taker !== undefined && this.#closed) {
        const message = "the queue is closed and empty";
        this.#out.shift()!.reject(new QueueClosedError(message));
      } else return;
    }
  }
}

class PlainLock {
  readonly #permits: number;
  readonly #holders = new Set<number>();
  readonly #waiting: Settle<number>[] = [];
  #lastToken = 0;

  constructor(permits: number) {
    this.#permits = permits;
  }

  acquire(): PlainWait<number> {
    return ({ resolve, reject }) => stand(this.#waiting, { resolve, reject }, () => this.#serve());
  }

  release(token: number): void {
    this.#holders.delete(token);
    this.#serve();
  }

  #serve(): void {
    while (this.#holders.size < this.#permits && this.#waiting.length > 0) {
      this.#holders.add(++this.#lastToken);
      this.#waiting.shift()!.resolve(this.#lastToken);
    }
  }
}

class PlainBarrier {
  readonly #parties: number;
  readonly #waiting: Settle<void>[] = [];

  constructor(parties: number) {
    this.#parties = parties;
  }

  arrive(): PlainWait<void> {
    return ({ resolve, reject }) => stand(this.#waiting, { resolve, reject }, () => this.#serve());
  }

  #serve(): void {
    if (this.#waiting.length < this.#parties) return;
    for (const waiter of this.#waiting.splice(0)) waiter.resolve();
  }
}
