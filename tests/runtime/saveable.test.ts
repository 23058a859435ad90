/** `saveable` and `resource`: programs over a package of opaque classes, run through, thawed at every stop, and frozen at every chance. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { compileFunction } from "node:vm";
import * as api from "../../src/api/index.ts";
import type { TaskId } from "../../src/base/ids.ts";
import { bundle } from "../../src/compiler/index.ts";
import { inspectSnapshot, loadProgram, type Program, type Task } from "../../src/runtime/index.ts";
import { runTask, traceOf } from "./drive.ts";

class Money {
  readonly #cents: bigint;
  constructor(text: string) {
    this.#cents = BigInt(text);
  }
  plus(other: Money): Money {
    return new Money(String(this.#cents + other.#cents));
  }
  toString(): string {
    return String(this.#cents);
  }
}
class Euro extends Money {}
class Basket {
  readonly #held: unknown[];
  constructor(held: unknown[]) {
    this.#held = held;
  }
  held(): unknown[] {
    return this.#held;
  }
}

/** A connection, and the questions that it has been asked. */
class Connection {
  readonly number: number;
  readonly secret = new WeakMap();
  constructor(number: number) {
    this.number = number;
  }
  ask(what: string): Promise<string> {
    world.log.push(`${this.number} asked ${what}`);
    return new Promise((resolve) => {
      world.answer = () => resolve(`${what} by ${this.number}`);
    });
  }
}
const world = { opened: 0, log: [] as string[], answer: (): void => {} };
const money = {
  Money,
  Euro,
  Basket,
  connect: () => new Connection(++world.opened),
  closed: ({ number }: Connection) => void world.log.push(`closed ${number}`),
};

async function programOf(source: string): Promise<Program> {
  const text = `import { call, resource, saveable, sleep } from "continua";
    import { Basket, closed, connect, Euro, Money } from "money";
    ${source}`;
  const built = await bundle(
    "main.js",
    {
      read: async () => text,
      resolve: async (name) => ({ kind: "foreign", name }),
      hash: (part) => createHash("sha256").update(part).digest("hex"),
    },
    { root: "/app", nodeMajor: 20 },
  );
  assert.ok(built.bundle !== undefined, JSON.stringify(built.diagnostics));
  return await loadProgram(built.bundle, {
    compile: (code, filename) => compileFunction(code, ["$rt"], { filename }) as (rt: unknown) => unknown,
    importForeign: async ({ name }) => (name === "continua" ? { ...api } : { ...money }),
  });
}

const registered = "saveable(Money, { save: (money) => money.toString(), load: (text) => new Money(text) });";

const programs: Readonly<Record<string, { readonly source: string; readonly trace: readonly unknown[] }>> = {
  "identity, collections, private members of one's own": {
    source: `${registered}
      class Account { #money; constructor(money) { this.#money = money; } get money() { return this.#money; } }
      export default async function main() {
        const one = new Money("1"), account = new Account(one), set = new Set([one]), frozen = Object.freeze({ one });
        const add = (other) => one.plus(other).toString();
        await sleep(1);
        return [account.money === one, set.has(one), frozen.one === one, one instanceof Money, add(new Money("41"))];
      }`,
    trace: [true, true, true, true, "42"],
  },
  "arguments and results, of functions that know nothing of it": {
    source: `${registered}
      async function double({ money }) { await sleep(1); const sum = money.plus(money); await sleep(1); return [sum, sum]; }
      export default async function main() {
        const [one, again] = await call(double, { money: new Money("21") });
        await sleep(1);
        return [one === again, one.toString()];
      }`,
    trace: [true, "42"],
  },
  "registered in a function: what it is goes with it": {
    source: `async function double(money) { await sleep(1); const sum = money.plus(money); await sleep(1); return sum; }
      export default async function main() {
        saveable(Money, { save: (money) => money.toString(), load: (text) => new Money(text) });
        return [(await call(double, new Money("21"))).toString()];
      }`,
    trace: ["42"],
  },
  "what came with an instance gives way to what the task registers": {
    source: `const register = (factor) => saveable(Money, { save: (money) => money.toString(), load: (text) => new Money(text) });
      async function double(money) { register(); await sleep(1); return money.plus(money); }
      export default async function main() { register(); return [(await call(double, new Money("21"))).toString()]; }`,
    trace: ["42"],
  },
  "classes of the program, in each other, with data that is a value": {
    source: `${registered}
      saveable(Basket, { save(basket) { return { held: basket.held(), at: new Date(7) }; }, load({ held, at }) { return new Basket([...held, at.getTime()]); } });
      class Box { constructor(text) { Object.defineProperty(this, "text", { get: () => text }); } }
      saveable(Box, { save: (box) => box.text, load: (text) => new Box(text + "!") });
      export default async function main() {
        const basket = new Basket([new Money("1"), new Box("b")]);
        const copy = await call(async (given) => given, basket);
        const [money, box, at] = copy.held();
        return [money.toString(), box.text.slice(0, 2), at];
      }`,
    trace: ["1", "b!", 7],
  },
  "captured by value, with a bound function over it": {
    source: `${registered}
      export default async function main() {
        const one = new Money("21"), plus = (function (other) { return this.plus(other); }).bind(one);
        const sum = () => [sum === all.sum, one.plus(one).toString(), plus(one).toString(), plus === all.plus], all = { sum, plus };
        await sleep(1);
        return sum();
      }`,
    trace: [true, "42", "42", true],
  },
  "a bound function over an instance": {
    source: `${registered}
      export default async function main() {
        const add = (function (other) { return this.plus(other); }).bind(new Money("40"));
        await sleep(1);
        return [add(new Money("2")).toString()];
      }`,
    trace: ["42"],
  },
};

