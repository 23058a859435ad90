import assert from "node:assert/strict";
import { test } from "node:test";
import { GoneError, UserError } from "../../src/base/errors.ts";
import type { TaskId, Version } from "../../src/base/ids.ts";
import { limits } from "../../src/base/limits.ts";
import { apply, emptyState } from "../../src/coordinator/index.ts";
import type { Answers } from "../../src/protocol/control.ts";
import type { Change } from "../../src/protocol/rows.ts";
import { answer } from "../../src/server/index.ts";
import { openMemoryStore } from "../../src/store/index.ts";
import { FencedError } from "../../src/store/store.ts";
import type { Scripts } from "./scripts.ts";
import { expected } from "./scripts.ts";
import { leftovers, turn, World } from "./world.ts";

const scripts: Scripts = {
  tree: {
    weight: 1,
    steps: [
      { do: "log", text: "begin" },
      { do: "call", names: ["leaf", "leaf", "branch"] },
      { do: "log", text: "end" },
    ],
  },
  branch: {
    weight: 10,
    steps: [{ do: "call", names: ["leaf", "leaf"] }, { do: "work" }, { do: "log", text: "branch" }],
  },
  leaf: { weight: 100, steps: [{ do: "work" }, { do: "log", text: "leaf" }] },
  sleeper: {
    weight: 7,
    steps: [
      { do: "sleep", ms: 5_000 },
      { do: "checkpoint" },
      { do: "sleep", ms: 60_000 },
      { do: "log", text: "up" },
    ],
  },
  ticker: {
    weight: 5,
    steps: Array.from({ length: 60 }, () => [
      { do: "sleep", ms: 300 } as const,
      { do: "work" } as const,
    ]).flat(),
  },
  spawner: { weight: 3, steps: [{ do: "spawn", name: "leaf" }, { do: "work" }, { do: "join" }] },
  careless: { weight: 3, steps: [{ do: "spawn", name: "failing" }] },
  failing: { weight: 0, steps: [{ do: "fail", message: "out of luck" }] },
  sized: {
    weight: 5,
    steps: [
      { do: "spawn", name: "leaf", memoryMiB: 2_048 },
      { do: "spawn", name: "sleeper", memoryMiB: 2_048 },
      { do: "spawn", name: "leaf", memoryMiB: 4_096 },
      { do: "join" },
      { do: "call", names: ["leaf", "branch", "tree"] },
    ],
  },
  deadly: { weight: 0, steps: [{ do: "work" }, { do: "die" }] },
  caller: { weight: 2, steps: [{ do: "call", names: ["deadly", "leaf"] }] },
};

/** A run of one script, alone in a new world. */
async function runOne(name: string, options: Parameters<World["open"]>[0] = {}): Promise<World> {
  const world = new World(scripts);
  await world.open(options);
  await world.start(name);
  await world.runToEnd();
  return world;
}

async function resultOf(world: World, index = 0): Promise<string> {
  const { outcome } = await world.server.result(world.ended[index]!.id);
  return outcome.kind === "value" ? new TextDecoder().decode(outcome.value) : outcome.message;
}

for (const name of ["tree", "sleeper", "spawner"]) {
  test(`server: ${name} comes to its end, prints its lines once and leaves nothing behind`, async () => {
    const world = await runOne(name);
    const { value, lines } = expected(scripts, name);
    assert.equal(world.ended[0]?.status, "succeeded");
    assert.equal(await resultOf(world), String(value));
    assert.deepEqual([...world.lines].sort(), lines.sort());
    assert.deepEqual(leftovers(world.kept(), world.ended), []);
    await world.server.close();
  });
}

test("server: a detached child that fails makes the run fail, and its root's value is still there", async () => {
  const world = await runOne("careless");
  assert.equal(world.ended[0]?.status, "failed");
  assert.match(
    world.ended[0]?.message ?? "",
    /task failing \(r\w+\.1\) failed and nothing waited for it: out of luck/,
  );
  assert.equal(await resultOf(world), "3");
});

