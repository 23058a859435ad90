/** A task that was frozen in a loop goes on there in code that means the same by it, and in no other (interface version 6). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileFunction } from "node:vm";
import type { TaskId } from "../../src/base/ids.ts";
import { bundle } from "../../src/compiler/index.ts";
import { codeOf, loadProgram, obstacles, signal } from "../../src/runtime/index.ts";

const source = `
export default async function main() {
  let left = 9;
  while (left-- > 0) void 0;
  return left;
}`;

test("a frame that is frozen at the head of a loop is not taken for one in its body", async () => {
  const { bundle: built } = await bundle(
    "main.ts",
    {
      read: async () => source,
      resolve: async () => ({ kind: "foreign", name: "none" }),
      hash: (text) => String(text.length),
    },
    { root: "/app", nodeMajor: 20 },
  );
  assert.ok(built);
  const host = {
    compile: (code: string, filename: string) =>
      compileFunction(code, ["$rt"], { filename }) as (rt: unknown) => unknown,
    importForeign: async () => ({}),
  };
  const program = await loadProgram(built, host);
  // The first question is that of the task's own loop, before anything has run.
  let questions = 0;
  const asked = { wake: () => {}, freeze: () => ++questions > 1, now: () => 0 };
  const task = program.task("rpolled" as TaskId, asked);
  task.begin({ kind: "input", json: "" });
  signal[0] = 1;
  const state = task.run();
  signal[0] = 0;
  assert.equal(state.kind, "frozen");
  const bytes = task.snapshot();

  const code = codeOf(built, host);
  assert.deepEqual(obstacles(bytes, code), []);
  const inBody = Object.entries(code.sites).map(([id, site]) => {
    const labels = site.labels.map((slots) => slots && ["$e", ...slots.slice(1)]);
    return [id, { ...site, labels }] as const;
  });
  assert.deepEqual(obstacles(bytes, { ...code, sites: Object.fromEntries(inBody) }), [
    "a call of main waits at main.ts:4:3, and variables of it are kept in another way now",
  ]);
});