for (const [name, { source, trace }] of Object.entries(programs)) {
  test(`saveable: ${name}`, async () => {
    const program = await programOf(source);
    for (const thaw of ["never", "stops", "polls"] as const)
      assert.deepEqual(traceOf(program, thaw), trace, thaw);
  });
}

const mistakes: Readonly<Record<string, readonly [source: string, message: RegExp]>> = {
  "not a class": ["saveable({}, { save: String, load: String })", /saveable\(\) takes a class.*is object/],
  "no function": ["saveable(Money, { save: (m) => 1 })", /saveable\(Money\): load is undefined/],
  "saved as it is": [
    "saveable(Map, { save: (map) => [...map], load: (list) => new Map(list) })",
    /saveable\(Map\): its instances are saved as they are/,
  ],
  "a function of a package": [
    "saveable(Money, { save: String, load: (text) => new Money(text) })",
    /have to be functions of the program/,
  ],
  "registered twice": [
    `${registered} ${registered}`,
    /saveable\(Money\): the class is registered already, with other functions/,
  ],
  "what cannot be saved": [
    "saveable(Basket, { save: (b) => ({ held: b.held() }), load: (d) => new Basket(d.held) }); const b = new Basket([new TextDecoder()]); await sleep(1); b.held()",
    /b \(Basket\) in main.*cannot be saved: what save\(\) of Basket answers: held\[0\] \(TextDecoder\) cannot be saved/,
  ],
  "what leads back": [
    "saveable(Basket, { save: (b) => b.held(), load: (held) => new Basket(held) }); const b = new Basket([]); b.held().push({ b }); await sleep(1); b.held()",
    /b \(Basket\) in main.*answers leads back to the object itself/,
  ],
  "a save that waits": [
    "saveable(Money, { save: async (m) => 1, load: (text) => new Money(text) }); const m = new Money('1'); await sleep(1); m.plus(m)",
    /m \(Money\) in main.*what save\(\) of Money answers is a promise/,
  ],
  "a save that acts": [
    "saveable(Money, { save: (m) => { void sleep(5); return 1; }, load: (text) => new Money(text) }); const m = new Money('1'); await sleep(1); m.plus(m)",
    /save\(\) of Money asked the task for something/,
  ],
  "a save that throws": [
    "saveable(Money, { save: (m) => { throw new TypeError('no'); }, load: (text) => new Money(text) }); const m = new Money('1'); await sleep(1); m.plus(m)",
    /save\(\) of Money threw TypeError: no/,
  ],
  "a load that makes something else": [
    "saveable(Money, { save: (m) => 1, load: (text) => new Euro(text) }); const m = new Money('1'); await sleep(1); m.plus(m)",
    /load\(\) of Money answered something else than a Money/,
  ],
  "a load that throws": [
    "saveable(Money, { save: (m) => 'x', load: (text) => new Money(text) }); const m = new Money('1'); await sleep(1); m.plus(m)",
    /load\(\) of Money threw SyntaxError: Cannot convert x to a BigInt/,
  ],
  "a class below it": [
    `${registered} const m = new Euro('1'); await sleep(1); m.plus(m)`,
    /m \(Euro\) in main.*its class is foreign/,
  ],
};

for (const [name, [body, message]] of Object.entries(mistakes)) {
  test(`saveable: mistakes: ${name}`, async () => {
    const program = await programOf(`export default async function main() { ${body}; }`);
    let told: string;
    try {
      const outcome = runTask(program, { thaw: "stops" });
      told = outcome.kind === "value" ? "nothing" : outcome.message;
    } catch (error) {
      told = (error as Error).message;
    }
    assert.match(told, message);
  });
}

