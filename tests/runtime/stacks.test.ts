/**
 * Transcripts of stacks: what an error shows that was thrown behind waits, through combinators, generators, promises and tasks. The same
 * whether the task has lived in one process or went on from its bytes at every stop.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { TaskId } from "../../src/base/ids.ts";
import { bundle, formatDiagnostic } from "../../src/compiler/index.ts";
import type { Outcome } from "../../src/protocol/effect.ts";
import { type Begin, loadProgram, type Program, sleepFor, spawnChild } from "../../src/runtime/index.ts";
import { createProgramHost } from "../../src/worker/index.ts";

const foreign = {
  sleep: sleepFor,
  call: (fn: unknown, ...args: unknown[]) => spawnChild("call", fn, args, { joined: true }).result,
  never: () => new Promise(() => {}),
};

async function load(source: string): Promise<Program> {
  const made = await bundle(
    "main.ts",
    {
      read: async () => source,
      resolve: async (name) => ({ kind: "foreign", name }),
      hash: (text) => createHash("sha256").update(text).digest("hex"),
    },
    { root: "/project", nodeMajor: 20 },
  );
  assert.deepEqual(
    made.diagnostics.map((each) => formatDiagnostic(each, source)),
    [],
  );
  return loadProgram(made.bundle!, createProgramHost({ namespaces: { foreign } }));
}

function run(program: Program, thaws: boolean, begin: Begin, id: string): Outcome {
  const host = { wake: () => {}, freeze: () => false, now: () => 0 };
  let task = program.task(id as TaskId, host);
  task.begin(begin);
  for (;;) {
    const state = task.run();
    const effects = task.takeEffects();
    if (state.kind === "ended") return state.outcome;
    if (thaws) {
      const bytes = task.snapshot();
      task.drop();
      task = program.task(id as TaskId, host);
      task.begin({ kind: "snapshot", bytes });
    }
    for (const effect of effects) {
      const outcome: Outcome =
        effect.kind === "spawn"
          ? run(program, thaws, { kind: "payload", bytes: effect.payload }, effect.task)
          : { kind: "value", value: new Uint8Array(0) };
      task.deliver([{ effect: effect.id, outcome }]);
    }
  }
}

interface Story {
  readonly source: string;
  readonly lines: readonly string[];
  /** It has to go on elsewhere for this. */
  readonly onlyThawed?: boolean;
}

const stories: Readonly<Record<string, Story>> = {
  "calls that wait": {
    source: `
async function inner() { await sleep(1); throw new Error("lost"); }
async function outer() { await inner(); }
async function go() { await outer(); }`,
    lines: ["at inner (main.ts:2:48)", "at async outer (main.ts:3:26)", "at async go (main.ts:4:23)"],
  },
  "Promise.all, and the function that a map has started": {
    source: `
async function one(n: number) { await sleep(n); if (n === 2) throw new Error("lost"); }
async function go() {
  await Promise.all([1, 2, 3].map((n) => one(n)));
}`,
    lines: ["at one (main.ts:2:68)", "at async Promise.all (index 1)", "at async go (main.ts:4:3)"],
  },
  "combinators in one another": {
    source: `
async function one(n: number) { await sleep(n); throw new Error("lost"); }
async function some() { return await Promise.any([one(1)]); }
async function go() {
  const [settled] = await Promise.allSettled([one(5)]);
  if (settled.status === "rejected") log(settled.reason);
  await Promise.race([Promise.all([sleep(1e9), some()]), sleep(1e9)]).catch((error) => log(error.errors[0]));
  await Promise.race([one(2), sleep(1e9)]);
}`,
    lines: [
      "- at one (main.ts:2:55)",
      "- at async Promise.allSettled (index 0)",
      "- at async go (main.ts:5:21)",
      "- at one (main.ts:2:55)",
      "- at async Promise.any (index 0)",
      "- at async some (main.ts:3:32)",
      "- at async Promise.all (index 1)",
      "- at async go (main.ts:7:3)",
      "at one (main.ts:2:55)",
      "at async go (main.ts:8:3)",
    ],
  },
  "promises that are handed on": {
    source: `
async function one() { await sleep(1); throw new Error("lost"); }
async function handed() { return one(); }
async function go() {
  const kept = handed().then((x) => x).finally(() => {});
  await new Promise((resolve) => resolve(kept));
}`,
    lines: ["at one (main.ts:2:46)", "at async go (main.ts:6:3)"],
  },
  "promises that are handed on by hand": {
    source: `
async function one() { await sleep(1); throw new Error("lost"); }
const guarded = (given: Promise<void>) => new Promise<void>((resolve, reject) => { given.then(resolve, reject); }).finally(() => {});
async function go() { await guarded(one()); }`,
    lines: ["at one (main.ts:2:46)", "at async go (main.ts:4:23)"],
  },
  "async generators": {
    source: `
async function* numbers() { yield 1; await sleep(1); throw new Error("lost"); }
async function* twice(source: AsyncIterable<number>) { for await (const x of source) yield x * 2; }
async function go() {
  for await (const x of twice(numbers())) String(x);
}`,
    lines: ["at numbers (main.ts:2:60)", "at async twice (main.ts:3:56)", "at async go (main.ts:5:3)"],
  },
  "from task to task": {
    source: `
async function leaf(n: number) { await sleep(1); throw new RangeError("no " + n); }
async function work(n: number) { return await leaf(n); }
async function middle() { await Promise.all([call(work, 7)]); }
async function go() { await call(middle); }`,
    lines: [
      "at leaf (main.ts:2:56)",
      "at async work (main.ts:3:41)",
      "at async Promise.all (index 0)",
      "at async middle (main.ts:4:27)",
      "at async go (main.ts:5:23)",
    ],
  },
  "what the runtime says": {
    source: `
async function lost() { await new Promise(() => {}); }
async function go() { await Promise.all([lost(), sleep(1), never()]); }`,
    lines: ["at async lost (main.ts:2:25)", "at async Promise.all (index 0)", "at async go (main.ts:3:23)"],
    onlyThawed: true,
  },
};

for (const [title, { source, lines, onlyThawed = false }] of Object.entries(stories)) {
  test(`stacks: ${title}`, async () => {
    const program = await load(
      `import { call, never, sleep } from "foreign"; const logged: string[] = [];
${source.slice(1)}
const stackOf = (error: Error) => error.stack!.split("\\n").slice(1).map((line) => line.trim());
function log(error: Error) { logged.push(...stackOf(error).slice(0, -1).map((line) => "- " + line)); }
export default async function main() {
  try { await go(); } catch (error) { return [...logged, ...stackOf(error)]; }
}`,
    );
    for (const thaws of onlyThawed ? [true] : [false, true]) {
      const outcome = run(program, thaws, { kind: "input", json: "" }, "rstacks");
      assert.ok(outcome.kind === "value", "message" in outcome ? outcome.message : "");
      const shown = (program.decode(outcome.value) as string[]).slice();
      assert.equal(shown.pop(), `at async main (main.ts:${source.split("\n").length + 4}:9)`);
      assert.deepEqual(shown, lines, thaws ? "thawed" : "in one process");
    }
  });
}
