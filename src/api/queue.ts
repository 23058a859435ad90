import { UserError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Gate } from "../protocol/effect.ts";
import {
  closure,
  currentKernel,
  isOwnQueue,
  makeOwnQueue,
  type OwnQueue,
  QueueClosedError,
  registerClass,
  runtimeSite,
  SnapshotError,
} from "../runtime/index.ts";
import { handleOfGate, loadedGate, makeGate, numberOf, savedGate } from "./gate.ts";
import { keepPlainly, mapWait } from "./plain.ts";
import { durableSignal, type Waiting } from "./signal.ts";
import { inTask } from "./task.ts";

/**
 * A bounded FIFO between the tasks of a run, for any number of producers and consumers. Items are copied when they are enqueued. The handle can be
 * kept, passed to other tasks and saved.
 *
 *     for await (const item of jobs) await work(item);      // ends when the queue is closed and empty
 */
export class Queue<T = unknown> {
  readonly #gate: Gate;
  readonly #waiting: Waiting;
  /** While no other task can know it. */
  #own: OwnQueue | undefined;

  constructor(gate: Gate, waiting: Waiting = {}, own?: OwnQueue) {
    this.#gate = gate;
    this.#waiting = waiting;
    this.#own = own;
    keepPlainly(this);
  }

  static partsOf(queue: Queue): { gate: Gate; waiting: Waiting } {
    return { gate: queue.#gate, waiting: queue.#waiting };
  }

  /** The gate as others know it, of whom it is not the task's own any more. */
  static publish(queue: Queue): Gate {
    if (queue.#own !== undefined) currentKernel()?.effects.own.publish(queue.#own);
    queue.#own = undefined;
    return queue.#gate;
  }

  static ownOf(queue: Queue): OwnQueue | undefined {
    return queue.#own?.published ? undefined : queue.#own;
  }

  /** The same queue by a handle all of whose waits end with the signal: `for await (const job of jobs.with({ signal }))`. */
  with(waiting: Waiting): Queue<T> {
    return new Queue<T>(this.#gate, waiting, this.#own);
  }

  /**
   * Puts the items into the queue, all together, and waits until there is room for all of them. Those who wait are served in the order in
   * which they came. Exactly once, as everything that a commit does.
   *
   * @throws {QueueClosedError} (the promise) if the queue is closed, also while it waits.
   * @throws {NotSaveableError} if an item cannot be copied, with the path to it.
   */
  enqueue(...items: T[]): Promise<void> {
    const { is } = this.#gate;
    if (is.kind === "queue" && items.length > is.capacity) {
      throw new UserError(
        `enqueue() of ${items.length} items: the queue has room for ${is.capacity}, so they will never fit together; enqueue fewer at once, or give queue() a larger capacity`,
      );
    }
    return inTask(
      "Queue.enqueue()",
      (kernel) =>
        (this.#ownFor(this.#waiting, (own) => kernel.effects.own.enqueue(own, items)) ??
          kernel.effects.askFor(
            {
              kind: "enqueue",
              gate: this.#gate,
              items: items.map((item, index) =>
                kernel.codec.encode(kernel, item, items.length === 1 ? "an item" : `item ${index}`),
              ),
            },
            durableSignal("Queue.with", this.#waiting),
          )) as unknown as Promise<void>,
      (host) => {
        const packed = items.map((item) => host.pack(item));
        return host.wait(
          host.at(this.#gate, { kind: "enqueue", items: packed }),
          this.#waiting.signal,
        ) as Promise<void>;
      },
    );
  }

  /**
   * Takes the next item, waiting for one. Each item goes to exactly one consumer, each consumer gets its turn.
   *
   * @throws {QueueClosedError} (the promise) when the queue is closed and empty.
   */
  dequeue(waiting: Waiting = this.#waiting): Promise<T> {
    return inTask(
      "Queue.dequeue()",
      (kernel) =>
        (this.#ownFor(waiting, (own) => kernel.effects.own.dequeue(own)) ??
          kernel.effects.askFor(
            { kind: "dequeue", gate: this.#gate },
            durableSignal("dequeue", waiting),
          )) as unknown as Promise<unknown>,
      (host) =>
        host.wait(
          mapWait(host.at(this.#gate, { kind: "dequeue" }), (item) => host.unpack(item)),
          waiting.signal,
        ),
    ) as Promise<T>;
  }

  /**
   * The items in lists of `size`, in their order: each list is taken by one commit, where each item would be taken by one of its own. For whoever has many to
   * take and nothing to do with the first before there are more.
   *
   *     for await (const posts of feed.batches(100)) count(posts);      // ends when the queue is closed and empty
   *
   * A list is shorter where no more can come: the queue is closed, or too full for who waits to enqueue, or more than 64 MiB would come together.
   */
  batches(size: number): AsyncIterableIterator<T[]> {
    const { is } = this.#gate;
    const most = is.kind === "queue" ? is.capacity : 1;
    if (!Number.isSafeInteger(size) || size < 1 || size > most)
      throw new UserError(
        `Queue.batches() takes a whole number from 1 to the queue's capacity, ${most}, not ${String(size)}; give queue() a larger capacity, or take fewer`,
      );
    return consume<T[]>(closure(takeSeveralSite, { queue: this, size }));
  }

  static takeSeveral(queue: Queue, size: number): Promise<unknown> {
    return inTask(
      "Queue.batches()",
      (kernel) =>
        kernel.effects.askFor(
          { kind: "dequeue", gate: Queue.publish(queue), size },
          durableSignal("Queue.with", queue.#waiting),
        ) as unknown as Promise<unknown>,
      (host) =>
        host.wait(
          mapWait(host.at(queue.#gate, { kind: "dequeue", size }), (items) =>
            (items as unknown[]).map((item) => host.unpack(item)),
          ),
          queue.#waiting.signal,
        ),
    );
  }

  /** Nothing more can be enqueued, and who waits to is rejected. What is in the queue can still be dequeued. */
  close(): void {
    inTask(
      "Queue.close()",
      (kernel) => void kernel.effects.ask({ kind: "close", gate: Queue.publish(this) }),
      (host) => host.order(this.#gate, { kind: "close" }),
    );
  }

  /** Without the coordinator, where that can be. */
  #ownFor<R>({ signal }: Waiting, act: (own: OwnQueue) => R | undefined): R | undefined {
    if (this.#own === undefined) return undefined;
    if (signal !== undefined) Queue.publish(this);
    const done = this.#own === undefined ? undefined : act(this.#own);
    if (done === undefined) this.#own = undefined;
    return done;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return consume<T>(closure(takeSite, { queue: this }));
  }
}

registerClass("continua.Queue", Queue, {
  save: (queue, home) => {
    if (currentKernel()?.codec.handsOver) Queue.publish(queue);
    const { gate, waiting } = Queue.partsOf(queue);
    const saved = savedGate(gate, home);
    const own = Queue.ownOf(queue);
    if (waiting.signal === undefined && own === undefined) return saved;
    return { gate: saved, waiting, ...(own === undefined ? {} : { own }) };
  },
  load: (saved: Gate | { gate: Gate; waiting: Waiting; own?: OwnQueue }, home) => {
    if (!("gate" in saved)) return new Queue(loadedGate(saved, home));
    const { gate, waiting, own } = saved;
    if (own !== undefined && !isOwnQueue(own))
      throw new SnapshotError("the snapshot is corrupted: a queue is none");
    return new Queue(loadedGate(gate, home), waiting, own);
  },
  leadsTo: (queue, home) => handleOfGate(Queue.partsOf(queue).gate, home),
});

const takeSite = runtimeSite("queue.take", (env: { readonly queue: Queue }) => () => env.queue.dequeue());
const takeSeveralSite = runtimeSite(
  "queue.take-several",
  (env: { readonly queue: Queue; readonly size: number }) => () => Queue.takeSeveral(env.queue, env.size),
);

type Taking = { readonly take: () => Promise<unknown> };

/** An iterator of what `take`, a function that can be saved, brings; it ends where that rejects because the queue is closed. */
export function consume<T>(take: unknown): AsyncIterableIterator<T> {
  return closure(iteratorSite, { take })() as AsyncIterableIterator<T>;
}

// An environment is read when the function is called: when a thaw makes the function it is not filled yet.

/** An iterator of own functions that can be saved: it is held across every wait of a `for await`. */
const iteratorSite = runtimeSite("queue.iterator", (env: Taking) => () => ({
  next: closure(nextSite, env),
  [Symbol.asyncIterator]: closure(sameSite, {}),
}));
const nextSite = runtimeSite("queue.next", (env: Taking) => () => {
  return env.take().then(closure(itemSite, {}) as never, closure(endSite, {}) as never);
});
const sameSite = runtimeSite(
  "queue.same",
  () =>
    function (this: unknown): unknown {
      return this;
    },
);
const itemSite = runtimeSite("queue.item", () => (value: unknown) => ({ value, done: false }));
const endSite = runtimeSite("queue.end", () => (error: unknown) => {
  if (error instanceof QueueClosedError) return { value: undefined, done: true };
  throw error;
});

/**
 * Makes a queue for `capacity` items. With a name it is the queue that the run has under this name, for all its tasks; without, a new one.
 */
export function queue<T>(options: { readonly capacity?: number; readonly name?: string } = {}): Queue<T> {
  const { capacity = limits.queueCapacity, name } = options;
  const gate = makeGate("queue", { kind: "queue", capacity }, name);
  const number = numberOf(gate);
  return new Queue<T>(gate, {}, number === undefined ? undefined : makeOwnQueue(number, capacity));
}