test("saveable and resource outside a task say so", () => {
  const how = { save: () => 1, load: () => new Money("1") };
  assert.throws(() => api.saveable(Money, how), /saveable\(Money\) works inside a task only/);
  assert.throws(() => api.resource(() => 1), /resource\(\) works inside a task only/);
});

test("what is saved of an instance is shown", async () => {
  const program = await programOf(`${registered}
    saveable(Basket, { save: (basket) => basket.held(), load: (held) => new Basket(held) });
    export default async function main() { const money = new Money("12"), basket = new Basket([1]); await sleep(1); return [money, basket]; }`);
  const task = begun(program);
  task.run();
  const shown = inspectSnapshot(task.snapshot())
    .fibers.flatMap(({ frames }) => frames)
    .flatMap(({ variables }) => variables.map((variable) => `${variable.name} ${variable.value}`));
  assert.ok(shown.includes('money Money "12"'), shown.join());
  assert.match(shown.join(), /basket Basket \(\d+ bytes\)/);
});

// ---- resources ------------------------------------------------------------------------------------------------------

function begun(program: Program, bytes?: Uint8Array): Task {
  const task = program.task("r1" as TaskId, { wake: () => {}, freeze: () => false, now: () => 0 });
  task.begin(bytes === undefined ? { kind: "input", json: "" } : { kind: "snapshot", bytes });
  return task;
}

/** Runs until the task has nothing left to do but wait for the world. */
async function run(task: Task): Promise<string> {
  for (let turn = 0; ; turn++) {
    const state = task.run();
    if (state.kind === "ended")
      return state.outcome.kind === "value" ? "value" : `${state.outcome.kind}: ${state.outcome.message}`;
    if (turn === 5) return state.kind;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function reset(): void {
  world.opened = 0;
  world.log = [];
}

test("resource: opened once, again after a thaw; a call in flight is made again; closed when the task leaves", async () => {
  reset();
  const program = await programOf(`
    const db = resource(() => connect(), (connection) => closed(connection));
    export default async function main() {
      const first = await db.use((connection) => connection.ask("first"));
      const held = { db, again: db };
      const second = await held.db.use((connection) => connection.ask("second"));
      if (held.db !== held.again || second !== "second by 2") throw new Error(second);
      return first;
    }`);
  const task = begun(program);
  assert.equal(await run(task), "waiting");
  world.answer();
  assert.equal(await run(task), "waiting");
  assert.deepEqual(world.log, ["1 asked first", "1 asked second"]);
  const bytes = task.snapshot();
  task.drop();
  await new Promise((resolve) => setImmediate(resolve));
  const thawed = begun(program, bytes);
  assert.equal(await run(thawed), "waiting");
  world.answer();
  assert.equal(await run(thawed), "value");
  thawed.drop();
  thawed.drop();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(world.log, ["1 asked first", "1 asked second", "closed 1", "2 asked second", "closed 2"]);
});

test("resource: a function that waits in the middle pins the task, with or without the object, and only so long", async () => {
  for (const body of [
    "const answer = await connection.ask('one'); return connection.number + answer;",
    "return (await connection.ask('one')) + '!';",
  ]) {
    reset();
    const program = await programOf(`
      const db = resource(() => connect());
      export default async function main() {
        const one = await db.use(async (connection) => { ${body} });
        await sleep(1);
        return one;
      }`);
    const task = begun(program);
    assert.equal(await run(task), "waiting");
    assert.throws(() => task.snapshot(), /use\(\) of a resource at main.js:\d+:\d+ waits in the middle/);
    world.answer();
    assert.equal(await run(task), "waiting");
    assert.ok(task.snapshot().length > 0, "it sleeps");
  }
});

test("resource: an object that leaves its function is named", async () => {
  reset();
  const program = await programOf(`
    const db = resource(() => connect());
    export default async function main() {
      const kept = await db.use((connection) => connection);
      await sleep(1);
      return kept.number;
    }`);
  const task = begun(program);
  assert.equal(await run(task), "waiting");
  assert.throws(() => task.snapshot(), /kept \(Connection\) in main.*cannot be saved/);
});

test("resource: what cannot be opened rejects, and is tried again by the next use", async () => {
  reset();
  const program = await programOf(`
    let tries = 0;
    const db = resource(() => { if (++tries === 1) throw new Error("refused"); return connect(); });
    const slow = resource(async () => { await null; if (++tries === 3) throw new Error("refused"); return connect(); });
    const told = async (each) => { try { return await each.use((connection) => connection.number); } catch (error) { return error.message; } };
    export default async function main() {
      const all = [await told(db), await told(db), await told(slow), await told(slow), await told(slow)].join();
      if (all !== "refused,1,refused,2,2") throw new Error(all);
    }`);
  assert.equal(await run(begun(program)), "value");
});
