/**
 * The hard cases of the design (H1, H4 to H7), each as a program that means what it says only because of its rule. Programs are run with a
 * thaw at every stop; H2 has places.test.ts, the order and repetition of foreign calls foreign.test.ts.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { compileFunction } from "node:vm";
import { checkpoint } from "../../src/api/index.ts";
import type { TaskId } from "../../src/base/ids.ts";
import { bundle } from "../../src/compiler/index.ts";
import type { Effect } from "../../src/protocol/effect.ts";
import {
  loadProgram,
  NotSaveableError,
  type Program,
  requestCheckpoint,
  signal,
  sleepFor,
  spawnChild,
} from "../../src/runtime/index.ts";

/** Objects of a class that nobody knows how to save. */
class Schema {
  readonly kind: string;

  constructor(kind: string) {
    made.push(kind);
    this.kind = kind;
  }

  accepts(value: unknown): boolean {
    return typeof value === this.kind;
  }
}

/** A thing of a package that calls its listeners when it likes. */
class Bus {
  once(listener: () => void): void {
    setImmediate(listener);
  }
}

/** What foreign code has done since the test began. */
const made: unknown[] = [];
const listeners: (() => void)[] = [];

const foreign = {
  Schema,
  Bus,
  schema: (kind: string) => new Schema(kind),
  sleep: sleepFor,
  checkpoint: requestCheckpoint,
  checkpointSoon: () => checkpoint(),
  call: (fn: unknown, ...args: unknown[]) => spawnChild("call", fn, args, { joined: true }).result,
  spawn: (fn: unknown) => spawnChild("spawn", fn, [], { joined: false }).task,
  /** Answers in the second process. */
  ask: (list: unknown[]) => {
    made.push([...list]);
    return made.length === 1 ? new Promise(() => {}) : Promise.resolve(list.length);
  },
  /** An emitter: only foreign code has the listener. */
  once: (listener: () => void) => void listeners.push(listener),
  later: (callback: () => void) => void setImmediate(callback),
};

async function compiled(source: string): Promise<Program> {
  const { bundle: built, diagnostics } = await bundle(
    "main.js",
    {
      read: async () => `import { ${Object.keys(foreign).join(", ")} } from "foreign";\n${source}`,
      resolve: async () => ({ kind: "foreign", name: "foreign" }),
      hash: (text) => createHash("sha256").update(text).digest("hex"),
    },
    { root: "/app", nodeMajor: 20 },
  );
  assert.ok(built, JSON.stringify(diagnostics));
  return await loadProgram(built, {
    compile: (code, filename) => compileFunction(code, ["$rt"], { filename }) as (rt: unknown) => unknown,
    importForeign: async () => foreign,
  });
}

interface Ended {
  readonly value: unknown;
  /** Questions asked at polls. */
  readonly polls: number;
  /** Effects that were not refused. */
  readonly effects: readonly Effect["kind"][];
}

/** Turns of the event loop in which all foreign code of these programs has long settled. */
const turnsMax = 50;

/** A rule that is not kept leaves the task waiting for ever: that is an assertion that fails, not a test that never ends. */
async function soon(woken: Promise<void>, why: string): Promise<void> {
  let isWoken = false;
  void woken.then(() => {
    isWoken = true;
  });
  for (let turns = 0; !isWoken && turns < turnsMax; turns += 1)
    await new Promise((resolve) => setImmediate(resolve));
  assert.ok(isWoken, `the task will never go on: ${why}`);
}

