/**
 * What effects wait for, by task. Most tasks that wait do so by one effect, for a timer or for another task: those have no map of their own,
 * since there may be very many of them.
 */
import type { EffectId, TaskId } from "../base/ids.ts";
import type { Place } from "../protocol/rows.ts";
import { nextWait, type SingleWait, type Wait } from "./state.ts";

type Waits = ReadonlyMap<EffectId, Wait>;

const noWaits: Waits = new Map();
/** The wait of all that wait for a timer, and for nothing besides. */
export const aTimer: SingleWait = { kind: "timer" };

export class WaitIndex {
  readonly #single = new Map<TaskId, { readonly effect: EffectId; readonly wait: Wait }>();
  readonly #several = new Map<TaskId, Map<EffectId, Wait>>();

  of(task: TaskId): Waits {
    const single = this.#single.get(task);
    if (single !== undefined) return new Map([[single.effect, single.wait]]);
    return this.#several.get(task) ?? noWaits;
  }

  get(task: TaskId, effect: EffectId): Wait | undefined {
    const single = this.#single.get(task);
    if (single !== undefined) return single.effect === effect ? single.wait : undefined;
    return this.#several.get(task)?.get(effect);
  }

  /** The place has come to wait for something, or for nothing any more. */
  set({ task, effect, branch }: Place, after: SingleWait | undefined): void {
    const wait = nextWait(this.get(task, effect), branch, after);
    const several = this.#several.get(task);
    if (several === undefined) {
      const single = this.#single.get(task);
      if (single === undefined || single.effect === effect) {
        if (wait !== undefined) this.#single.set(task, { effect, wait });
        else if (single !== undefined) this.#single.delete(task);
      } else if (wait !== undefined) {
        this.#single.delete(task);
        this.#several.set(
          task,
          new Map([
            [single.effect, single.wait],
            [effect, wait],
          ]),
        );
      }
      return;
    }
    if (wait !== undefined) several.set(effect, wait);
    else several.delete(effect);
    if (several.size > 1) return;
    this.#several.delete(task);
    for (const [left, its] of several) this.#single.set(task, { effect: left, wait: its });
  }
}
