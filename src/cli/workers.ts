/** Where the workers of a run live, and what they cost. Little is loaded for it, so that they can be started before everything else. */
import { fileURLToPath } from "node:url";
import { HeadStart, openProcessPlatform } from "../platform/index.ts";
import type { Platform, WorkerOptions } from "../platform/platform.ts";
import { type Bill, BilledPlatform } from "./bill.ts";
import type { DriveOptions } from "./options.ts";

export interface Workers {
  readonly platform: Platform;
  readonly bill: () => Bill;
}

/** `now`: they are started at once, and ready when there is something to do. Not those that have a time limit, which would pass meanwhile. */
export function openWorkers(options: DriveOptions, { now = false } = {}): Workers {
  const entry = fileURLToPath(new URL("./worker-main.js", import.meta.url));
  const billed = new BilledPlatform(openProcessPlatform({ entry }), () => performance.now());
  const early = now && options.timeLimitMs === undefined ? options.workers : 0;
  return { platform: new HeadStart(billed, workerOptions(options), early), bill: () => billed.bill() };
}

export function workerOptions({ timeLimitMs, memoryMiB }: DriveOptions): WorkerOptions {
  return {
    ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
  };
}
