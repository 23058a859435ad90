/**
 * The seam to whatever keeps large bytes beside the rows: `put`, `get`, `has`, `delete`. Implementations: a directory (blob-directory.ts),
 * memory (tests). One contract suite runs over all (blob.contract.ts). The store itself can keep them too, which needs no
 * seam, since there one write holds both (chunks.ts).
 *
 * B1. What `put` has resolved for survives the death of the machine.
 * B2. A blob is whole, or it is not there, whatever died in the middle of its `put`.
 * B3. A name is given once and for all, so a blob never changes: a `put` of a name that is there is a repetition, and changes nothing.
 * B4. `delete` of what is not there is no error: whoever died may have done it.
 * B5. `names` gives everything that takes room, under its name, also what a death has left unfinished; `delete` removes that, too.
 */
export interface BlobStore {
  /** Where they are, for messages. */
  readonly shown: string;
  put(name: string, bytes: Uint8Array): Promise<void>;
  get(name: string): Promise<Uint8Array | undefined>;
  has(name: string): Promise<boolean>;
  delete(name: string): Promise<void>;
  names(): AsyncIterable<string>;
  /** Called when nothing is under way any more. */
  close(): Promise<void>;
}
