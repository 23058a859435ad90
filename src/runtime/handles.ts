/** What bytes lead to that a task has encoded (design H16): known to whoever hands the bytes on, and to nobody else. */
import type { HandleId } from "../base/ids.ts";

const found = new WeakMap<Uint8Array, readonly HandleId[]>();

export function noteHandles(bytes: Uint8Array, ids: readonly HandleId[]): void {
  if (ids.length > 0) found.set(bytes, ids);
}

/** Each once; none: undefined. */
export function handlesIn(bytes: Uint8Array): readonly HandleId[] | undefined {
  return found.get(bytes);
}
