import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId, Version } from "../base/ids.ts";
import { openInprocPlatform } from "../platform/index.ts";
import type { WorkerLink } from "../platform/platform.ts";
import { pack } from "../protocol/pack.ts";
import type { FromWorker } from "../protocol/wire.ts";
import type { Program } from "../runtime/types.ts";
import { createWorkerMain } from "./process.ts";

const version = "v" as Version;

/** A program whose task is woken from outside for ever, as by foreign calls. */
function restless(runs: string[]): Program {
  return {
    bundle: undefined as never,
    task(id, host) {
      let dropped = false;
      return {
        id,
        begin() {},
        deliver() {},
        run() {
          runs.push(id);
          setImmediate(() => !dropped && host.wake());
          return { kind: "waiting", foreign: 1 };
        },
        takeEffects: () => [],
        refuse: () => [],
        takeConsumed: () => [],
        snapshot: () => new Uint8Array(0),
        bound: false,
        drop() {
          dropped = true;
        },
      };
    },
    decode: () => undefined,
  };
}

test("a worker in the same process serves, and is still when it has been killed", async () => {
  const runs: string[] = [];
  const main = createWorkerMain({ namespaces: {}, load: async () => restless(runs) });
  const platform = openInprocPlatform({ main });
  const said: FromWorker["kind"][] = [];
  await new Promise<void>((resolve) => {
    const link: WorkerLink = platform.start(
      {},
      {
        received(message) {
          said.push(message.kind);
          if (message.kind === "need-bundle") {
            link.send({ kind: "bundle", version, bytes: pack({ version }) });
          }
        },
        printed() {},
        exited: () => resolve(),
      },
    );
    const from = { kind: "input", json: "" } as const;
    link.send({
      kind: "activate",
      task: "a" as TaskId,
      epoch: 1,
      seq: 0,
      version,
      from,
      completions: [],
    });
    const watch = () => (runs.length < 5 ? setImmediate(watch) : link.kill("chaos"));
    watch();
  });
  const count = runs.length;
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  assert.equal(runs.length, count);
  assert.deepEqual(said, ["ready", "need-bundle"]);
  await platform.close();
});
