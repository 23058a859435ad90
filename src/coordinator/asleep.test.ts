import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunId, TaskId, Version } from "../base/ids.ts";
import { seededRandom } from "../base/random.ts";
import type { RunRow, TaskRow } from "../protocol/rows.ts";
import { Asleep, type RunRows } from "./asleep.ts";
import { Bytes } from "./bytes.ts";
import { apply, emptyState, rest } from "./state.ts";

function task(id: string, more: Partial<TaskRow> = {}): TaskRow {
  return {
    id: id as TaskId,
    name: "sleeper",
    epoch: 3,
    seq: 70_000,
    status: "parked",
    from: "snapshot",
    joiners: [],
    observed: false,
    deaths: 1,
    alone: false,
    ...more,
  };
}

function runRow(id: string, more: Partial<RunRow> = {}): RunRow {
  return {
    id: id as RunId,
    version: "v".repeat(64) as Version,
    program: "größe.ts",
    startedAt: 1_700_000_000_000.5,
    status: "running",
    log: { first: 2, next: 5 },
    stats: {
      tasks: 2,
      tasksEnded: 0,
      activations: 4,
      commits: 5,
      checkpointBytes: 6_000_000_000,
      deaths: { "time-limit": 1, chaos: 2, memory: 0, exit: 0, lost: 3 },
    },
    ...more,
  };
}

/** A parent that waits for its child and a second, with the child asleep. */
function rowsOf(id: string, dueAt: number): RunRows {
  const [parent, child] = [id as TaskId, `${id}.4` as TaskId];
  return {
    run: runRow(id),
    tasks: [
      task(id),
      task(child, { name: "child", from: "payload", joiners: [{ task: parent, effect: 5, branch: 1 }] }),
    ],
    timers: [
      { task: child, effect: 1, dueAt: dueAt + 7 },
      { task: parent, effect: 5, branch: 0, dueAt },
      { task: parent, effect: -3, dueAt: dueAt + 0.25 },
    ],
  };
}

test("asleep Z1: what is taken out is what was put in", () => {
  const asleep = new Asleep();
  const random = seededRandom(4);
  const inside = new Map<string, RunRows>();
  let slept = 0;
  for (let i = 0; i < 40_000; i++) {
    const id = `r${Math.floor(random() * 3_000)}`;
    const rows = inside.get(id);
    if (rows === undefined) {
      const next = rowsOf(id, Math.floor(random() * 1e6));
      assert(asleep.takes(next));
      asleep.put(next);
      inside.set(id, next);
      slept++;
    } else {
      assert(asleep.has(id as RunId));
      assert.deepEqual(asleep.take(id as RunId), rows);
      inside.delete(id);
    }
    assert.equal(asleep.size, inside.size);
  }
  assert(slept > 10_000);
  for (const [id, rows] of inside) assert.deepEqual(asleep.take(id as RunId), rows);
  assert.deepEqual([asleep.size, asleep.nextDue()], [0, undefined]);
  assert.equal(asleep.take("r1" as RunId), undefined);
});

test("asleep: runs come in the order of their first timers, those that have been woken not at all", () => {
  const asleep = new Asleep();
  const random = seededRandom(5);
  const dues = new Map<RunId, number>();
  for (let i = 0; i < 2_000; i++) {
    const id = `r${i}` as RunId;
    const due = Math.floor(random() * 500);
    asleep.put(rowsOf(id, due));
    dues.set(id, due);
    if (i % 3 !== 0) continue;
    // It wakes, and sleeps again until later.
    asleep.take(id);
    asleep.put(rowsOf(id, due + 100));
    dues.set(id, due + 100);
  }
  for (let now = 0; now <= 600; now += 50) {
    const expected = [...dues].filter(([, due]) => due <= now).map(([id]) => id);
    assert.deepEqual(asleep.dueRuns(now).sort(), expected.sort());
    for (const id of expected) {
      asleep.take(id);
      dues.delete(id);
    }
    assert.equal(asleep.nextDue(), dues.size === 0 ? undefined : Math.min(...dues.values()));
  }
});

