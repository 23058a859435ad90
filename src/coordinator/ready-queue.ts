/**
 * Tasks that could run now, first come first served. Those that have to run alone stand in a queue of their own, and so do those that ask for
 * a worker of a size, because they wait for another kind of place.
 *
 * A task leaves the queue by being dispatched, mostly at the head; where it leaves from the middle (its run ends, those before it wait for room) a
 * gap is left, and there are never many more gaps than tasks.
 */
import { type RunId, runOf, type TaskId } from "../base/ids.ts";
import { PassingMap } from "../base/passing.ts";
import type { TaskRow } from "../protocol/rows.ts";

export class ReadyQueue {
  readonly #common = new Fifo();
  readonly #alone = new Fifo();
  readonly #sized = new Map<number, Fifo>();
  readonly #held: ReadonlySet<RunId>;

  /** `held`: runs whose tasks never enter. */
  constructor(held: ReadonlySet<RunId> = new Set()) {
    this.#held = held;
  }

  /** Follows the change of one task's row. */
  update(before: TaskRow | undefined, after: TaskRow | undefined): void {
    if (this.#held.has(runOf((after ?? before)!.id))) return;
    const was = queueOf(before);
    const is = queueOf(after);
    if (was === is) return;
    if (was !== undefined) this.#leave(was, before!.id);
    if (is !== undefined) this.#enter(is, after!.id);
  }

  /** How many stand in the common line. */
  get line(): number {
    return this.#common.size;
  }

  common(): Iterable<TaskId> {
    return this.#common;
  }

  alone(): Iterable<TaskId> {
    return this.#alone;
  }

  /** By the memory that they ask for. */
  sized(): ReadonlyMap<number, Iterable<TaskId>> {
    return this.#sized;
  }

  #enter(name: QueueName, task: TaskId): void {
    if (typeof name === "number" && !this.#sized.has(name)) this.#sized.set(name, new Fifo());
    this.#of(name).push(task);
  }

  #leave(name: QueueName, task: TaskId): void {
    const queue = this.#of(name);
    queue.delete(task);
    if (typeof name === "number" && queue.size === 0) this.#sized.delete(name);
  }

  #of(name: QueueName): Fifo {
    if (typeof name === "number") return this.#sized.get(name)!;
    return name === "alone" ? this.#alone : this.#common;
  }
}

type QueueName = "common" | "alone" | number;

/** One that asks for memory has its worker for itself in any case. */
function queueOf(row: TaskRow | undefined): QueueName | undefined {
  if (row?.status !== "ready") return undefined;
  return row.memoryMiB ?? (row.alone ? "alone" : "common");
}

class Fifo {
  #entries: (TaskId | undefined)[] = [];
  #head = 0;
  readonly #places = new PassingMap<TaskId, number>();

  get size(): number {
    return this.#places.size;
  }

  push(task: TaskId): void {
    this.#places.set(task, this.#entries.length);
    this.#entries.push(task);
  }

  delete(task: TaskId): void {
    const place = this.#places.get(task);
    if (place === undefined) return;
    this.#places.delete(task);
    this.#entries[place] = undefined;
    while (this.#head < this.#entries.length && this.#entries[this.#head] === undefined) this.#head++;
    if (this.#head === this.#entries.length) {
      this.#entries = [];
      this.#head = 0;
    } else if (this.#entries.length > 2 * this.#places.size + 1_024) {
      this.#compact();
    }
  }

  *[Symbol.iterator](): Iterator<TaskId> {
    for (let i = this.#head; i < this.#entries.length; i++) {
      const task = this.#entries[i];
      if (task !== undefined) yield task;
    }
  }

  #compact(): void {
    this.#entries = [...this];
    this.#head = 0;
    this.#places.clear();
    this.#entries.forEach((task, place) => {
      this.#places.set(task!, place);
    });
  }
}
