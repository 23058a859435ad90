/** Tasks that were given up (tasks.ts, K5). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunId, TaskId, Version, WorkerId } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import type { Command, StateChange } from "./index.ts";
import { apply, decide, emptyState } from "./index.ts";

test("coordinator: what a task that was given up would have gone on from is kept until its run is forgotten", () => {
  const state = emptyState();
  const bytes = new Map<string, Uint8Array>();
  const tell = (command: Command): void => {
    const { changes } = decide(state, command);
    apply(state, changes);
    for (const change of changes) keep(change);
  };
  const keep = (change: StateChange): void => {
    if (change.table !== "bytes") return;
    if (change.bytes === undefined) bytes.delete(change.key);
    else bytes.set(change.key, change.bytes);
  };
  const bundle = { version: "v1" as Version, bytes: new Uint8Array(1) };
  const start = (run: string) => {
    tell({ kind: "start-run", run: run as RunId, bundle, program: "app.ts", input: "", now: 0 });
    tell({ kind: "dispatch", now: 0 });
  };
  const commit = (run: string, seq: number, end: boolean) =>
    tell({
      kind: "commit",
      worker: "w1" as WorkerId,
      commit: {
        kind: "commit",
        task: run as TaskId,
        epoch: 1,
        seq,
        effects: [{ kind: "checkpoint", id: 1 }],
        consumed: [],
        ...(end
          ? { then: { kind: "end", outcome: { kind: "value", value: new Uint8Array(1) } } }
          : { snapshot: new Uint8Array(5), then: { kind: "busy" } }),
      },
      outcomes: new Map(),
      now: 0,
    });
  tell({ kind: "worker-joined", worker: "w1" as WorkerId });
  start("rbad");
  commit("rbad", 1, false);
  for (let death = 1; death <= limits.deathsWithoutProgress; death++) {
    const worker = `w${death}` as WorkerId;
    if (death > 1) tell({ kind: "worker-joined", worker });
    tell({ kind: "dispatch", now: 0 });
    tell({ kind: "worker-lost", worker, death: "exit", detail: "", now: 0 });
  }
  assert.equal(state.runs.get("rbad" as RunId)?.status, "failed");
  const row = state.tasks.get("rbad" as TaskId);
  assert.deepEqual([row?.status, row?.givenUp, row?.from], ["failed", true, "snapshot"]);
  assert.deepEqual(bytes.get("snapshot/rbad"), new Uint8Array(5));
  assert.deepEqual(row?.answered, [1], "the answer that it had not consumed");

  tell({ kind: "worker-joined", worker: "w1" as WorkerId });
  for (let run = 0; run <= limits.finishedRunsKept; run++) {
    start(`r${run}`);
    commit(`r${run}`, 1, true);
  }
  start("rlast");
  assert.deepEqual([...state.tasks.keys()], ["rlast"]);
  assert.deepEqual(
    [...bytes.keys()].filter((key) => key.includes("rbad")),
    [],
  );
  assert.equal(state.completions.rows.size, 0);
});
