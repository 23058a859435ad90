/** The door of the platforms. The seam itself is platform.ts. */
export type { Connection, ConnectionEvents, WorkerMain } from "./connection.ts";
export { HeadStart } from "./head-start.ts";
export { openInprocPlatform } from "./inproc.ts";
export { giveBackMemory } from "./memory.ts";
export { openProcessPlatform } from "./process.ts";
export { connectToParent } from "./process-child.ts";
