import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId } from "../base/ids.ts";
import { seededRandom } from "../base/random.ts";
import type { TaskRow } from "../protocol/rows.ts";
import { ReadyQueue } from "./ready-queue.ts";

function row(id: string, status: TaskRow["status"], alone = false): TaskRow {
  const rest = { name: "f", epoch: 0, seq: 0, from: "payload", completions: [], joiners: [] } as const;
  return { id: id as TaskId, status, alone, observed: false, deaths: 0, ...rest };
}

test("ready queue: first come, first served, whoever leaves from wherever", () => {
  const random = seededRandom(7);
  const queue = new ReadyQueue();
  const rows = new Map<string, TaskRow>();
  let common: string[] = [];
  let alone: string[] = [];
  for (let step = 0; step < 20_000; step++) {
    const id = `r${Math.floor(random() * 3_000)}`;
    const before = rows.get(id);
    const dice = random();
    const after = dice < 0.5 ? row(id, "ready") : dice < 0.55 ? row(id, "ready", true) : row(id, "active");
    queue.update(before, after);
    rows.set(id, after);
    const wasReady = before?.status === "ready" ? before.alone : undefined;
    const isReady = after.status === "ready" ? after.alone : undefined;
    if (wasReady === isReady) continue;
    common = common.filter((other) => other !== id);
    alone = alone.filter((other) => other !== id);
    if (isReady === true) alone.push(id);
    if (isReady === false) common.push(id);
    if (step % 500 !== 0) continue;
    assert.deepEqual([...queue.common()], common);
    assert.deepEqual([...queue.alone()], alone);
  }
});
