/** When runs are gone through for what only leads to itself: told by numbers of changes, so by no clock. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { GateId, RunId } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import type { Decision, State } from "../coordinator/index.ts";
import { emptyState } from "../coordinator/index.ts";
import { ToTrace } from "./to-trace.ts";

/** A decision that changes so many rows; one of them is the queue. */
function decision(rows: number, queue?: string): Decision {
  const task = { table: "task", key: "r1", row: undefined } as const;
  const changes: Decision["changes"][number][] = Array.from({ length: rows }, () => task as never);
  if (queue !== undefined) changes[rows - 1] = { table: "gate", key: queue as GateId, row: undefined };
  return { changes, actions: [] };
}

function holding(tasks: number, items: number, queues: readonly string[] = []): State {
  const rows = (count: number) => new Map(Array.from({ length: count }, (_, at) => [at, {}]));
  const gates = new Map(queues.map((id) => [id, {}]));
  return { ...emptyState(), tasks: rows(tasks), items: rows(items), gates } as unknown as State;
}

const few = holding(2, 3);

test("a run is to be traced when one of its queues has changed, once; one without queues never", () => {
  const to = new ToTrace(few);
  to.note(decision(5), few);
  assert.deepEqual(to.take(), []);
  to.note(decision(1, "r1/4"), few);
  to.note(decision(3, "r2/q"), few);
  to.note(decision(2, "r1/7"), few);
  assert.deepEqual(to.take(), ["r1", "r2"] as RunId[]);
  assert.deepEqual(to.take(), []);
});

test("a server that starts does not know what has been gone through: all runs with queues are to be", () => {
  assert.deepEqual(new ToTrace(holding(3, 0, ["r1/1", "r1/2", "r9/jobs"])).take(), ["r1", "r9"]);
});

test("it begins while there is work, when as many rows have changed as it takes", () => {
  const to = new ToTrace(few);
  // Without a queue there is nothing to look for.
  for (let i = 0; i < 3; i++) assert.equal(to.note(decision(limits.changesUntraced), few), false);
  assert.equal(to.note(decision(limits.changesUntraced, "r1/1"), few), false);
  assert.equal(to.note(decision(1), few), true);
  assert.deepEqual(to.take(), ["r1"]);
  assert.equal(to.note(decision(1, "r1/1"), few), false, "it is counted anew");
});

test("what there is to be gone through counts: at most a constant part of the work is spent on it", () => {
  const many = holding(10_000, limits.changesUntraced);
  const to = new ToTrace(many);
  let changes = 0;
  for (; !to.note(decision(100, "r1/1"), many); changes += 100);
  assert.equal(changes, 2 * (10_000 + limits.changesUntraced));
});
