/**
 * How many rows lead to what a run keeps only as long as some do (design H16): shared values, and tasks and gates without a name. Each row lists what its
 * bytes lead to; the numbers are counted from the rows, and never written down.
 */
import { type HandleId, handleKey, type RunId } from "../base/ids.ts";
import type { BytesKey, WaiterRow } from "../protocol/rows.ts";

type Ids = readonly HandleId[];

export class Uses {
  /** Made with the first: a decision counts anew, and most have nothing to count. */
  #counts: Map<string, number> | undefined;

  /** By {@link handleKey}. */
  of(key: string): number {
    return this.#counts?.get(key) ?? 0;
  }

  /** A row of the run listed `before`, and lists `after`. */
  move(run: RunId, before: Ids | undefined, after: Ids | undefined): void {
    if (before === after) return;
    for (const id of before ?? []) this.count(handleKey(run, id), -1);
    for (const id of after ?? []) this.count(handleKey(run, id), 1);
  }

  count(key: string, step: number): void {
    const uses = this.of(key) + step;
    this.#counts ??= new Map();
    if (uses === 0) this.#counts.delete(key);
    else this.#counts.set(key, uses);
  }

  get keys(): Iterable<string> {
    return this.#counts?.keys() ?? [];
  }
}

export function handlesOfWaiter({ handles }: Pick<WaiterRow, "handles">): Ids | undefined {
  return handles?.flat();
}

export function sharedBytesKey(key: string): BytesKey {
  return `shared/${key}`;
}

/** For rows that list what they lead to only if there is anything. `before`: what the row lists now, kept as it is if nothing has changed. */
export function listing(handles: Ids | undefined, before?: Ids): { readonly handles?: Ids } {
  if (handles === undefined || handles.length === 0) return {};
  const same = before?.length === handles.length && before.every((id, at) => id === handles[at]);
  return { handles: same ? before : handles };
}
