/**
 * What effects wait for, by task. Most tasks that wait do so by one effect, for a timer or for another task: those have no map of their own,
 * since there may be very many of them.
 */
import type { EffectId, TaskId } from "../base/ids.ts";
import { PassingMap } from "../base/passing.ts";
import type { Place, WaiterRow } from "../protocol/rows.ts";

/** What an effect without its answer waits for. */
export type Wait = SingleWait | { readonly kind: "any"; readonly waits: ReadonlyMap<number, SingleWait> };

export type SingleWait =
  | { readonly kind: "timer"; readonly branch?: number }
  | { readonly kind: "join"; readonly task: TaskId; readonly branch?: number }
  | { readonly kind: "gate"; readonly waiter: WaiterRow };

/** The wait of an effect after one of its choices (`branch`), or all of it, has come to wait for something, or for nothing any more. */
export function nextWait(
  before: Wait | undefined,
  branch: number | undefined,
  after: SingleWait | undefined,
): Wait | undefined {
  if (branch === undefined) return after;
  const waits = new Map(before?.kind === "any" ? before.waits : []);
  if (after === undefined) waits.delete(branch);
  else waits.set(branch, after);
  return waits.size === 0 ? undefined : { kind: "any", waits };
}

/** What an effect waits for, one by one. */
export function eachWait(wait: Wait): Iterable<SingleWait> {
  return wait.kind === "any" ? wait.waits.values() : [wait];
}

type Waits = ReadonlyMap<EffectId, Wait>;

const noWaits: Waits = new Map();
/** The wait of all that wait for a timer, and for nothing besides. */
export const aTimer: SingleWait = { kind: "timer" };

export class WaitIndex {
  readonly #single = new PassingMap<TaskId, { readonly effect: EffectId; readonly wait: Wait }>();
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
