/** What people see of a snapshot: stacks with positions, variables, and bytes that add up. No program is at hand when it is read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId } from "../../src/base/ids.ts";
import { type InspectedFrame, inspectSnapshot, SnapshotError } from "../../src/runtime/index.ts";
import { compileBody } from "./drive.ts";

const body = `
  class Point { #secret = 7; constructor(x) { this.x = x; } get twice() { throw new Error("ran"); }
    async wait() { const here = "in a method"; await sleep(7); return here; } }
  const shared = { text: "s".repeat(1000) };
  let captured = 1;
  const inner = async (name, list) => { const map = new Map([["k", { deep: { deeper: { deepest: 1 } } }]]); await sleep(5); captured++; return [name, list, map]; };
  const middle = async (point) => { const held = [shared, 1n, -0, undefined, null, /x/g]; const back = await inner("a long name of no use to anybody but this test", held); return [back, point, held]; };
  const other = async () => { const big = new Uint8Array(5000); await sleep(9); return [big, shared]; };
  const trap = { get ran() { throw new Error("ran"); } };
  const others = [other(), other(), new Point(1).wait()];
  const value = await middle(new Point(3));
  return [value, trap, await Promise.all(others), captured];`;

async function checkpointOf(text: string): Promise<Uint8Array> {
  const program = await compileBody(text);
  const task = program.task("rshow" as TaskId, { wake: () => {}, freeze: () => false, now: () => 0 });
  task.begin({ kind: "input", json: "" });
  assert.equal(task.run().kind, "waiting");
  return task.snapshot();
}
const bytes = await checkpointOf(body);
const seen = inspectSnapshot(bytes);
const deep = seen.fibers.find(({ frames }) => frames.length > 2)!.frames;

function valuesOf(frame: InspectedFrame): Record<string, string> {
  return Object.fromEntries(frame.variables.map(({ name, value }) => [name, value]));
}

test("stacks are shown from the innermost frame outwards, with their places", () => {
  const stacks = seen.fibers.map(({ frames }) => frames.map(({ name }) => name).join());
  assert.deepEqual(stacks.toSorted(), ["Point.wait", "inner,middle,run,main", "other", "other"]);
  assert.equal(deep[0]!.module, "main.js");
  // The source is one function per line, below the lines that every program of these tests begins with.
  assert.equal(deep[1]!.position.line - deep[0]!.position.line, 1);
  assert.ok(deep[0]!.position.column > 80);
  assert.equal(new Set(seen.fibers.map(({ effect }) => effect)).size, 4);
  assert.ok(seen.fibers.every(({ waits }) => waits === "effect"));
});

test("of a promise that others settle it is told which effects are behind it", async () => {
  const { fibers } = inspectSnapshot(
    await checkpointOf(`
      const one = async () => { await sleep(1).then((x) => x).finally(() => {}); };
      const all = async () => { await Promise.all([sleep(2), sleep(3).then(() => 1)]); };
      const race = async (other) => { await Promise.race([other, sleep(4)]); };
      const never = async () => { const held = [sleep(5)]; await new Promise(() => held); };
      await Promise.allSettled([one(), all(), race(sleep(6)), never()]);`),
  );
  const behind = fibers.map(({ frames: [inner], waits, behind }) => [inner!.name, waits, behind.toSorted()]);
  assert.deepEqual(behind.toSorted(), [
    ["all", "promise", [2, 3]],
    ["never", "promise", []],
    ["one", "promise", [1]],
    ["race", "promise", [4, 5]],
    // What it waits for are other stacks.
    ["run", "promise", []],
  ]);
});

test("variables are shown in one short line each, and nothing of the program runs", () => {
  assert.deepEqual(valuesOf(deep[0]!), {
    name: '"a long name of no use to anybody but th…"',
    list: '[{ text: "sssssssssssssssssssssssssssssssssssssss…" }, 1n, -0, undefined, null, … 1 more]',
    map: 'Map(1) {"k" => { deep: { … } }}',
  });
  assert.equal(valuesOf(deep[1]!)["point"], "Point { x: 3, #: 7 }");
  assert.equal(valuesOf(deep[2]!)["trap"], "{ ran: (accessor) }");
  assert.match(valuesOf(deep[2]!)["others"]!, /^\[Promise \(pending\), /);
  const method = seen.fibers.find(({ frames }) => frames[0]!.name === "Point.wait")!.frames[0]!;
  assert.equal(valuesOf(method)["here"], '"in a method"');
  const [module] = seen.modules;
  assert.deepEqual(
    module!.variables.map(({ name, value }) => [name, value]),
    [
      ["trace", "[]"],
      ["log", "function log"],
      ["default", "function main"],
    ],
  );
});

test("bytes are told for each variable, and add up to the whole", () => {
  let sum = seen.rest;
  for (const { frames } of seen.fibers) for (const frame of frames) sum += frame.bytes;
  for (const module of seen.modules) sum += module.bytes;
  assert.equal(sum, bytes.length);
  assert.equal(seen.bytes, bytes.length);
  const all = seen.fibers.flatMap(({ frames }) => frames.flatMap(({ variables }) => variables));
  const weights = (name: string): number[] =>
    all.filter((variable) => variable.name === name).map((variable) => variable.bytes);
  for (const weight of weights("big")) assert.ok(weight >= 5000 && weight < 5050, String(weight));
  // What several share counts for the first.
  assert.equal(weights("shared").length + weights("list").filter((weight) => weight > 1000).length, 1);
  const [long] = weights("name");
  assert.ok(long! >= 48 && long! < 60, String(long));
});

test("values are shown, too", async () => {
  const program = await compileBody("return 1");
  const task = program.task("rshow" as TaskId, { wake: () => {}, freeze: () => false, now: () => 0 });
  task.begin({ kind: "input", json: "" });
  for (;;) {
    const state = task.run();
    if (state.kind === "ended" && state.outcome.kind === "value") {
      const { value, mode } = inspectSnapshot(state.outcome.value);
      assert.deepEqual([mode, value!.value], ["value", '["returned", 1]']);
      return;
    }
    task.deliver(
      task.takeEffects().map(({ id }) => ({
        effect: id,
        outcome: { kind: "value", value: new Uint8Array(0) },
      })),
    );
  }
});

test("bytes that are not a snapshot are refused", () => {
  const refusedOrShown = (hostile: Uint8Array): void => {
    try {
      inspectSnapshot(hostile);
    } catch (error) {
      assert.ok(error instanceof SnapshotError, String((error as Error).stack));
    }
  };
  for (let length = 0; length < bytes.length; length += length < 2_000 || length > bytes.length - 50 ? 1 : 97)
    assert.throws(() => inspectSnapshot(bytes.subarray(0, length)), SnapshotError);
  let seed = 4_711;
  const random = (limit: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * limit);
  };
  for (let round = 0; round < 3_000; round++) {
    const hostile = bytes.slice();
    for (let flips = 1 + random(3); flips > 0; flips--) hostile[random(2_000)]! ^= 1 << random(8);
    refusedOrShown(hostile);
  }
});
