/**
 * Shared values: which rows lead to them, and when they go (design H16).
 *
 * A snapshot lists the shared values to which it leads, and so does every row whose bytes hold one: of a task, an answer, an item, somebody who
 * waits to bring items, another shared value.
 *
 * G1. A run has a value once, under the hash of its bytes.
 * G2. It is there as long as a row of the run lists it: the decision that takes the last one away deletes it. No cycle is possible, for a value's
 *     name follows from what it leads to.
 * G3. How many rows list it is counted from the rows, and never written down.
 */
import type { RunId, SharedId } from "../base/ids.ts";
import { runOf, runOfGate, sharedKey } from "../base/ids.ts";
import type {
  BytesKey,
  CompletionRow,
  ItemRow,
  Rows,
  SharedRow,
  TaskRow,
  WaiterRow,
} from "../protocol/rows.ts";

type Ids = readonly SharedId[];

export interface SharedView {
  readonly rows: ReadonlyMap<string, SharedRow>;
  /** How many rows list the value with this key. */
  uses(key: string): number;
}

export class SharedValues implements SharedView {
  readonly rows = new Map<string, SharedRow>();
  readonly #uses = new Map<string, number>();

  uses(key: string): number {
    return this.#uses.get(key) ?? 0;
  }

  /** A row of the run listed `before`, and lists `after`. */
  move(run: RunId, before: Ids | undefined, after: Ids | undefined): void {
    if (before === after) return;
    for (const id of before ?? []) this.#count(sharedKey(run, id), -1);
    for (const id of after ?? []) this.#count(sharedKey(run, id), 1);
  }

  change(key: string, after: SharedRow | undefined): void {
    const before = this.rows.get(key);
    if (after === undefined) this.rows.delete(key);
    else this.rows.set(key, after);
    const { run } = (after ?? before)!;
    this.move(run, before?.shares, after?.shares);
  }

  #count(key: string, step: number): void {
    const uses = this.uses(key) + step;
    if (uses === 0) this.#uses.delete(key);
    else this.#uses.set(key, uses);
  }
}

/** What a decision changes: rows before and after, by table. */
type Changed<T extends keyof Rows> = Iterable<readonly [Rows[T] | undefined, Rows[T] | undefined]>;

export interface ChangedRows {
  readonly task: Changed<"task">;
  readonly completion: Changed<"completion">;
  readonly item: Changed<"item">;
  readonly waiter: Changed<"waiter">;
  readonly shared: Changed<"shared">;
}

/** The keys of the values that nothing leads to after a decision (G2), also of those that it has just brought. */
export function unreachable(
  view: SharedView,
  changed: ChangedRows,
  row: (key: string) => SharedRow | undefined,
): string[] {
  const steps = new Map<string, number>();
  const count = (run: RunId, ids: Ids | undefined, step: number): void => {
    for (const id of ids ?? []) {
      const key = sharedKey(run, id);
      steps.set(key, (steps.get(key) ?? 0) + step);
    }
  };
  const each = <R extends object>(
    rows: Iterable<readonly [R | undefined, R | undefined]>,
    listed: (row: R) => readonly [RunId, Ids | undefined],
  ): void => {
    for (const [before, after] of rows) {
      if (before !== undefined) count(...listed(before), -1);
      if (after !== undefined) count(...listed(after), 1);
    }
  };
  each(changed.task, ({ id, shares }: TaskRow) => [runOf(id), shares]);
  each(changed.completion, ({ task, shares }: CompletionRow) => [runOf(task), shares]);
  each(changed.item, ({ gate, shares }: ItemRow) => [runOfGate(gate), shares]);
  each(changed.waiter, (waiter: WaiterRow) => [runOf(waiter.task), sharesOfWaiter(waiter)]);
  for (const [before, after] of changed.shared) {
    const { run, id } = (after ?? before)!;
    count(run, [id], 0);
    count(run, before?.shares, -1);
    count(run, after?.shares, 1);
  }
  const gone: string[] = [];
  const open = [...steps.keys()];
  const seen = new Set<string>();
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    const found = row(key);
    if (found === undefined || seen.has(key) || view.uses(key) + (steps.get(key) ?? 0) > 0) continue;
    seen.add(key);
    gone.push(key);
    count(found.run, found.shares, -1);
    for (const id of found.shares ?? []) open.push(sharedKey(found.run, id));
  }
  return gone;
}

export function sharesOfWaiter({ shares }: Pick<WaiterRow, "shares">): Ids | undefined {
  return shares?.flat();
}

export function sharedBytesKey(key: string): BytesKey {
  return `shared/${key}`;
}

/** For rows that list shared values only if there are any. */
export function listing(shares: Ids | undefined): { readonly shares?: Ids } {
  return shares === undefined || shares.length === 0 ? {} : { shares };
}
