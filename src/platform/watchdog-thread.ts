/**
 * The thread beside a worker's main thread; see watchdog.ts. It never reaches its event loop, so that nothing can keep it from looking.
 */
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { killOwnGroup } from "./own-group.ts";
import type { WatchdogData } from "./watchdog.ts";

const { signal, parent, pollIntervalMs, killAfterMs, bytesMax } = workerData as WatchdogData;
const never = new Int32Array(new SharedArrayBuffer(4));

for (;;) {
  Atomics.wait(never, 0, 0, pollIntervalMs);
  Atomics.store(signal, 0, 1);
  // An orphan is adopted by another process: the number changes although nobody told us anything.
  if (process.ppid !== parent) killOwnGroup();
  if (killAfterMs !== undefined && process.uptime() * 1_000 > killAfterMs) killOwnGroup();
  if (bytesMax !== undefined && process.memoryUsage.rss() > bytesMax) {
    writeSync(2, `the process has more than ${bytesMax / 2 ** 20} MiB of memory\n`);
    // How V8 ends a process whose heap is full: so the platform tells it alike.
    process.kill(process.pid, "SIGABRT");
  }
}
