/**
 * The thread beside a worker's main thread; see watchdog.ts. It reaches its event loop only for its last look, so that nothing can keep it from
 * looking.
 */
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { lastLook } from "./last-look.ts";
import { killOwnGroup } from "./own-group.ts";
import type { WatchdogData } from "./watchdog.ts";

const { signal, parent, pollIntervalMs, killAfterMs, lookAfterMs, lastLookMs, bytesMax } =
  workerData as WatchdogData;
const never = new Int32Array(new SharedArrayBuffer(4));
let stretch = 0;
let since = 0;
let looked = lookAfterMs === undefined;

for (;;) {
  Atomics.wait(never, 0, 0, pollIntervalMs);
  Atomics.store(signal, 0, 1);
  const now = process.uptime() * 1_000;
  if (Atomics.load(signal, 1) !== stretch) {
    stretch = Atomics.load(signal, 1);
    since = now;
  }
  if (!looked && now > lookAfterMs!) {
    looked = true;
    // What has looked up meanwhile is on its way out.
    if (stretch !== 0 && now - since > 5 * pollIntervalMs) {
      const words = await lastLook(now - since + lastLookMs);
      if (words !== undefined) writeSync(2, words);
    }
  }
  // An orphan is adopted by another process: the number changes although nobody told us anything.
  if (process.ppid !== parent) killOwnGroup();
  if (killAfterMs !== undefined && now > killAfterMs) killOwnGroup();
  if (bytesMax !== undefined && process.memoryUsage.rss() > bytesMax) {
    writeSync(2, `the process has more than ${bytesMax / 2 ** 20} MiB of memory\n`);
    // How V8 ends a process whose heap is full: so the platform tells it alike.
    process.kill(process.pid, "SIGABRT");
  }
}
