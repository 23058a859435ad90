/** What may change between two versions of a program while a task of it waits, and what may not: each case goes on, or is refused by name. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { compileFunction } from "node:vm";
import type { EffectId, TaskId } from "../../src/base/ids.ts";
import { bundle } from "../../src/compiler/index.ts";
import type { Bundle } from "../../src/protocol/bundle.ts";
import { codeOf, loadProgram, obstacles, type Program, sleepFor } from "../../src/runtime/index.ts";
import { cases, type Sources } from "./upgrade-cases.ts";

const compile = (code: string, filename: string) =>
  compileFunction(code, ["$rt"], { filename }) as (rt: unknown) => unknown;

async function built(sources: Sources): Promise<Bundle> {
  const { bundle: made, diagnostics } = await bundle(
    "main.ts",
    {
      read: async (id) => sources[id]!,
      resolve: async (specifier) =>
        specifier.startsWith("./")
          ? { kind: "compiled", id: specifier.slice(2) }
          : { kind: "foreign", name: specifier },
      hash: (text) => createHash("sha256").update(text).digest("hex"),
    },
    { root: "/app", nodeMajor: 20 },
  );
  assert.ok(made, JSON.stringify(diagnostics));
  return made;
}

function loaded(made: Bundle): Promise<Program> {
  return loadProgram(made, { compile, importForeign: async () => ({ sleep: sleepFor }) });
}

const host = { wake: () => {}, freeze: () => false, now: () => 0 };

/** Runs a task until it sleeps. `from`: a checkpoint and the sleep that is over. */
function advance(program: Program, from?: Asleep): Asleep | { readonly ended: unknown } {
  const task = program.task("rupgrade" as TaskId, host);
  task.begin(from === undefined ? { kind: "input", json: "" } : { kind: "snapshot", bytes: from.bytes });
  // Whatever is written before it runs is as good.
  if (from !== undefined) {
    const again = program.task("rupgrade" as TaskId, host);
    again.begin({ kind: "snapshot", bytes: task.snapshot() });
    task.drop();
    return goOn(program, again, from);
  }
  return goOn(program, task);
}

interface Asleep {
  readonly bytes: Uint8Array;
  readonly sleeps: readonly EffectId[];
}

function goOn(
  program: Program,
  task: ReturnType<Program["task"]>,
  from?: Asleep,
): Asleep | { readonly ended: unknown } {
  for (const effect of from?.sleeps ?? [])
    task.deliver([{ effect, outcome: { kind: "value", value: new Uint8Array(0) } }]);
  const state = task.run();
  if (state.kind === "ended") {
    const { outcome } = state;
    return {
      ended:
        outcome.kind === "value" ? program.decode(outcome.value) : "message" in outcome && outcome.message,
    };
  }
  const sleeps = task.takeEffects().flatMap(({ kind, id }) => (kind === "sleep" ? [id] : []));
  const bytes = task.snapshot();
  task.drop();
  return { bytes, sleeps };
}

for (const { name, before, after, later, result, refused } of cases) {
  test(name, async () => {
    const one = await built(before);
    const other = await built({ ...before, ...after });
    let at = advance(await loaded(one));
    assert.ok("bytes" in at, "it sleeps");
    const reasons = obstacles(at.bytes, codeOf(other, { compile }));
    if (refused !== undefined) {
      assert.deepEqual(reasons, refused);
      // And nothing has happened.
      const program = await loaded(one);
      while ("bytes" in at) at = advance(program, at);
      assert.equal(typeof at.ended, "object", String(at.ended));
      return;
    }
    assert.deepEqual(reasons, []);
    let program = await loaded(other);
    if (later !== undefined) {
      at = advance(program, at);
      assert.ok("bytes" in at, "it sleeps once more");
      const last = await built({ ...before, ...later });
      assert.deepEqual(obstacles(at.bytes, codeOf(last, { compile })), []);
      program = await loaded(last);
    }
    while ("bytes" in at) at = advance(program, at);
    assert.deepEqual(at.ended, result);
  });
}