test("server: a task that kills its workers is given up, and its caller goes on", async () => {
  const world = await runOne("caller");
  assert.equal(world.ended[0]?.status, "succeeded");
  assert.equal(await resultOf(world), "102");
  // Its neighbours may have died with it once; alone it died three times.
  const { "time-limit": deaths } = world.ended[0]!.stats.deaths;
  assert(
    deaths >= limits.deathsWithoutProgress && deaths <= limits.deathsWithoutProgress + 1,
    String(deaths),
  );
  // T8: what it would have gone on from stays with its run, to be looked at.
  assert.deepEqual(
    leftovers(world.kept(), world.ended).map((key) => key.replace(/r\w+\.1$/, "killer")),
    ["bytes/outcome/killer", "bytes/snapshot/killer", "task/killer"],
  );
});

test("server: tasks that ask for memory run on workers of their size, alone, which come and go with them", async () => {
  for (const options of [{}, { workers: 1 }, { workers: 1, timeLimitMs: 3_000 }]) {
    const world = await runOne("sized", options);
    assert.equal(await resultOf(world), String(expected(scripts, "sized").value));
    const sizes = { 1: 2_048, 2: 2_048, 3: 4_096 };
    const root = world.ended[0]!.id;
    for (const { task, memoryMiB, beside } of world.placed) {
      const child = Number(task.slice(root.length + 1)) as keyof typeof sizes;
      assert.equal(memoryMiB, sizes[child], task);
      if (memoryMiB !== undefined) assert.equal(beside, 0, task);
    }
    for (const child of [1, 2, 3]) assert(world.placed.some(({ task }) => task === `${root}.${child}`));
    assert.deepEqual(leftovers(world.kept(), world.ended), []);
    if (world.workers.size > 0) for (let i = 0; i < 50 && world.advance(); i++) await world.settle();
    assert(world.workers.size <= (options.workers ?? 2), `${world.workers.size} workers are left`);
    await world.server.close();
  }
});

test("server: workers are asked to drain before their time limit, and replaced", async () => {
  const world = new World(scripts);
  await world.open({ workers: 1, timeLimitMs: 2_000 });
  await world.start("ticker");
  await world.runToEnd();
  assert.equal(await resultOf(world), "5");
  // Each had handed back in time, and met its limit empty: the task, always on one of them, was never charged.
  assert(world.left.length > 5, `${world.left.length} left`);
  assert.deepEqual(new Set(world.left), new Set(["time-limit"]));
});

/** A run whose root is on a worker, and more than enough time for a spare one to be started. */
async function atWork(options: Parameters<World["open"]>[0]): Promise<World> {
  const world = new World(scripts);
  await world.open({ workers: 1, spare: true, ...options });
  await world.start("tree");
  while (world.placed.length === 0) {
    await turn();
    world.moves()[0]?.make();
  }
  const { size } = world.workers;
  assert.equal(size, 1);
  const end = world.now() + limits.spareAfterMs;
  while (world.advance(end));
  return world;
}

test("server: a worker in reserve takes the place of one that dies, and goes when there is nothing to do", async () => {
  const world = await atWork({});
  assert.equal(world.workers.size, 2);
  const [first, spare] = [...world.workers];
  for (let move = spare!.moves()[0]; move !== undefined; move = spare!.moves()[0]) {
    move.make();
    await turn();
  }
  assert.equal(world.rehearsed.length, 1);
  assert.equal(world.placed.length, 1);
  first!.kill("exit");
  await turn();
  assert.deepEqual([...world.workers], [spare]);
  await world.runToEnd();
  assert.equal(await resultOf(world), String(expected(scripts, "tree").value));
  assert.equal(world.placed[1]?.task, world.placed[0]?.task);
  for (let i = 0; i < 50 && world.advance(); i++) await world.settle();
  assert.deepEqual([...world.workers], [spare]);
  assert.deepEqual(world.left, ["exit"]);
  await world.server.close();
});

