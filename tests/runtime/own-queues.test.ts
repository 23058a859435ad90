/** Queues of a task's own (runtime/own-queues.ts): what is asked of the coordinator, with a thaw at every stop, and what the program sees. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { compileFunction } from "node:vm";
import * as api from "../../src/api/index.ts";
import type { TaskId } from "../../src/base/ids.ts";
import { limits } from "../../src/base/limits.ts";
import { bundle } from "../../src/compiler/index.ts";
import type { ModuleLink } from "../../src/protocol/bundle.ts";
import { cancellation, type Effect } from "../../src/protocol/effect.ts";
import { loadProgram } from "../../src/runtime/index.ts";
import type { Begin, Task } from "../../src/runtime/types.ts";

interface Ran {
  /** Kinds of the effects but sleeps, in order; of those that bring items with how many. */
  readonly asked: string[];
  readonly result: unknown;
}

/** How many items, and what they lead to. */
function enqueued({ items, handles = [] }: Effect & { kind: "enqueue" }): string {
  const led = [...new Set(handles.flat())];
  return `enqueue ${items.length}${led.length === 0 ? "" : ` → ${led.join()}`}`;
}

/** Answers sleeps at once, a stop at a time, and goes on from the snapshot of each stop; ends when nothing but other effects is to come. */
async function run(body: string, cancelAfter = Number.POSITIVE_INFINITY): Promise<Ran> {
  const source = `import { call, queue, select, sleep, spawn } from "continua";
    async function child(...args) { return args; }
    export default async function main() { const seen = []; ${body} }`;
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
    importForeign: async () => api as unknown as Record<string, unknown>,
  });
  const begin = (from: Begin): Task => {
    const task = program.task("r1" as TaskId, { wake() {}, freeze: () => false, now: () => 0 });
    task.begin(from);
    return task;
  };
  const asked: string[] = [];
  const sleeping: Effect[] = [];
  let task = begin({ kind: "input", json: "" });
  for (let stop = 0; ; stop++) {
    const state = task.run();
    for (const effect of task.takeEffects()) {
      if (effect.kind === "sleep") sleeping.push(effect);
      else asked.push(effect.kind === "enqueue" ? enqueued(effect) : effect.kind);
    }
    if (state.kind === "ended") {
      const { outcome } = state;
      const result = outcome.kind === "value" ? program.decode(outcome.value) : outcome.message;
      return { asked, result: result instanceof api.Queue ? "a queue" : result };
    }
    task = begin({ kind: "snapshot", bytes: task.snapshot() });
    if (stop === cancelAfter) {
      const outcome = {
        kind: "failure",
        name: "CancelledError",
        message: "enough",
        cancelled: true,
      } as const;
      task.deliver([{ effect: cancellation, outcome }]);
      continue;
    }
    const next = sleeping.shift();
    if (next === undefined) return { asked, result: undefined };
    task.deliver([{ effect: next.id, outcome: { kind: "value", value: new Uint8Array(0) } }]);
  }
}

