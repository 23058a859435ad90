/**
 * The timers of all runs, found by key and in order of their due times.
 *
 * A binary heap beside a map. A deleted timer stays in the heap, recognised by its row not being the map's any more, until it comes to
 * the top or the heap is half dead; so a program that sets and clears timers costs no search.
 *
 * Order: due time, then task, then effect. Two timers of one task that are due at once fire in the order in which they were set.
 */
import { PassingMap } from "../base/passing.ts";
import type { Place, TimerRow } from "../protocol/rows.ts";

export class Timers {
  readonly #rows = new PassingMap<string, TimerRow>();
  #heap: TimerRow[] = [];

  get rows(): ReadonlyMap<string, TimerRow> {
    return this.#rows;
  }

  set(row: TimerRow, key = timerKey(row)): void {
    this.#rows.set(key, row);
    this.#heap.push(row);
    this.#up(this.#heap.length - 1);
    this.#tidy();
  }

  delete(key: string): void {
    if (this.#rows.delete(key)) this.#tidy();
  }

  /** When the next timer is due; undefined: there is none. */
  nextDue(): number | undefined {
    return this.#heap[0]?.dueAt;
  }

  /** The timers due at `now`, in order. */
  due(now: number): TimerRow[] {
    const found: TimerRow[] = [];
    const look = [0];
    while (look.length > 0) {
      const at = look.pop()!;
      const row = this.#heap[at];
      if (row === undefined || row.dueAt > now) continue;
      if (this.#alive(row)) found.push(row);
      look.push(2 * at + 1, 2 * at + 2);
    }
    return found.sort(compare);
  }

  #alive(row: TimerRow): boolean {
    return this.#rows.get(timerKey(row)) === row;
  }

  /** Keeps the top alive and the heap at most half dead. */
  #tidy(): void {
    if (this.#heap.length > 2 * this.#rows.size + 64) {
      this.#heap = [...this.#rows.values()].sort(compare);
      return;
    }
    while (this.#heap.length > 0 && !this.#alive(this.#heap[0]!)) {
      const last = this.#heap.pop()!;
      if (this.#heap.length === 0) return;
      this.#heap[0] = last;
      this.#down();
    }
  }

  #up(from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (compare(heap[parent]!, heap[at]!) <= 0) return;
      [heap[parent], heap[at]] = [heap[at]!, heap[parent]!];
      at = parent;
    }
  }

  #down(): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && compare(heap[child]!, heap[least]!) < 0) least = child;
      }
      if (least === at) return;
      [heap[least], heap[at]] = [heap[at]!, heap[least]!];
      at = least;
    }
  }
}

export function timerKey({ task, effect, branch }: Place): string {
  return branch === undefined ? `${task}/${effect}` : `${task}/${effect}.${branch}`;
}

function compare(a: TimerRow, b: TimerRow): number {
  if (a.dueAt !== b.dueAt) return a.dueAt - b.dueAt;
  if (a.task !== b.task) return a.task < b.task ? -1 : 1;
  return a.effect - b.effect || (a.branch ?? 0) - (b.branch ?? 0);
}
