/** Design H8: what has been told before it was durable is not acted upon outside. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { compileFunction } from "node:vm";
import type { TaskId } from "../../src/base/ids.ts";
import { bundle } from "../../src/compiler/index.ts";
import type { ModuleLink } from "../../src/protocol/bundle.ts";
import { loadProgram, sleepFor } from "../../src/runtime/index.ts";
import type { Begin, Task } from "../../src/runtime/types.ts";

/** A task of this function, a note of what it has called outside, and whether what it knows is durable. */
async function taskOf(body: string) {
  const calls: string[] = [];
  const client = { get: (what: string) => note(`client ${what}`) };
  function note(what: string): Promise<string> {
    calls.push(what);
    return Promise.resolve(what);
  }
  const namespaces: Record<string, Record<string, unknown>> = {
    continua: { sleep: sleepFor },
    outside: {
      note,
      client,
      later: async (what: string) => note(what),
      sync: (what: string) => void calls.push(what),
    },
  };
  const source = `import { sleep } from "continua"; import { note, later, sync, client } from "outside";
    export default async function main() { await sleep(1); ${body} }`;
  const built = await bundle(
    "main.js",
    {
      read: async () => source,
      resolve: async (specifier): Promise<ModuleLink> => ({ kind: "foreign", name: specifier }),
      hash: (text) => createHash("sha256").update(text).digest("hex"),
    },
    { root: "/app", nodeMajor: 20 },
  );
  assert(built.bundle !== undefined, JSON.stringify(built.diagnostics));
  const program = await loadProgram(built.bundle, {
    compile: (code, filename) => compileFunction(code, ["$rt"], { filename }) as (rt: unknown) => unknown,
    importForeign: async ({ name }) => namespaces[name]!,
  });
  const state = { settled: true, woken: 0 };
  const begin = (from: Begin = { kind: "input", json: "" }): Task => {
    const task = program.task("r1" as TaskId, {
      wake: () => void state.woken++,
      freeze: () => false,
      now: () => 0,
      settled: () => state.settled,
    });
    task.begin(from);
    return task;
  };
  const task = begin();
  task.run();
  const [sleep] = task.takeEffects();
  const wake = (each: Task) =>
    each.deliver([{ effect: sleep!.id, outcome: { kind: "value", value: new Uint8Array(0) } }]);
  const end = (each: Task): unknown => {
    const stop = each.run();
    assert(stop.kind === "ended", stop.kind);
    return stop.outcome.kind === "value" ? program.decode(stop.outcome.value) : stop.outcome;
  };
  return { task, begin, wake, end, calls, state };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

const bodies: Record<string, { body: string; calls: string[]; result: unknown }> = {
  "awaited on the spot": { body: `return await note("a");`, calls: ["a"], result: "a" },
  "a method of a foreign object": {
    body: `return await client.get("a");`,
    calls: ["client a"],
    result: "client a",
  },
  "asynchronous, and awaited later": {
    body: `const both = [later("a"), later("b")]; return (await Promise.all(both)).join();`,
    calls: ["a", "b"],
    result: "a,b",
  },
};

for (const [name, { body, calls: expected, result }] of Object.entries(bodies)) {
  test(`a foreign call waits until what the task knows is durable: ${name}`, async () => {
    const { task, wake, end, calls, state } = await taskOf(body);
    state.settled = false;
    wake(task);
    assert.equal(task.run().kind, "waiting");
    assert.equal(task.holds, true);
    assert.equal(task.run().kind, "waiting");
    await turn();
    assert.deepEqual(calls, []);
    state.settled = true;
    task.run();
    assert.equal(task.holds, false);
    assert.deepEqual(calls, expected);
    await turn();
    assert.deepEqual(end(task), result);
  });

  test(`a held call is saved as one in flight, and is made after the thaw: ${name}`, async () => {
    const { task, begin, wake, end, calls, state } = await taskOf(body);
    state.settled = false;
    wake(task);
    task.run();
    const again = begin({ kind: "snapshot", bytes: task.snapshot() });
    task.drop();
    again.run();
    assert.deepEqual(calls, [], "not durable yet, either");
    state.settled = true;
    again.run();
    assert.deepEqual(calls, expected);
    await turn();
    assert.deepEqual(end(again), result);
  });
}

test("effects and what stays inside the process do not wait", async () => {
  const { task, wake, end, calls, state } = await taskOf(
    `const map = new Map([["a", 1]]); const one = await map.get("a"); sync("said"); await sleep(1); return one;`,
  );
  state.settled = false;
  wake(task);
  task.run();
  assert.equal(task.holds, false);
  const [sleep] = task.takeEffects();
  assert.equal(sleep?.kind, "sleep");
  // Its result is wanted at once (docs/internals/durability.md).
  assert.deepEqual(calls, ["said"]);
  task.deliver([{ effect: sleep.id, outcome: { kind: "value", value: new Uint8Array(0) } }]);
  assert.equal(end(task), 1);
});