/** As a worker does it: what cannot be saved stays in its process, and effects that somebody waits for are refused. */
async function run(source: string, { freezes = false, stays = false } = {}): Promise<Ended> {
  made.length = 0;
  listeners.length = 0;
  const program = await compiled(source);
  let polls = 0;
  let wake = (): void => {};
  const host = {
    wake: () => wake(),
    freeze: () => {
      polls++;
      // A task that was just frozen runs on to the next chance.
      return freezes && polls % 2 === 0;
    },
    now: () => 0,
  };
  let task = program.task("rhard" as TaskId, host);
  task.begin({ kind: "input", json: "" });
  const effects: Effect["kind"][] = [];
  // In the process that a task waits in, it may go on before it is written down.
  let thawed = stays;
  let taken: Effect[] = [];
  for (;;) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    signal[0] = freezes ? 1 : 0;
    const state = task.run();
    signal[0] = 0;
    taken.push(...task.takeEffects());
    if (state.kind === "ended") {
      assert.ok(state.outcome.kind === "value", "message" in state.outcome ? state.outcome.message : "");
      return { value: program.decode(state.outcome.value), polls, effects };
    }
    try {
      const bytes = task.snapshot();
      if (!thawed) {
        task.drop();
        task = program.task("rhard" as TaskId, host);
        task.begin({ kind: "snapshot", bytes });
      }
    } catch (error) {
      assert.ok(error instanceof NotSaveableError, String(error));
      taken = task.refuse(taken, error);
      await soon(woken, error.message);
      continue;
    }
    effects.push(...taken.map(({ kind }) => kind));
    const answered = taken.filter(({ kind }) => kind === "sleep" || kind === "checkpoint");
    taken = [];
    if (state.kind === "waiting" && answered.length === 0 && thawed) await soon(woken, "it waits");
    thawed = stays || (!thawed && answered.length === 0);
    for (const { id } of answered)
      task.deliver([{ effect: id, outcome: { kind: "value", value: new Uint8Array(0) } }]);
  }
}

test("H1: a foreign value of a module is made again when it is asked for, and is one object wherever it is held", async () => {
  const { value } = await run(`
    const text = schema("string"), number = new Schema("number"), unused = schema("symbol");
    const list = [text, { also: text }];
    const check = (value) => list[1].also.accepts(value);
    export default async function main() {
      const mine = text;
      const before = text.accepts("a");
      await sleep(1);
      await sleep(1);
      return [before, check("a"), number.accepts("a"), mine === text, list[0] === text];
    }`);
  assert.deepEqual(value, [true, true, false, true, true]);
  // All three in the first process; in each later one what is held or asked for, once.
  assert.deepEqual(made.toSorted(), ["number", "number", "string", "string", "string", "symbol"]);
});

test("H1: one that a function holds has no name: it cannot be saved, and the variable is named", async () => {
  const { value } = await run(`
    export default async function main() {
      const local = schema("string");
      try { await sleep(1); } catch (error) { return [error.name, error.message, local.accepts("a")]; }
    }`);
  assert.deepEqual((value as string[])[0], "NotSaveableError");
  assert.match(
    (value as string[])[1]!,
    /^sleep could not be asked for: local \(Schema\) in main at main\.js:3:/,
  );
  assert.equal((value as unknown[])[2], true);
});

test("H4: a poll below a native function does not freeze, and one below compiled ones does", async () => {
  const source = (calls: string): string => `
    async function count(n) { let x = 0; for (let i = 0; i < 50; i++) x += n; return x; }
    export default async function main() { return ${calls}; }`;
  const below = await run(source("await Promise.all([1, 2, 3].map((n) => count(n)))"), { freezes: true });
  assert.deepEqual(below.value, [50, 100, 150]);
  const fused = await run(source("[await count(1), await count(2)]"), { freezes: true });
  assert.deepEqual(fused.value, [50, 100]);
  assert.ok(below.polls < 30 && fused.polls > 99, `${below.polls} and ${fused.polls} questions`);
});

test("H4: who is frozen at a poll goes on first: nothing that waits for its turn comes in between", async () => {
  const { value, polls } = await run(
    `
    export default async function main() {
      const seen = [];
      const other = Promise.resolve().then(() => seen.push("other"));
      for (let i = 0; i < 6; i++) seen.push(i);
      await other;
      return seen;
    }`,
    { freezes: true },
  );
  assert.deepEqual(value, [0, 1, 2, 3, 4, 5, "other"]);
  assert.ok(polls > 2, `${polls} questions`);
});

test("H5: a foreign call is made again with its operands as the snapshot has them", async () => {
  for (const how of [
    "const p = ask(list); list.push(2); return await p",
    "return await Promise.all([ask(list), list.push(2)])",
  ]) {
    const { value } = await run(`export default async function main() { const list = [1]; ${how}; }`);
    assert.deepEqual(
      [value, made],
      how.includes("all")
        ? [
            [2, 2],
            [[1], [1, 2]],
          ]
        : [2, [[1], [1, 2]]],
    );
  }
});

