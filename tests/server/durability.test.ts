/** The two modes of design H8 against a disk that stands still, and a server that dies before it moves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Durability } from "../../src/server/index.ts";
import { expected, type Scripts } from "./scripts.ts";
import { turn, World } from "./world.ts";

const scripts: Scripts = {
  busy: {
    weight: 5,
    steps: [
      { do: "sleep", ms: 1 },
      { do: "log", text: "one" },
      { do: "sleep", ms: 2 },
      { do: "log", text: "two" },
      { do: "sleep", ms: 1 },
    ],
  },
  careful: { weight: 1, steps: [{ do: "checkpoint" }, { do: "log", text: "after" }, { do: "checkpoint" }] },
};

/** A run of one script that is on a worker, and from now on nothing reaches the disk. */
async function withoutDisk(name: string, durability: Durability): Promise<World> {
  const world = new World(scripts);
  await world.open({ workers: 1, durability });
  await world.start(name);
  for (;;) {
    await turn();
    const moves = world.moves();
    if (moves.some((move) => move.name === "run")) break;
    (moves.find((move) => move.name === "flush") ?? moves[0])!.make();
  }
  for (let i = 0; i < 200; i++) {
    await turn();
    const move = world.moves().find(({ name }) => name !== "flush");
    if (move === undefined) world.advance();
    else move.make();
  }
  return world;
}

function commits(world: World): number {
  return world.server.statistics(world.server.runs()[0]!.id)!.commits;
}

test("strict: no task is told of anything that is not durable", async () => {
  const world = await withoutDisk("busy", "strict");
  assert.equal(commits(world), 1);
  await world.runToEnd();
});

test("group: a task goes on ahead of the disk to its end, and nothing of it is seen outside", async () => {
  const world = await withoutDisk("busy", "group");
  assert(commits(world) > 3, String(commits(world)));
  assert.equal(world.server.runs()[0]!.status, "succeeded", "in memory");
  assert.deepEqual(world.lines, []);
  assert.deepEqual(world.ended, []);
  await world.runToEnd();
  assert.deepEqual([...world.lines].sort(), expected(scripts, "busy").lines.sort());
});

test("group: what is lost with the server had been seen by nobody, and is done again", async () => {
  const world = await withoutDisk("busy", "group");
  await world.open({ workers: 1, durability: "group" });
  assert.deepEqual(world.lines, []);
  assert.equal(world.server.runs()[0]!.status, "running", "on the disk");
  await world.runToEnd();
  const { value, lines } = expected(scripts, "busy");
  assert.deepEqual([...world.lines].sort(), lines.sort());
  const { outcome } = await world.server.result(world.ended[0]!.id);
  assert(outcome.kind === "value");
  assert.equal(new TextDecoder().decode(outcome.value), String(value));
});

test("group: a checkpoint is answered when it is durable", async () => {
  const world = await withoutDisk("careful", "group");
  assert.equal(commits(world), 1, "it waits for the first answer");
  await world.runToEnd();
  assert.deepEqual(world.lines, ["after"]);
});