test("asleep Z1: rows with anything else are not put away", () => {
  const asleep = new Asleep();
  const { run, tasks, timers } = rowsOf("r1", 5);
  const [parent, child] = tasks as [TaskRow, TaskRow];
  const refused: RunRows[] = [
    { run: runRow("r1", { message: "it failed" }), tasks, timers },
    { run, tasks: [task("r1", { labels: { a: "b" } }), child], timers },
    { run, tasks: [parent, { ...child, cancel: { message: "", graceMs: 1 } }], timers },
    { run, tasks, timers: [] },
    { run, tasks, timers: timers.map((timer) => ({ ...timer, more: 1 })) },
  ];
  for (const rows of refused) assert.equal(asleep.takes(rows), false);
});

test("state S5: what has been put away is there as soon as it is asked for, and wakes when it is due", () => {
  const { run, tasks, timers } = rowsOf("r1", 500);
  const changes = [
    { table: "run", key: run.id, row: run } as const,
    ...tasks.map((row) => ({ table: "task", key: row.id, row }) as const),
    ...timers.map(
      (row) =>
        ({
          table: "timer",
          key: `${row.task}/${row.effect}${row.branch === undefined ? "" : `.${row.branch}`}`,
          row,
        }) as const,
    ),
  ];
  const asked: Record<string, (state: ReturnType<typeof emptyState>) => unknown> = {
    run: ({ runs }) => runs.get(run.id),
    runs: ({ runs }) => [...runs],
    task: ({ tasks: found }) => found.get("r1.4" as TaskId),
    tasks: ({ tasks: found }) => [found.size, ...found.values()],
    timer: ({ timers: found }) => found.has("r1/5.0"),
    timers: ({ timers: found }) => [...found.keys()].sort(),
    due: (state) => [state.nextDue(), state.due(499), state.due(500), state.due(5_000)],
    tally: (state) => state.tally(run.id),
    tasksOf: (state) => [...state.tasksOf(run.id)],
    below: (state) => [...state.descendantsOf("r1" as TaskId)],
    waits: (state) => [...state.waitsOf("r1" as TaskId)],
    version: (state) => state.runsOf(run.version),
    nothing: (state) => [state.tasks.get("r2" as TaskId), state.runs.get("r1.4" as RunId)],
  };
  const fresh = () => apply(emptyState(), changes);
  for (const [what, ask] of Object.entries(asked)) {
    const state = fresh();
    rest(state);
    assert.deepEqual(ask(state), ask(fresh()), what);
    for (const [other, again] of Object.entries(asked)) {
      assert.deepEqual(again(state), again(fresh()), `${other} after ${what}`);
      rest(state);
    }
  }
});

test("bytes: pieces of all lengths stay where they are, and move without their holes", () => {
  const bytes = new Bytes();
  const random = seededRandom(6);
  const places = new Map<number, number>();
  const lengthOf = (i: number) => (i % 50 === 0 ? 300_000 : i % 700);
  const whole = () => {
    for (const [i, place] of places) {
      const piece = bytes.get(place);
      assert.equal(piece.length, lengthOf(i));
      assert(piece.every((byte) => byte === i % 256));
    }
  };
  let compacted = 0;
  for (let i = 0; i < 600; i++) {
    const piece = new Uint8Array(lengthOf(i)).fill(i);
    places.set(i, bytes.add(piece.subarray(0, 3), piece.subarray(3)));
    for (const [old, place] of places) {
      if (random() < 0.98) continue;
      bytes.free(place);
      places.delete(old);
    }
    if (!bytes.isWasteful) continue;
    for (const [key, place] of bytes.compact(places)) places.set(key, place);
    compacted++;
    whole();
    assert.equal(bytes.isWasteful, false);
  }
  whole();
  assert(compacted > 3);
});
