/** What modules make in their own statements is the same for all tasks of a run (design H2), wherever a task is frozen meanwhile. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { compileFunction } from "node:vm";
import { mutex, queue } from "../../src/api/index.ts";
import type { TaskId } from "../../src/base/ids.ts";
import { bundle } from "../../src/compiler/index.ts";
import { loadProgram, type Program, signal, sleepFor } from "../../src/runtime/index.ts";

type Sources = Readonly<Record<string, string>>;

async function compiled(sources: Sources): Promise<Program> {
  const { bundle: made, diagnostics } = await bundle(
    "main.js",
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
  return await loadProgram(made, {
    compile: (code, filename) => compileFunction(code, ["$rt"], { filename }) as (rt: unknown) => unknown,
    importForeign: async () => ({ queue, mutex, sleep: sleepFor }),
  });
}

/** The gates into which a task puts something, in order, or how it failed. */
function gatesOf(program: Program, id: string, freezes: boolean): unknown[] {
  let asked = 0;
  const host = { wake: () => {}, freeze: () => freezes && asked++ % 2 === 0, now: () => 0 };
  let task = program.task(id as TaskId, host);
  task.begin({ kind: "input", json: "" });
  const gates: unknown[] = [];
  for (;;) {
    signal[0] = freezes ? 1 : 0;
    const state = task.run();
    signal[0] = 0;
    const effects = task.takeEffects();
    for (const effect of effects) if (effect.kind === "enqueue") gates.push(effect.gate.id);
    if (state.kind === "ended")
      return state.outcome.kind === "value"
        ? gates
        : ["message" in state.outcome ? state.outcome.message : ""];
    if (freezes) {
      const bytes = task.snapshot();
      task.drop();
      task = program.task(id as TaskId, host);
      task.begin({ kind: "snapshot", bytes });
    }
    for (const { id: effect } of effects)
      task.deliver([{ effect, outcome: { kind: "value", value: new Uint8Array(0) } }]);
  }
}

const main = (queues: string): string => `
export default async function main() { for (const each of [${queues}].flat(9)) await each.enqueue(1); }`;

const stories: Readonly<Record<string, { sources: Sources; gates: readonly string[] }>> = {
  "by what their statements declare": {
    sources: {
      "main.js": `import { queue } from "continua";
        const q = queue(); export const { a, b: [c] } = { a: queue(), b: [queue({ capacity: 2 })] }; let later; later = queue();
        class Jobs { static #all = queue(); static get all() { return Jobs.#all; } }
        const list = []; list.push(queue()); list.push(queue());
        ${main("q, a, c, later, Jobs.all, list")}`,
    },
    gates: ["q.0", "a,c.0", "a,c.1", "later.0", "Jobs.0", "(statement).0", "(statement).2.0"].map(
      (each) => `rrun/queue@main.js#${each}`,
    ),
  },
  "by functions that statements call, in loops too": {
    sources: {
      "main.js": `import { queue } from "continua"; import { make } from "./make.js";
        const pair = [make(), make()]; const all = []; for (let i = 0; i < 3; i++) all.push(make());
        ${main("pair, all")}`,
      "make.js": `import { queue } from "continua"; const own = queue(); export const make = () => queue();`,
    },
    gates: ["pair.0", "pair.1", "(statement).0", "(statement).1", "(statement).2"].map(
      (each) => `rrun/queue@main.js#${each}`,
    ),
  },
  "where modules wait": {
    sources: {
      "main.js": `import { queue, sleep } from "continua";
        const before = queue(); await sleep(1); const after = queue();
        const both = [queue(), (await sleep(1), queue())];
        const made = await (async () => { await sleep(1); return queue(); })();
        const many = []; for (let i = 0; i < 2; i++) { await sleep(1); many.push(queue()); }
        const { inner } = await import("./inner.js");
        ${main("before, after, both, made, many, inner")}`,
      "inner.js": `import { queue, sleep } from "continua"; await sleep(1); export const inner = [queue(), (await sleep(1), queue())];`,
    },
    gates: [
      ...["before.0", "after.0", "both.0", "both.1", "made.0", "(statement).2.0", "(statement).2.1"].map(
        (each) => `rrun/queue@main.js#${each}`,
      ),
      "rrun/queue@inner.js#inner.0",
      "rrun/queue@inner.js#inner.1",
    ],
  },
};

for (const [title, { sources, gates }] of Object.entries(stories)) {
  test(`places: ${title}`, async () => {
    const program = await compiled(sources);
    for (const id of ["rrun", "rrun.4", "rrun.4.1"])
      for (const freezes of [false, true])
        assert.deepEqual(gatesOf(program, id, freezes), gates, `${id}${freezes ? ", frozen" : ""}`);
  });
}

test("places: what functions make later is each task's own", async () => {
  const program = await compiled({
    // Nobody else knows it before it is closed (own-queues.ts).
    "main.js": `import { queue } from "continua"; const q = queue();
      export default async function main() { const own = queue(); void own.enqueue(1); own.close(); await q.enqueue(1); }`,
  });
  assert.deepEqual(gatesOf(program, "rrun.7", false), ["rrun.7/1", "rrun/queue@main.js#q.0"]);
});

test("places: what a started fiber makes while modules run is refused", async () => {
  const program = await compiled({
    "main.js": `import { queue, sleep } from "continua";
      const started = (async () => { await sleep(1); return queue(); })(); await sleep(2); await started; ${main("")}`,
  });
  const [message] = gatesOf(program, "rrun", false);
  assert.match(
    String(message),
    /queue\(\) while modules run, but in no statement of theirs: .* queue\(\{ name: "jobs" \}\)/,
  );
});