const cases: readonly (readonly [name: string, body: string, expected: Ran])[] = [
  [
    "producers and consumers wait in their order, and nothing is asked",
    `const q = queue({ capacity: 2 });
     const produce = async (name) => { for (let i = 0; i < 3; i++) { await q.enqueue(name + i); seen.push("+" + name + i); await sleep(1); } };
     const consume = async (name) => { for (let i = 0; i < 3; i++) { seen.push(name + (await q.dequeue())); await sleep(1); } };
     await Promise.all([produce("a"), produce("b"), sleep(1).then(() => consume("x")), sleep(1).then(() => consume("y"))]);
     return seen.filter((each) => !each.startsWith("+")).map((each) => each.slice(1)).sort().join(" ");`,
    { asked: [], result: "a0 a1 a2 b0 b1 b2" },
  ],
  [
    "who waits first is served first, with copies",
    `const q = queue();
     const given = { n: 1 };
     const waits = [q.dequeue(), q.dequeue(), q.dequeue()];
     await sleep(1);
     await q.enqueue(given, new Map([[1, 2n]]), undefined);
     given.n = 2;
     await sleep(1);
     return await Promise.all(waits);`,
    { asked: [], result: [{ n: 1 }, new Map([[1, 2n]]), undefined] },
  ],
  [
    "an enqueue of several waits for room for all, and those behind it wait too",
    `const q = queue({ capacity: 2 });
     await q.enqueue(1);
     const two = q.enqueue(2, 3).then(() => seen.push("two"));
     const one = q.enqueue(4).then(() => seen.push("one"));
     await sleep(1);
     seen.push(await q.dequeue()); await two;
     seen.push(await q.dequeue()); await one;
     return [...seen, await q.dequeue(), await q.dequeue()];`,
    { asked: [], result: ["two", 1, "one", 2, 3, 4] },
  ],
  [
    "handed to another task: its items go before it",
    `const q = queue({ capacity: 2 });
     await q.enqueue(1); await q.enqueue("two");
     void q.enqueue(3);
     await sleep(1);
     spawn(child, { q, again: q });
     await q.dequeue();`,
    { asked: ["enqueue 2", "enqueue 1", "spawn", "dequeue"], result: undefined },
  ],
  [
    "handed over in what a function captures, with somebody waiting",
    `const q = queue();
     void q.dequeue();
     await sleep(1);
     spawn(async () => { await q.enqueue(1); });
     await sleep(1);`,
    { asked: ["dequeue", "spawn"], result: undefined },
  ],
  [
    "two queues at once",
    `const one = queue(); const two = queue();
     await one.enqueue(1); await two.enqueue(2);
     spawn(child, one, two);
     await one.enqueue(3); await two.enqueue(4);`,
    { asked: ["enqueue 1", "enqueue 1", "spawn", "enqueue 1"], result: undefined },
  ],
  [
    "its own handle is an item of it",
    `const q = queue(); await q.enqueue(1, { q });`,
    { asked: ["enqueue 2 → /1"], result: undefined },
  ],
  [
    "handed over after a thaw: what its items lead to is known",
    `const inner = queue(); const q = queue();
     await q.enqueue({ inner }, 5); await q.enqueue("text");
     await sleep(1);
     spawn(child, q);`,
    { asked: ["enqueue 3 → /1", "spawn"], result: undefined },
  ],
  [
    "handed out as the result",
    `const q = queue(); await q.enqueue(1); await sleep(1); return q;`,
    { asked: ["enqueue 1"], result: "a queue" },
  ],
  [
    "in a select",
    `const q = queue(); await select({ q, late: 10 });`,
    { asked: ["select"], result: undefined },
  ],
  [
    "closed",
    `const q = queue(); await q.enqueue(1); q.close(); await q.dequeue();`,
    { asked: ["enqueue 1", "close", "dequeue"], result: undefined },
  ],
  [
    "with a signal",
    `const q = queue(); await q.enqueue(1); await q.dequeue({ signal: new AbortController().signal });`,
    { asked: ["enqueue 1", "dequeue"], result: undefined },
  ],
  [
    "too large to be written with every checkpoint",
    `const q = queue(); await q.enqueue("x".repeat(${limits.ownQueueBytes})); await q.enqueue("y"); await q.dequeue();`,
    { asked: ["enqueue 1", "enqueue 1"], result: undefined },
  ],
  [
    "nothing else could wake the task",
    `const q = queue(); await q.dequeue();`,
    { asked: ["dequeue"], result: undefined },
  ],
  [
    "with a name it is the run's",
    `const q = queue({ name: "jobs" }); await q.enqueue(1);`,
    { asked: ["enqueue 1"], result: undefined },
  ],
];

for (const [name, body, expected] of cases) {
  test(`a queue of a task's own: ${name}`, async () => {
    assert.deepEqual(await run(body), expected);
  });
}

test("a queue of a task's own: who waits at it when the task is cancelled is rejected, and takes no item", async () => {
  const body = `const q = queue();
    const taking = (async () => { try { await q.dequeue(); } catch (error) { seen.push(error.name); } })();
    try { await sleep(1); } catch (error) { seen.push(error.name); }
    await taking;
    return seen;`;
  const { asked, result } = await run(body, 0);
  assert.deepEqual(
    asked.filter((kind) => kind === "dequeue"),
    [],
  );
  assert.ok(result === undefined || Array.isArray(result));
});
