/** The door of the stores. The seam itself is store.ts. */
export { openLargeValues } from "./blob-place.ts";
export { withChunks } from "./chunks.ts";
export type { FileStoreOptions } from "./file.ts";
export { openFileStore } from "./file.ts";
export type { Medium } from "./memory.ts";
export { emptyMedium, openMemoryStore } from "./memory.ts";
export { openRedisStore } from "./redis.ts";
export type { LoadedRow, Store } from "./store.ts";
export { FencedError } from "./store.ts";
