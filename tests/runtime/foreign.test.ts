/**
 * Programs that await native promises: natively, as a task that goes on where its foreign promise settles (`TaskHost.enter`), as one that
 * goes on in runs only, and with a thaw at every stop, where foreign calls are made again (design H5). All leave the same trace.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { compileFunction } from "node:vm";
import type { TaskId } from "../../src/base/ids.ts";
import { bundle } from "../../src/compiler/index.ts";
import { loadProgram, type Program, type TaskState } from "../../src/runtime/index.ts";

/** What programs get from outside. A settled promise brings its outcome in the next microtask, `later` only after turns of the event loop. */
const foreign = {
  settled: (value: unknown): unknown => Promise.resolve(value),
  failed: (message: string): unknown => Promise.reject(new Error(message)),
  later: (turns: number, value: unknown): unknown =>
    new Promise((resolve) => {
      let left = turns;
      const turn = (): void => {
        if (left-- > 0) setImmediate(turn);
        else resolve(value);
      };
      turn();
    }),
  never: () => new Promise(() => {}),
  tools: {
    base: 7,
    given(...operands: unknown[]): unknown {
      return foreign.later(1, [this?.base, operands.length, ...operands].join(" "));
    },
  },
  looksLikeOne: () => Object.create(Promise.prototype) as object,
};
const names = Object.keys(foreign);

async function runNatively(body: string): Promise<unknown> {
  const text = `"use strict"; const trace = []; const log = (text) => { trace.push(text); };
    return (async () => { ${body} })().then((value) => [...trace, "returned", value], (error) => [...trace, "threw", error.message]);`;
  return await compileFunction(text, names)(...Object.values(foreign));
}

async function compiled(body: string): Promise<Program> {
  const source = `import { ${names.join(", ")} } from "foreign";
const trace = [];
const log = (text) => { trace.push(text); };
export default async function main() {
  const run = async () => { ${body} };
  try { const value = await run(); return [...trace, "returned", value]; } catch (error) { return [...trace, "threw", error.message]; }
}`;
  const { bundle: made, diagnostics } = await bundle(
    "main.js",
    {
      read: async () => source,
      resolve: async () => ({ kind: "foreign", name: "foreign" }),
      hash: (text) => createHash("sha256").update(text).digest("hex"),
    },
    { root: "/app", nodeMajor: 20 },
  );
  assert.ok(made, JSON.stringify(diagnostics));
  return await loadProgram(made, {
    compile: (code, filename) => compileFunction(code, ["$rt"], { filename }) as (rt: unknown) => unknown,
    importForeign: async () => foreign,
  });
}

interface Driving {
  readonly enters?: boolean;
  /** Writes the task down when it stops, or goes on from that; at its first stop, or at each. */
  readonly stop?: "snapshot" | "thaw first" | "thaw";
}

async function drive(program: Program, { enters = false, stop }: Driving) {
  const counts = { runs: 0, entries: 0 };
  let wake = (): void => {};
  let thawed = false;
  const host = {
    wake: () => wake(),
    freeze: () => false,
    now: () => 0,
    enter: () => {
      if (enters) counts.entries++;
      return enters;
    },
  };
  let task = program.task("rforeign" as TaskId, host);
  task.begin({ kind: "input", json: "" });
  for (;;) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    counts.runs++;
    const state: TaskState = task.run();
    if (state.kind === "ended") {
      assert.ok(state.outcome.kind === "value", "message" in state.outcome ? state.outcome.message : "");
      return { trace: program.decode(state.outcome.value), ...counts };
    }
    assert.deepEqual({ ...state, foreign: 1 }, { kind: "waiting", foreign: 1 });
    if (stop !== undefined && (stop !== "thaw first" || counts.runs === 1)) {
      const bytes = task.snapshot();
      if (stop !== "snapshot" && !thawed) {
        thawed = true;
        task.drop();
        task = program.task("rforeign" as TaskId, host);
        task.begin({ kind: "snapshot", bytes });
        continue;
      }
    }
    thawed = false;
    await woken;
  }
}

