import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { contractWorker } from "./contract-worker.ts";
import { HeadStart } from "./head-start.ts";
import { openInprocPlatform } from "./inproc.ts";
import { platformContract, Watched } from "./platform.contract.ts";
import type { Platform, WorkerOptions } from "./platform.ts";
import { openProcessPlatform } from "./process.ts";

const entry = fileURLToPath(new URL("./contract-worker-main.js", import.meta.url));

platformContract({
  name: "head start",
  open: () => new HeadStart(openProcessPlatform({ entry }), {}, 1),
});

/** A platform, and with what its workers were started. */
function observed(): { readonly platform: Platform; readonly started: WorkerOptions[] } {
  const inner = openInprocPlatform({ main: contractWorker });
  const started: WorkerOptions[] = [];
  const platform: Platform = {
    start(options, events) {
      started.push(options);
      return inner.start(options, events);
    },
    close: () => inner.close(),
  };
  return { platform, started };
}

test("E1: what an early worker has said and how it has ended follow, in order", async () => {
  const { platform, started } = observed();
  let ended = 0;
  const noted: Platform = {
    start: (options, events) =>
      platform.start(options, {
        ...events,
        exited(death) {
          ended++;
          events.exited(death);
        },
      }),
    close: () => platform.close(),
  };
  const early = new HeadStart(noted, {}, 1);
  assert.equal(started.length, 1);
  // Nobody has asked for it, and it has said that it is ready, and is gone.
  await new Promise((resolve) => setImmediate(resolve));
  await early.close();
  assert.equal(ended, 1);
  const worker = new Watched(early);
  assert.deepEqual(worker.log, []);
  await worker.until(() => (worker.log.length === 2 ? true : undefined));
  assert.deepEqual(
    worker.log.map(({ kind }) => kind),
    ["ready", "exited"],
  );
  assert.equal(started.length, 1);
});

test("E2: a worker with other options is started when it is asked for, and so is one too many", async () => {
  const { platform, started } = observed();
  const early = new HeadStart(platform, { memoryMiB: 64 }, 1);
  for (const memoryMiB of [128, 64, 64]) await new Watched(early, { memoryMiB }).message("ready");
  assert.deepEqual(
    started.map(({ memoryMiB }) => memoryMiB),
    [64, 128, 64],
  );
  await early.close();
});
