/** Questions about bytes of which some may have to be fetched (src/store/store.ts, S5), asked by what can only read. */
import type { BytesKey } from "../protocol/rows.ts";

type Bytes = Uint8Array | undefined;

/** Asks with what is at hand, and again when the rest is there. `ask` changes nothing, so that it may be asked more than once. */
export async function withBytes<T>(
  fetch: (key: BytesKey) => Bytes | Promise<Bytes>,
  ask: (read: (key: BytesKey) => Bytes) => T,
): Promise<T> {
  const fetched = new Map<BytesKey, Bytes>();
  for (;;) {
    const missing: Promise<void>[] = [];
    const read = (key: BytesKey): Bytes => {
      if (fetched.has(key)) return fetched.get(key);
      const bytes = fetch(key);
      if (!(bytes instanceof Promise)) return bytes;
      missing.push(
        bytes.then((found) => {
          fetched.set(key, found);
        }),
      );
      return undefined;
    };
    try {
      const answer = ask(read);
      if (missing.length === 0) return answer;
    } catch (error) {
      // Something may only have seemed to be missing.
      if (missing.length === 0) throw error;
    }
    await Promise.all(missing);
  }
}
