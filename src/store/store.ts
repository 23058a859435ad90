/**
 * The seam to whatever keeps rows. Implementations: `memory` (tests), `file` (a log and LMDB), `redis`. One contract suite runs over all
 * (store.contract.ts).
 *
 * S1. A write is applied wholly or not at all, and writes are applied in the order of their calls.
 * S2. `write` resolves only when the change would survive the death of the machine ("durable": flushed, not only committed).
 * S3. A store has one owner. Opening raises the term; a write of an earlier owner is refused with {@link FencedError}.
 * S4. What was committed but not flushed by an earlier owner is flushed before `open` resolves, so that everything read is durable.
 * S5. Bytes that decisions need (bundles, outcomes, completions) are at hand. What a task begins from (payload, input, snapshot) may have to be
 *     fetched.
 */
import type { BytesKey, Change, Rows, Table } from "../protocol/rows.ts";

export interface Store {
  /** Number of this ownership: greater than that of all earlier owners. */
  readonly term: number;
  /** Every row of the small tables, in no order between tables, by key within one. Called once. */
  load(): Iterable<LoadedRow>;
  /** One value of table `bytes`; sees all earlier writes of this owner, durable or not. For kinds that are at hand, if there is a `fetch` (S5). */
  read(key: BytesKey): Uint8Array | undefined;
  /** The same for every kind. Absent: all of them are at hand. */
  fetch?(key: BytesKey): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Every value of a kind that is at hand, before anything has been written. Absent: nothing can be kept in chunks (chunks.ts). */
  values?(kind: string): Iterable<Uint8Array>;
  /**
   * Resolves when durable. Rejects with {@link FencedError} if another owner has come. `unhurried`: nobody waits for it, so it may take a little longer if
   * that keeps the thread free.
   */
  write(changes: readonly Change[], unhurried?: boolean): Promise<void>;
  /** Nothing is going on: gives back what is only needed while something is. Changes nothing, and may be called at any time. */
  rest?(): Promise<void>;
  /** Waits for what is being written and gives up ownership. */
  close(): Promise<void>;
}

export type LoadedRow = {
  [T in Table]: { readonly table: T; readonly key: string; readonly row: Rows[T] };
}[Table];

export class FencedError extends Error {
  override readonly name = "FencedError";
}
