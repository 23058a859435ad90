/**
 * What a worker process must do even while its main thread is in a loop that never ends, so a thread does it:
 *
 * G1. raise the poll flag every `limits.pollIntervalMs`, at which compiled loops ask whether to freeze;
 * G2. end the process when its parent is gone, within `limits.orphanMs` (platform.ts, P2), even if the parent was killed;
 * G3. end the process a little after its time limit, should the parent's own timer be late or lost.
 * G4. end the process when it has taken more memory than it may: buffers lie outside of the heap, which V8 watches.
 * G5. say where the main thread is if it does not look up shortly before its time limit (last-look.ts): its death is nobody's but that
 *     function's.
 */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { assert } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

export interface WatchdogData {
  readonly signal: Int32Array;
  /** Process id of the parent. */
  readonly parent: number;
  /** Also how often the parent is looked for: more often than `orphanMs / 4`. */
  readonly pollIntervalMs: number;
  /** Age of the process: its time limit counts from the end of its start, which is when the watchdog begins. */
  readonly killAfterMs: number | undefined;
  /** ... at which it is looked where the main thread is, and how long before its time limit that is. */
  readonly lookAfterMs: number | undefined;
  readonly lastLookMs: number;
  /** Resident memory of the process. */
  readonly bytesMax: number | undefined;
}

export function startWatchdog(options: {
  readonly signal: Int32Array;
  readonly parent: number;
  readonly timeLimitMs: number | undefined;
  readonly memoryMiB: number | undefined;
}): void {
  const { signal, parent, timeLimitMs, memoryMiB } = options;
  assert(signal.buffer instanceof SharedArrayBuffer, "the poll signal cannot be shared with a thread");
  assert(signal.length >= 2, "the poll signal has no room for the count of stretches");
  assert(limits.pollIntervalMs <= limits.orphanMs / 4, "the watchdog looks too seldom");
  const begin = process.uptime() * 1_000;
  const workerData: WatchdogData = {
    signal,
    parent,
    pollIntervalMs: limits.pollIntervalMs,
    killAfterMs: timeLimitMs === undefined ? undefined : begin + timeLimitMs + limits.orphanMs,
    lookAfterMs: timeLimitMs === undefined ? undefined : begin + timeLimitMs - limits.lastLookMs,
    lastLookMs: limits.lastLookMs,
    bytesMax: memoryMiB === undefined ? undefined : (memoryMiB + limits.workerOverheadMiB) * 2 ** 20,
  };
  // Beside this file, compiled or not.
  const file = new URL(`./watchdog-thread${extname(import.meta.url)}`, import.meta.url);
  // Without the flags and the environment of the process: nothing of them is meant for this thread.
  new Worker(file, { workerData, execArgv: [], env: {} }).unref();
}
