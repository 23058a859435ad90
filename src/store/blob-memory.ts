/** Blobs that survive for as long as somebody holds the map: for tests. */
import type { BlobStore } from "./blobs.ts";

export function openMemoryBlobs(blobs: Map<string, Uint8Array>): BlobStore {
  return {
    shown: "memory",
    async put(name, bytes) {
      if (!blobs.has(name)) blobs.set(name, Uint8Array.from(bytes));
    },
    get: async (name) => blobs.get(name)?.slice(),
    has: async (name) => blobs.has(name),
    async delete(name) {
      blobs.delete(name);
    },
    async *names() {
      yield* [...blobs.keys()];
    },
    async close() {},
  };
}
