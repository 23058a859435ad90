import assert from "node:assert/strict";
import { test } from "node:test";
import type { Version } from "../base/ids.ts";
import type { ToWorker } from "../protocol/wire.ts";
import { contractWorker } from "./contract-worker.ts";
import { openInprocPlatform } from "./inproc.ts";
import { platformContract, Watched } from "./platform.contract.ts";

const oneProcess = "there is no process of its own to end";
platformContract({
  name: "inproc",
  open: () => openInprocPlatform({ main: contractWorker }),
  skip: {
    "P2: a worker that never gives the thread back is killed at its time limit": oneProcess,
    "a worker that exits by itself: code and last words": oneProcess,
    "a worker whose heap is full dies of memory": oneProcess,
    "what foreign code writes to stdout and stderr is printed": "it goes to the streams of this process",
    "the poll signal is raised while the thread is kept": "there is no watchdog; tests raise the signal",
  },
});

test("messages are copies", async () => {
  const seen: ToWorker[] = [];
  const platform = openInprocPlatform({
    main(connection) {
      connection.listen({ received: (message) => seen.push(message), closed() {} });
      connection.send({ kind: "ready" });
    },
  });
  const worker = new Watched(platform);
  const bytes = new Uint8Array([1, 2, 3]);
  worker.link.send({ kind: "bundle", version: "v" as Version, bytes });
  bytes.fill(0);
  await worker.message("ready");
  await new Promise(setImmediate);
  assert.deepEqual(seen, [{ kind: "bundle", version: "v", bytes: new Uint8Array([1, 2, 3]) }]);
  await platform.close();
});

test("a killed worker is told, hears nothing more and is not heard any more", async () => {
  const seen: string[] = [];
  const platform = openInprocPlatform({
    main(connection) {
      connection.listen({
        received: (message) => seen.push(message.kind),
        closed: () => {
          seen.push("closed");
          connection.send({ kind: "drained" });
        },
      });
      connection.send({ kind: "ready" });
    },
  });
  const worker = new Watched(platform);
  await worker.message("ready");
  worker.link.send({ kind: "drain" });
  worker.link.kill("lost");
  await worker.exited();
  await platform.close();
  assert.deepEqual(seen, ["closed"]);
  assert.deepEqual(
    worker.log.map((entry) => entry.kind),
    ["ready", "exited"],
  );
});
