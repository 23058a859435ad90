import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { TaskId, Version } from "../base/ids.ts";
import { openProcessPlatform } from "../platform/index.ts";
import type { WorkerEvents, WorkerLink } from "../platform/platform.ts";
import { pack } from "../protocol/pack.ts";
import type { Commit, FromWorker, ToWorker } from "../protocol/wire.ts";

const entry = fileURLToPath(new URL("./spinning-worker-main.js", import.meta.url));
const version = "v" as Version;

const activate = (task: string): ToWorker => ({
  kind: "activate",
  task: task as TaskId,
  epoch: 1,
  seq: 0,
  version,
  from: { kind: "input", json: "" },
  completions: [],
});

/** A worker process and all that it said until it ended. `answer` is called with each message. */
async function live(
  timeLimitMs: number,
  answer: (message: FromWorker, link: WorkerLink) => void,
): Promise<{ said: FromWorker[]; death: Parameters<WorkerEvents["exited"]>[0] }> {
  const platform = openProcessPlatform({ entry });
  const said: FromWorker[] = [];
  const death = await new Promise<Parameters<WorkerEvents["exited"]>[0]>((resolve) => {
    const link = platform.start(
      { timeLimitMs },
      {
        received(message) {
          said.push(message);
          if (message.kind === "need-bundle") {
            link.send({ kind: "bundle", version, bytes: pack({ version }) });
          }
          answer(message, link);
        },
        printed: (_stream, text) => process.stderr.write(text),
        exited: resolve,
      },
    );
  });
  await platform.close();
  return { said, death };
}

test("near the limit, computations that poll are handed back by a worker that nobody told to", async () => {
  const { said, death } = await live(5_000, (message, link) => {
    if (message.kind === "ready") for (const task of ["a", "b"]) link.send(activate(task));
  });
  assert.equal(death.kind, "time-limit");
  assert.equal(said.at(-1)?.kind, "drained");
  for (const task of ["a", "b"]) {
    const own = said.filter((message) => "task" in message && message.task === task);
    const commits = own.filter((message): message is Commit => message.kind === "commit");
    assert.deepEqual(
      commits.map((commit) => commit.seq),
      commits.map((_, i) => i + 1),
    );
    const ends = commits.filter((commit) => commit.then.kind !== "busy");
    // By a commit, unless it had just made one when the time came.
    if (ends.length > 0) assert.deepEqual(ends[0]?.then, { kind: "release", runnable: true });
    else assert.equal(own.at(-1)?.kind, "returned");
    assert.ok(Number(new TextDecoder().decode(commits.at(-1)?.snapshot)) > 1, "both had turns");
  }
});

test("messages are heard while tasks compute", async () => {
  const { said, death } = await live(20_000, (message, link) => {
    if (message.kind === "ready") link.send(activate("a"));
    if (message.kind === "commit" && message.seq === 1) link.send({ kind: "drain" });
    if (message.kind === "drained") link.send(activate("late"));
    if (message.kind === "returned" && message.task === "late") link.kill("closed");
  });
  assert.equal(death.kind, "closed");
  const rest = said.slice(said.findIndex((message) => message.kind === "drained"));
  assert.deepEqual(rest, [{ kind: "drained" }, { kind: "returned", task: "late", epoch: 1 }]);
});