test("H6: what waits for a resolver that only foreign code had is interrupted in the next process, and can catch it", async () => {
  const { value } = await run(`
    export default async function main() {
      try { await new Promise((resolve) => once(resolve)); } catch (error) { return [error.name, error.message]; }
    }`);
  assert.equal((value as string[])[0], "InterruptedError");
  assert.match((value as string[])[1]!, /awaited in main at main\.js:4:/);
});

test("H6: a resolver that the program holds as well is not lost", async () => {
  const { value } = await run(`
    const kept = new Map();
    export default async function main() {
      const first = new Promise((resolve) => { once(resolve); kept.set("first", resolve); });
      const second = sleep(1).then(() => kept.get("first")("from the map"));
      return [await first, await second];
    }`);
  assert.deepEqual(value, ["from the map", undefined]);
});

test("H6: a resolver that the program holds as well may still be called by foreign code that has one of its functions", async () => {
  const { value } = await run(
    `export default async function main() {
      let finish;
      const finished = new Promise((resolve) => { finish = resolve; });
      later(() => finish("called"));
      const value = await finished;
      finish("again");
      return value;
    }`,
    { stays: true },
  );
  assert.equal(value, "called");
});

for (const [how, listen] of [
  ["a constant of the module", `bus.once(() => finish("called"))`],
  ["a variable", `((of) => of.once(() => finish("called")))(bus)`],
] as const) {
  test(`H6: so may what is held by a foreign object in ${how}`, async () => {
    const { value } = await run(
      `const bus = new Bus();
      export default async function main() {
        let finish;
        const finished = new Promise((resolve) => { finish = resolve; });
        ${listen};
        const value = await finished;
        finish("again");
        return value;
      }`,
      { stays: true },
    );
    assert.equal(value, "called");
  });
}

test("H20: what only objects of the program hold, under whatever methods, is waited for in vain", async () => {
  const ended = run(`
    class Own { held = []; once(listener) { this.held.push(listener); } on(listener) { return this.once(listener); } }
    const own = new Own();
    export default async function main() {
      let finish;
      const finished = new Promise((resolve) => { finish = resolve; });
      own.once(() => finish("called"));
      await own.on(() => finish("called"));
      await Promise.resolve(1).then(() => 2);
      await finished;
      finish();
    }`);
  await assert.rejects(ended, /DeadlockError/);
});

test("H6: it is interrupted in the next process, where nobody has that function any more", async () => {
  const { value } = await run(`
    export default async function main() {
      let finish;
      const finished = new Promise((resolve) => { finish = resolve; });
      once(() => finish("called"));
      try { await finished; } catch (error) { finish("again"); return error.name; }
    }`);
  assert.equal(value, "InterruptedError");
});

test("H7: while something cannot be saved, effects that somebody waits for throw before they happen; later ones work", async () => {
  const { value, effects } = await run(`
    async function child() {}
    export default async function main() {
      const seen = [];
      {
        const socket = schema("socket");
        spawn(child);
        for (const effect of [() => sleep(1), () => call(child), () => checkpoint()])
          try { await effect(); seen.push("done"); } catch (error) { seen.push(error.name); }
        seen.push(socket.kind);
      }
      await checkpoint();
      await sleep(1);
      return seen;
    }`);
  assert.deepEqual(value, ["NotSaveableError", "NotSaveableError", "NotSaveableError", "socket"]);
  // What nobody waits for goes with the first commit that there can be.
  assert.deepEqual(effects, ["spawn", "checkpoint", "sleep"]);
});

test("H7: a checkpoint that nobody waits for is not made while something cannot be saved, and nothing comes of it", async () => {
  const { value } = await run(`
    async function child() {}
    export default async function main() {
      const seen = [];
      {
        const socket = schema("socket");
        await checkpointSoon();
        try { await call(child); } catch (error) { seen.push(error.name); }
        seen.push(socket.kind);
      }
      await sleep(1);
      return seen;
    }`);
  assert.deepEqual(value, ["NotSaveableError", "socket"]);
});
