/** Forks in the middle of everything: original and copy come to what the plain run comes to, and leave nothing behind. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunId } from "../../src/base/ids.ts";
import { setCurrent } from "../../src/runtime/current.ts";
import { Chance } from "./chance.ts";
import { setOutside } from "./outside.ts";
import { compiled } from "./programs.ts";
import { scenarios } from "./scenarios.ts";
import { World } from "./world.ts";

/** Programs whose result does not depend on who comes first, and which do nothing outside. */
const names = ["tree", "shares", "timers", "loops", "meetings"];
const seeds = Array.from({ length: 40 }, (_, at) => at + 1);

test("a fork at any moment, whatever dies, comes to the same as its original", async () => {
  let forked = 0;
  for (const seed of seeds) if (await forks(seed)) forked++;
  assert.ok(forked > seeds.length / 2, `${forked} of ${seeds.length} were forked before they were over`);
});

async function forks(seed: number): Promise<boolean> {
  const chance = new Chance(seed, "fork");
  const name = chance.pick(names);
  const world = new World({ seed, durability: "strict", calm: false, keep: false });
  setOutside(world.outside);
  setCurrent(undefined);
  const { program, ...compilation } = await compiled(name);
  const id = await world.start({ program, ...compilation }, name, scenarios[name]!.input(chance));
  const copy = await world.fork(id, `copy${seed}` as RunId, chance.between(0, 150));
  await world.live();
  const of = async (run: RunId): Promise<unknown> => {
    const { row, outcome } = await world.result(run);
    assert.equal(row.status, "succeeded", `seed ${seed}, ${name}: ${run} ${row.status}: ${row.message}`);
    assert.equal(row.stats.tasks, row.stats.tasksEnded, `seed ${seed}: tasks of ${run}`);
    assert.ok(outcome.kind === "value");
    return program.decode(outcome.value);
  };
  const original = await of(id);
  if (copy !== undefined) assert.deepEqual(await of(copy), original, `seed ${seed}, ${name}`);
  const kinds = /^(run|line|bundle|bytes\/(outcome|log|bundle))\//;
  assert.deepEqual(
    world.disk.kept().filter((key) => !kinds.test(key)),
    [],
    `seed ${seed}, ${name}: left on the disk`,
  );
  return copy !== undefined;
}
