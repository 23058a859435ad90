/** `node:timers` and `node:timers/promises`: a wait that is the task's, with the values and errors that Node gives. */
import timers, { setTimeout as later } from "node:timers";
import * as promised from "node:timers/promises";
import { scheduler, setImmediate as soon, setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

type Log = (...values: unknown[]) => void;

async function failure(waits: () => Promise<unknown>): Promise<unknown[]> {
  try {
    return ["none", await waits()];
  } catch (error) {
    const { name, code, message, cause } = error as Error & { code: string };
    return [name, code, message, (cause as Error | undefined)?.message];
  }
}

export default async function main(log: Log): Promise<void> {
  const held = promised;
  const kept = wait;
  log(await wait(3, "late"), await soon("soon"), await wait());
  await scheduler.wait(2);
  await scheduler.yield();
  await null;
  log(held.setTimeout === wait, kept === wait, later === setTimeout, timers.setTimeout === setTimeout);
  log(promisify(setTimeout) === wait, timers.promises === promised.default || "another object");
  const controller = new AbortController();
  const { signal } = controller;
  const waits = [wait(60_000, 0, { signal }), wait(1, "first", { signal }), soon("now", { signal })];
  log(await waits[1], await waits[2]);
  await null;
  later(() => controller.abort(new Error("enough")), 2);
  log(await failure(() => waits[0]!));
  log(await failure(() => wait(1, 0, { signal })));
  log(await failure(() => soon(0, { signal })));
  log((await import("node:timers/promises")).setTimeout === wait);
  const seen: number[] = [];
  await new Promise<void>((resolve) => {
    const ticks = timers.setInterval(() => {
      if (seen.push(seen.length) < 3) return;
      timers.clearInterval(ticks);
      resolve();
    }, 2);
  });
  log(seen);
}