test("server: no worker in reserve where workers have a time limit; one that dies is not missed", async () => {
  const limited = await atWork({ timeLimitMs: 60_000 });
  assert.equal(limited.workers.size, 1);
  await limited.server.close();
  const world = await atWork({});
  const [, spare] = [...world.workers];
  spare!.kill("exit");
  await world.runToEnd();
  assert.equal(await resultOf(world), String(expected(scripts, "tree").value));
  assert.deepEqual(world.left, []);
  await world.server.close();
});

test("server: for a task that sleeps no workers are started", async () => {
  const world = new World(scripts);
  await world.open({ workers: 2, timeLimitMs: 2_000 });
  await world.start("sleeper");
  await world.runToEnd();
  assert.equal(await resultOf(world), "7");
  // For its beginning, and for each of its two wake-ups.
  assert(world.left.length <= 6, `${world.left.length} left`);
});

test("server: what has ended is forgotten when it is as old as it may become, while the server goes on, and by the next one", async () => {
  const world = new World(scripts);
  await world.open({ retentionMs: 60_000 });
  await world.start("tree");
  await world.runToEnd();
  const ended = world.ended[0]!.endedAt!;
  assert.equal(await resultOf(world), String(expected(scripts, "tree").value));
  while (world.server.runs().length > 0 && world.advance()) await world.settle();
  assert(world.now() >= ended + 60_000, `after ${world.now() - ended} ms`);
  assert.deepEqual(world.kept(), []);

  await world.start("tree");
  await world.runToEnd(2);
  world.pass(30_000);
  await world.open({ retentionMs: 60_000 });
  assert.equal(world.server.runs().length, 1);
  while (world.server.runs().length > 0 && world.advance()) await world.settle();
  assert.deepEqual(world.kept(), []);
});

test("server: when its process dies, the next one goes on from the rows", async () => {
  const world = new World(scripts);
  await world.open();
  await world.start("sleeper");
  await world.settle();
  await world.open();
  await world.runToEnd();
  assert.equal(await resultOf(world), "7");
  assert.deepEqual(world.lines, ["up"]);
  assert.deepEqual(leftovers(world.kept(), world.ended), []);
});

test("server: workers that cannot start are not started for ever", async () => {
  const world = new World(scripts);
  world.broken = true;
  await world.open({ workers: 1 });
  const started = world.start("tree");
  started.catch(() => {});
  await world.settle();
  assert(world.stopped instanceof UserError);
  assert.match(world.stopped.message, /^3 workers in a row ended before they were ready \(exit\)/);
  assert.equal(world.workers.size, 0);
  const bundle = { version: "v" as Version, bytes: new Uint8Array() };
  await assert.rejects(world.server.startRun(bundle, "tree.ts", ""), /3 workers in a row/);
});

test("server: another owner of the store ends everything at once", async () => {
  const world = new World(scripts);
  await world.open();
  await world.start("tree");
  const run = world.server.runs()[0]!.id;
  const waiting = assert.rejects(world.server.result(run), FencedError);
  await openMemoryStore({ medium: world.medium });
  const before = world.kept();
  await world.settle();
  await waiting;
  assert(world.stopped instanceof FencedError);
  assert.equal(world.workers.size, 0);
  assert.deepEqual(world.kept(), before);
  assert.deepEqual(world.lines, []);
  await world.server.close();
});

test("server: nothing is seen outside before it is durable", async () => {
  const world = new World(scripts);
  await world.open({ workers: 1 });
  await world.start("tree");
  // Everything happens but for the disk.
  for (let i = 0; i < 100; i++) {
    await turn();
    world
      .moves()
      .find(({ name }) => name !== "flush")
      ?.make();
  }
  assert.deepEqual(world.lines, []);
  await world.runToEnd();
  assert.equal(world.lines.length, expected(scripts, "tree").lines.length);
});

test("server: results of the last runs are kept, earlier ones are forgotten", async () => {
  const world = new World(scripts);
  await world.open({ workers: 1 });
  const count = limits.finishedRunsKept + 5;
  for (let i = 0; i < count; i++) {
    await world.start("leaf");
    await world.runToEnd(i + 1);
    world.pass(1);
  }
  assert.equal(world.server.runs().length, limits.finishedRunsKept + 1);
  assert.equal(await resultOf(world, count - 1), "100");
  await assert.rejects(world.server.result(world.ended[0]!.id), UserError);
  assert.deepEqual(leftovers(world.kept(), world.server.runs()), []);
});

