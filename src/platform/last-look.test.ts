import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { foundAtLast, withoutLastLook } from "./last-look.ts";

/** Looks until it has found something, and lets the main thread go on. */
const looking = `
  const { parentPort, workerData: { flag, module } } = require("node:worker_threads");
  import(module).then(async ({ lastLook }) => {
    let words;
    do words = await lastLook(1_480); while (words === undefined);
    parentPort.postMessage(words);
    Atomics.store(flag, 0, 1);
  });`;

function crunch(flag: Int32Array): void {
  while (Atomics.load(flag, 0) === 0);
}

test("a function that keeps the main thread is found by another thread", async () => {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const module = new URL(import.meta.url.replace(/\.test\.([jt]s)$/, ".$1")).href;
  const thread = new Worker(looking, { eval: true, workerData: { flag, module } });
  const words = new Promise<string>((resolve) => thread.once("message", resolve));
  await new Promise((resolve) => thread.once("online", resolve));
  crunch(flag);
  const printed = `a line\n${await words}another\n`;
  await thread.terminate();
  assert.match(
    foundAtLast(printed) ?? "",
    /^crunch \(.*last-look\.test\.[jt]s:\d+:\d+\) < .*, without a suspension for 1\.5 s$/,
  );
  assert.equal(withoutLastLook(printed), "a line\nanother\n");
  assert.equal(foundAtLast("a line\n"), undefined);
});
