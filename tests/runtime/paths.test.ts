/**
 * Paths through compiler, runtime and program host that the samples do not take: dynamic imports, names that are not exported,
 * foreign thenables whose call is made again, stacks, and checkpoints that are not what they should be.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { test } from "node:test";
import type { TaskId } from "../../src/base/ids.ts";
import { bundle, formatDiagnostic } from "../../src/compiler/index.ts";
import type { ModuleLink } from "../../src/protocol/bundle.ts";
import type { Outcome } from "../../src/protocol/effect.ts";
import { loadProgram, type Program, SnapshotError, sleepFor, type Task } from "../../src/runtime/index.ts";
import { createProgramHost } from "../../src/worker/index.ts";

type Files = Readonly<Record<string, string>>;

/** Foreign things for the programs below. */
let asked: unknown[] = [];
let answer: (value: unknown) => void = () => {};
const foreign = {
  sleep: sleepFor,
  ask: (text: unknown) => {
    asked.push(text);
    const follow = (resolve: (value: unknown) => void): void => {
      answer = resolve;
    };
    return { then: follow };
  },
};

async function load(files: Files): Promise<Program> {
  const made = await bundle(
    "main.ts",
    {
      read: async (id) => files[id]!,
      resolve: async (specifier, from): Promise<ModuleLink> => {
        if (!specifier.startsWith(".")) return { kind: "foreign", name: specifier };
        const id = posix.join(posix.dirname(from), specifier);
        if (files[id] === undefined) throw new Error(`no file ${id}`);
        return { kind: "compiled", id };
      },
      hash: (text) => createHash("sha256").update(text).digest("hex"),
    },
    { root: "/project", nodeMajor: 20 },
  );
  assert.deepEqual(
    made.diagnostics.map((each) => formatDiagnostic(each, files[each.id]!)),
    [],
  );
  return loadProgram(made.bundle!, createProgramHost({ namespaces: { foreign } }));
}

const host = { wake: () => {}, freeze: () => false, now: () => 0 };
const id = "rpaths" as TaskId;

function begin(program: Program, bytes?: Uint8Array): Task {
  const task = program.task(id, host);
  task.begin(bytes === undefined ? { kind: "input", json: "" } : { kind: "snapshot", bytes });
  return task;
}

/** Runs to the end, thawing at every sleep. */
function finish(program: Program, first: Task): unknown {
  let task = first;
  for (let round = 0; round < 100; round += 1) {
    const state = task.run();
    if (state.kind === "ended") return result(program, state.outcome);
    const sleeps = task.takeEffects().filter((effect) => effect.kind === "sleep");
    task = begin(program, task.snapshot());
    const outcome: Outcome = { kind: "value", value: new Uint8Array(0) };
    task.deliver(sleeps.map((effect) => ({ effect: effect.id, outcome })));
  }
  return assert.fail("the program does not end");
}

function result(program: Program, outcome: Outcome): unknown {
  assert.equal(outcome.kind, "value", "message" in outcome ? String(outcome.message) : "");
  return program.decode((outcome as { value: Uint8Array }).value);
}

async function run(files: Files): Promise<unknown> {
  const program = await load(files);
  return finish(program, begin(program));
}

test("dynamic import: of a module, of JSON with options, of what is not there; the namespace is saved", async () => {
  const files = {
    "main.ts": `import { sleep } from "foreign";
      export default async function main() {
        const other = await import("./other.ts");
        const data = await import("./data.json", { with: { type: "json" } });
        await sleep(1);
        const again = await import("./other.ts");
        let failure;
        try { await import(["./", "none.ts"].join("")); } catch (error) { failure = error.message; }
        other.bump();
        return [other === again, other.count, data.default, typeof failure];
      }`,
    "other.ts": "export let count = 1; export function bump() { count += 1; }",
    "data.json": `{ "a": 1 }`,
  };
  assert.deepEqual(await run(files), [true, 2, { a: 1 }, "string"]);
});

test("a name that is not exported is told with its place: of a module, of a foreign one, through a re-export", async () => {
  const other = "export const there = 1;";
  const cases: readonly (readonly [Files, RegExp])[] = [
    [
      {
        "main.ts": `import { there,\n  gone as x } from "./other.ts"; export default () => [there, x];`,
        "other.ts": other,
      },
      /main\.ts:2:\d+ imports "gone" from "\.\/other\.ts", which exports no such name/,
    ],
    [
      { "main.ts": `import main from "./other.ts"; export default () => main;`, "other.ts": other },
      /main\.ts:1:8 imports "default"/,
    ],
    [
      { "main.ts": `import { nothing } from "node:path"; export default () => nothing;` },
      /main\.ts:1:10 imports "nothing" from "node:path"/,
    ],
    [
      { "main.ts": `export { gone } from "./other.ts"; export default () => 1;`, "other.ts": other },
      /main\.ts imports "gone"/,
    ],
  ];
  for (const [files, message] of cases) await assert.rejects(load(files), message);
});