test("server: with a time of retention all are kept that long, however many; who asks later is told that they are gone", async () => {
  const world = new World(scripts);
  await world.open({ workers: 1, retentionMs: 60_000 });
  const count = limits.finishedRunsKept + 5;
  for (let i = 0; i < count; i++) {
    await world.start("leaf");
    await world.runToEnd(i + 1);
  }
  assert.equal(world.server.runs().length, count);
  assert.equal(await resultOf(world), "100");
  world.pass(60_000);
  while (world.server.runs().length > 0 && world.advance()) await world.settle();
  const { id } = world.ended[0]!;
  const isGone = (error: unknown) => error instanceof GoneError && /there is no run/.test(error.message);
  await assert.rejects(world.server.result(id), isGone);
  await assert.rejects(world.server.cancel(id as string as TaskId), isGone);
  await assert.rejects(world.server.fork({ run: id }), isGone);
  await assert.rejects(
    world.server.look((seen) => answer(seen, { kind: "run", id })),
    isGone,
  );
});

test("server: two programs started at once, while the last run of one of them is forgotten, both have their bundles", async () => {
  const world = new World(scripts);
  await world.open({ workers: 1 });
  const [one, other] = ["one", "other"] as Version[] as [Version, Version];
  await world.start("leaf", [one]);
  await world.runToEnd(1);
  for (let i = 0; i < limits.finishedRunsKept; i++) {
    world.pass(1);
    await world.start("leaf", [other]);
    await world.runToEnd(i + 2);
  }
  // The first of them forgets the only run of `one`, whose bundle goes; the second one begins it anew.
  await world.start("tree", [other, one, other, one]);
  assert.ok(world.server.bundle(one) !== undefined && world.server.bundle(other) !== undefined);
  const ended = limits.finishedRunsKept + 1;
  await world.runToEnd(ended + 4);
  for (let at = ended; at < ended + 4; at++)
    assert.equal(await resultOf(world, at), String(expected(scripts, "tree").value));
});

test("server: closing tells those who wait, and the run is there for the next one", async () => {
  const world = new World(scripts);
  await world.open();
  await world.start("sleeper");
  await world.settle();
  const run = world.server.runs()[0]!.id;
  const waiting = assert.rejects(world.server.result(run), /closed/);
  await world.server.close();
  await waiting;
  await world.open();
  await world.runToEnd();
  assert.equal(world.ended[0]?.id, run);
});

test("server: figures of a run", async () => {
  const world = new World(scripts);
  await world.open({ workers: 1 });
  await world.start("sleeper");
  await world.settle();
  const run = world.server.runs()[0]!.id;
  const asleep = world.server.statistics(run);
  assert.equal(asleep?.parked, 1);
  assert.equal(asleep?.running, 0);
  assert.equal(asleep?.workers, 1);
  assert.equal(asleep?.tasks, 1);
  assert.equal(asleep?.commits, 1);
  await world.runToEnd();
  assert.equal(world.server.statistics(run)?.tasksEnded, 1);
});

test("server: a task that waits for a worker of its size says so", async () => {
  const world = new World(scripts);
  await world.open({ workers: 1 });
  await world.start("sized");
  await world.settle();
  const rows = [...world.medium.rows.values()];
  const ready = rows.map(
    (loaded): Change =>
      loaded.table === "task" && loaded.row.memoryMiB === 2_048 && loaded.row.status === "parked"
        ? { ...loaded, row: { ...loaded.row, status: "ready" } }
        : loaded,
  );
  const state = apply(emptyState(), ready);
  const told = answer({ state, read: () => undefined }, { kind: "why" }) as Answers["why"];
  assert.deepEqual(
    told.filter(({ memoryMiB }) => memoryMiB === 2_048).map(({ status }) => status),
    ["ready"],
  );
  await world.runToEnd();
});
