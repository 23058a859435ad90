/**
 * Answers that tasks have not consumed, by task, in the order in which they came (rows: CompletionRow).
 *
 * A row each, and not a list in the task's row: a parent of many thousand children would be written anew, as long as it is by then, with each
 * answer.
 */
import type { EffectId, TaskId } from "../base/ids.ts";
import { PassingMap } from "../base/passing.ts";
import type { CompletionRow } from "../protocol/rows.ts";

export interface CompletionsView {
  has(task: TaskId, effect: EffectId): boolean;
  count(task: TaskId): number;
  /** In the order in which they came. */
  of(task: TaskId): EffectId[];
  /** The number that the next one of the task gets, at least. */
  next(task: TaskId): number;
  readonly rows: ReadonlyMap<string, CompletionRow>;
}

export class Completions implements CompletionsView {
  readonly rows = new PassingMap<string, CompletionRow>();
  readonly #ofTask = new PassingMap<TaskId, { readonly numbers: Map<EffectId, number>; last: number }>();

  has(task: TaskId, effect: EffectId): boolean {
    return this.#ofTask.get(task)?.numbers.has(effect) ?? false;
  }

  count(task: TaskId): number {
    return this.#ofTask.get(task)?.numbers.size ?? 0;
  }

  of(task: TaskId): EffectId[] {
    const numbers = this.#ofTask.get(task)?.numbers;
    if (numbers === undefined) return [];
    // After a load they stand in the order of their keys.
    return [...numbers].sort(([, a], [, b]) => a - b).map(([effect]) => effect);
  }

  next(task: TaskId): number {
    return (this.#ofTask.get(task)?.last ?? 0) + 1;
  }

  change(key: string, after: CompletionRow | undefined): void {
    const before = this.rows.get(key);
    if (after === undefined) {
      this.rows.delete(key);
      if (before !== undefined) this.#forget(before);
      return;
    }
    this.rows.set(key, after);
    const { task, effect, number } = after;
    let own = this.#ofTask.get(task);
    if (own === undefined) {
      own = { numbers: new Map(), last: 0 };
      this.#ofTask.set(task, own);
    }
    own.numbers.set(effect, number);
    own.last = Math.max(own.last, number);
  }

  #forget({ task, effect }: CompletionRow): void {
    const own = this.#ofTask.get(task);
    own?.numbers.delete(effect);
    if (own?.numbers.size === 0) this.#ofTask.delete(task);
  }
}

export function completionRowKey(task: TaskId, effect: EffectId): string {
  return `${task}/${effect}`;
}
