/**
 * Which tasks are below which, by their names. A task whose row is gone is kept here as long as there are some below it.
 */
import { parentOf, type TaskId } from "../base/ids.ts";
import { PassingMap } from "../base/passing.ts";

export class Family {
  readonly #children = new PassingMap<TaskId, Set<TaskId>>();
  readonly #has: (task: TaskId) => boolean;

  /** `has`: whether a task has a row. */
  constructor(has: (task: TaskId) => boolean) {
    this.#has = has;
  }

  added(task: TaskId): void {
    for (let child = task, parent = parentOf(child); parent !== undefined; ) {
      const siblings = this.#children.get(parent);
      if (siblings !== undefined) {
        siblings.add(child);
        return;
      }
      this.#children.set(parent, new Set([child]));
      child = parent;
      parent = parentOf(child);
    }
  }

  /** The row of `task` is gone. */
  removed(task: TaskId): void {
    let child = task;
    while (!this.#has(child) && !this.#children.has(child)) {
      const parent = parentOf(child);
      const siblings = parent === undefined ? undefined : this.#children.get(parent);
      if (parent === undefined || siblings === undefined) return;
      siblings.delete(child);
      if (siblings.size > 0) return;
      this.#children.delete(parent);
      child = parent;
    }
  }

  /** Those with rows, parents before their children. */
  *below(task: TaskId): Iterable<TaskId> {
    const left = [task];
    for (let at = left.pop(); at !== undefined; at = left.pop()) {
      for (const child of this.#children.get(at) ?? []) {
        if (this.#has(child)) yield child;
        left.push(child);
      }
    }
  }
}
