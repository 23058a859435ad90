/** Queues, locks and barriers of `run --plain`: the same rules (coordinator/gates.ts) among the calls of one process. */
import { QueueClosedError } from "../runtime/index.ts";

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

export class PlainQueue {
  readonly #capacity: number;
  readonly #items: unknown[] = [];
  readonly #in: (Waiter<void> & { readonly items: readonly unknown[] })[] = [];
  readonly #out: Waiter<unknown>[] = [];
  #closed = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  enqueue(items: readonly unknown[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#in.push({ items, resolve, reject });
      this.#serve();
    });
  }

  dequeue(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#out.push({ resolve, reject });
      this.#serve();
    });
  }

  close(): void {
    this.#closed = true;
    this.#serve();
  }

  #serve(): void {
    for (;;) {
      const [first] = this.#in;
      if (this.#out.length > 0 && this.#items.length > 0) this.#out.shift()!.resolve(this.#items.shift());
      else if (first !== undefined && this.#closed) {
        this.#in.shift()!.reject(new QueueClosedError("the queue is closed: nothing more can be enqueued"));
      } else if (first !== undefined && this.#items.length + first.items.length <= this.#capacity) {
        this.#items.push(...first.items);
        this.#in.shift()!.resolve();
      } else if (this.#out.length > 0 && this.#closed) {
        const message = "the queue is closed and empty";
        this.#out.shift()!.reject(new QueueClosedError(message));
      } else return;
    }
  }
}

export class PlainLock {
  readonly #permits: number;
  readonly #holders = new Set<number>();
  readonly #waiting: ((token: number) => void)[] = [];
  #lastToken = 0;

  constructor(permits: number) {
    this.#permits = permits;
  }

  acquire(): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#serve();
    });
  }

  release(token: number): void {
    this.#holders.delete(token);
    this.#serve();
  }

  #serve(): void {
    while (this.#holders.size < this.#permits && this.#waiting.length > 0) {
      this.#holders.add(++this.#lastToken);
      this.#waiting.shift()!(this.#lastToken);
    }
  }
}

export class PlainBarrier {
  readonly #parties: number;
  #waiting: (() => void)[] = [];

  constructor(parties: number) {
    this.#parties = parties;
  }

  arrive(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length < this.#parties) return;
      for (const go of this.#waiting.splice(0)) go();
    });
  }
}
