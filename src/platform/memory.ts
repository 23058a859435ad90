/**
 * Gives memory back to the system: what a process has taken while it was busy, V8 keeps for the next time, and a server or a worker at rest
 * would hold tens of megabytes for nothing.
 *
 * The way is the one that a debugger has ("collect garbage"), which also shrinks what is left; `global.gc` does not do that on all versions of
 * Node, and needs a flag. It takes as long as the living heap is large, about a millisecond per megabyte.
 */
import { getHeapStatistics } from "node:v8";

/** What may have been taken since the last time without its being worth the while. */
const worthBytes = 4 * 1024 * 1024;

let leftBytes = 0;

export async function giveBackMemory(): Promise<void> {
  if (takenBytes() < leftBytes + worthBytes) return;
  try {
    const { Session } = await import("node:inspector");
    const session = new Session();
    session.connect();
    session.post("HeapProfiler.enable");
    await new Promise<void>((resolve) => session.post("HeapProfiler.collectGarbage", () => resolve()));
    session.disconnect();
  } catch {
    // A build of Node without a debugger: nothing is lost but the memory.
  }
  leftBytes = takenBytes();
}

function takenBytes(): number {
  const { total_physical_size, external_memory } = getHeapStatistics();
  return total_physical_size + external_memory;
}