test("a type that TypeScript lets a module export again is no name", async () => {
  const files = {
    "main.ts": `import { value, own } from "./barrel.ts"; import type { Kind } from "./barrel.ts";
      export default (): Kind => [value, own];`,
    "barrel.ts": `export { value, Kind, Other } from "./all.ts"; import { Own } from "./types.ts"; export { Own }; export const own: Own = 2;`,
    "all.ts": `export * from "./types.ts"; export const value = 1;`,
    "types.ts": "export type Kind = number[]; export interface Other {} export type Own = number;",
  };
  assert.deepEqual(await run(files), [1, 2]);
  const used = {
    ...files,
    "main.ts": `import { Kind } from "./barrel.ts"; export default () => new Kind();`,
  };
  await assert.rejects(
    load(used),
    /main\.ts:1:10 imports "Kind" from "\.\/barrel\.ts", which exports no such name/,
  );
});

test("a foreign thenable is asked for again after a thaw", async () => {
  const program = await load({
    "main.ts": `import { ask } from "foreign";
      export default async function main() { const text = "q"; return [text, await ask(text)]; }`,
  });
  asked = [];
  const first = begin(program);
  assert.equal(first.run().kind, "waiting");
  const bytes = first.snapshot();
  first.drop();
  const second = begin(program, bytes);
  second.run();
  assert.deepEqual(asked, ["q", "q"]);
  answer("a");
  const state = second.run();
  assert.equal(state.kind, "ended");
  assert.deepEqual(result(program, (state as { outcome: Outcome }).outcome), ["q", "a"]);
});

test("an instance of a class that extends a foreign one is refused, and the class is named", async () => {
  const program = await load({
    "main.ts": `import { sleep } from "foreign";
      import { EventEmitter } from "node:events";
      class Bus extends EventEmitter { #lines = []; }
      export default async function main() { const bus = new Bus(); await sleep(1); return bus.listenerCount("x"); }`,
  });
  const task = begin(program);
  task.run();
  assert.throws(
    () => task.snapshot(),
    /bus \(Bus\) in main at main\.ts:4:\d+.* cannot be saved: its class Bus extends EventEmitter, which is foreign/,
  );
});

test("a corrupted checkpoint is refused, or runs to an end of its own; it never breaks the process", async () => {
  const program = await load({
    "main.ts": `import { sleep } from "foreign";
      class Held { #secret = [1]; get secret() { return this.#secret; } }
      export default async function main() {
        const held = new Held(), list = [held, { held }];
        try { for (const each of list) await sleep(1); } finally { list.pop(); }
        return held.secret;
      }`,
  });
  const task = begin(program);
  task.run();
  const bytes = task.snapshot();
  let refused = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    for (const flip of [1, 0x80]) {
      const bad = bytes.slice();
      bad[at]! ^= flip;
      const thawed = program.task(id, host);
      try {
        thawed.begin({ kind: "snapshot", bytes: bad });
      } catch (error) {
        assert.ok(error instanceof SnapshotError, `byte ${at}: ${String(error)}`);
        refused += 1;
        continue;
      }
      const state = thawed.run();
      assert.ok(state.kind === "waiting" || state.kind === "ended", `byte ${at}: ${state.kind}`);
    }
  }
  assert.ok(refused > bytes.length, "most are refused");
});

test("stacks are in positions of the source, with those who wait", async () => {
  const lines = (await run({
    "main.ts": `import { sleep } from "foreign";
import { fail } from "./other.ts";
class Account {
  async deposit(n: number): Promise<number> {
    await sleep(1);
    return fail(n);
  }
}
async function middle() {
  return (await new Account().deposit(1)) + 1;
}
export default async function main() {
  await null;
  try {
    await middle();
  } catch (error) {
    return error.stack.split("\\n");
  }
}`,
    "other.ts": `interface Unused {}

export function fail(n: number) { throw new RangeError("no " + n); }`,
  })) as string[];
  assert.deepEqual(lines, [
    "RangeError: no 1",
    "    at fail (other.ts:3:41)",
    "    at Account.deposit (main.ts:6:12)",
    "    at async middle (main.ts:10:11)",
    "    at async main (main.ts:15:5)",
  ]);
});