const programs: Readonly<Record<string, string>> = {
  "a loop": "let x = 0; for (let i = 0; i < 20; i++) { x = await settled(x + i); log(x); } return x;",
  "a loop that really waits": "for (let i = 0; i < 4; i++) log(await later(i, i));",
  "two fibers by turns": `
    const fiber = async (name) => { for (let i = 0; i < 4; i++) { log(name + (await settled(i))); await null; log(name + "-" + i); } };
    await Promise.all([fiber("a"), fiber("b")]);`,
  "fibers that wait for different times": `
    const fiber = async (name, turns) => { for (let i = 0; i < 3; i++) log(name + (await later(turns, i))); return name; };
    log((await Promise.all([fiber("a", 1), fiber("b", 3), fiber("c", 7)])).join());`,
  "what it brings lets others go on": `
    let open; const gate = new Promise((resolve) => { open = resolve; });
    const waiter = (async (name) => { await gate; log(name + 1); await null; log(name + 2); });
    const waiters = [waiter("a"), waiter("b")];
    await settled(0); open(); log("m1"); await null; log("m2"); await Promise.all(waiters); log("m3");`,
  "operands of any number": `
    log(await tools.given()); log(await tools.given(1)); log(await tools.given(1, "b")); log(await tools.given(1, 2, 3)); log(await tools.given(...[1, 2, 3, 4], 5));
    const { given } = tools; log(await given.call({ base: 8 }, undefined, null)); log(await given(void 0));`,
  "fibers that leave in another order than they came": `
    const fiber = async (name, turns) => { log(name + (await later(turns, 1))); log(name + (await tools.given(name, turns, turns + 1))); };
    await Promise.all([fiber("a", 7), fiber("b", 1), fiber("c", 5), fiber("d", 3), fiber("e", 9)]);`,
  "calls that nobody awaits on the spot": `
    async function work(name, fails) { log(name); if (fails) throw new Error("no " + name); const x = await later(1, name); log(x + "!"); return x; }
    const a = work("a"), b = work("b", true), c = work("c"); log("all begun");
    try { await b; } catch (error) { log(error.message); } log(await a);
    const d = [work("d"), c, work(await c)]; log((await Promise.all(d)).join());`,
  errors: `
    for (let i = 0; i < 3; i++) try { await failed("no " + i); } catch (error) { log(error.message); } finally { log(await settled("f" + i)); }
    await failed("out");`,
  "through calls": `
    const inner = async (x) => (await later(1, x)) + 1;
    const outer = async (x) => { try { return await inner(x); } finally { log("left " + x); } };
    for (let i = 0; i < 3; i++) log(await outer(i));
    return settled("end");`,
  "in a variable, with a second observer": `
    const p = later(2, 1); const q = p.then((v) => log("then " + v)); log(await p); await q;
    const all = [later(3, "x"), later(1, "y"), settled("z")]; log((await Promise.all(all)).join()); log(await Promise.race([later(5, "slow"), later(1, "fast")]));`,
  "in an async generator": `
    async function* gen() { for (let i = 0; i < 4; i++) yield await settled(i); yield later(2, "late"); }
    for await (const x of gen()) log("x" + x);`,
  "what only looks like a promise":
    "try { await looksLikeOne(); } catch (error) { log(error.name); } return await settled(1);",
};

for (const [name, body] of Object.entries(programs)) {
  test(`foreign promises: ${name}`, async () => {
    const expected = await runNatively(body);
    const program = await compiled(body);
    // A call that is made again after each of many stops of others is given up.
    const thaw = /different times|another order/.test(name) ? "thaw first" : "thaw";
    for (const enters of [false, true]) {
      for (const stop of [undefined, "snapshot", thaw] as const) {
        const driving: Driving = { enters, ...(stop && { stop }) };
        assert.deepEqual((await drive(program, driving)).trace, expected, JSON.stringify(driving));
      }
    }
  });
}

test("foreign promises: a task that waits for nothing else goes on without a run", async () => {
  const program = await compiled("for (let i = 0; i < 50; i++) await settled(i);");
  const entered = await drive(program, { enters: true });
  // One until it waits, one for its end.
  assert.deepEqual([entered.runs, entered.entries], [2, 50]);
  const plain = await drive(program, {});
  assert.deepEqual([plain.runs, plain.entries], [51, 0]);
});

test("foreign promises: a rejection that nobody handles ends the task that goes on by itself", async () => {
  const program = await compiled(`await settled(0); Promise.reject(new Error("nobody")); await never();`);
  await assert.rejects(drive(program, { enters: true }), /nobody/);
});
