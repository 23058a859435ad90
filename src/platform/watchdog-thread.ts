/**
 * The thread beside a worker's main thread; see watchdog.ts. It never reaches its event loop, so that nothing can keep it from looking.
 */
import { workerData } from "node:worker_threads";
import { killOwnGroup } from "./own-group.ts";
import type { WatchdogData } from "./watchdog.ts";

const { signal, parent, pollIntervalMs, killAfterMs } = workerData as WatchdogData;
const never = new Int32Array(new SharedArrayBuffer(4));

for (;;) {
  Atomics.wait(never, 0, 0, pollIntervalMs);
  Atomics.store(signal, 0, 1);
  // An orphan is adopted by another process: the number changes although nobody told us anything.
  if (process.ppid !== parent) killOwnGroup();
  if (killAfterMs !== undefined && process.uptime() * 1_000 > killAfterMs) killOwnGroup();
}
