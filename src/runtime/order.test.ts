// biome-ignore-all lint/complexity/noCommaOperator: a step that logs and goes on reads best as one expression
/**
 * Order (design L1): the same program, once over native promises and once over the kernel, must leave the same trace.
 * Programs with only `then` and combinators are run from one source; async functions are hand-written bodies as the compiler
 * would make them, beside the native function that they stand for.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId } from "../base/ids.ts";
import { type Environment, type Label, type Site, suspended } from "../protocol/abi.ts";
import { abi, TaskKernel } from "./index.ts";

type Log = (text: string) => void;
// biome-ignore lint/suspicious/noExplicitAny: both kinds of promise constructor
type AnyPromise = any;
type Program = (promise: AnyPromise, log: Log, microtask: (callback: () => void) => void) => unknown;

function createKernel(): TaskKernel {
  const host = { wake: () => {}, freeze: () => false, now: () => 0 };
  return new TaskKernel({ id: "rtest" as TaskId, host });
}

async function native(program: Program): Promise<string[]> {
  const trace: string[] = [];
  program(Promise, (text) => trace.push(text), queueMicrotask);
  await new Promise((resolve) => setImmediate(resolve));
  return trace;
}

function durable(program: Program): string[] {
  const trace: string[] = [];
  const kernel = createKernel();
  const { Promise: durablePromise, queueMicrotask: microtask } = kernel.globals;
  kernel.entered(() => program(durablePromise, (text) => trace.push(text), microtask));
  assert.equal(kernel.run(), "idle", String(kernel.failure?.error));
  return trace;
}

const programs: Record<string, Program> = {
  "then chains interleave"(P, log) {
    for (const name of ["a", "b", "c"]) {
      let chain = P.resolve();
      for (let step = 0; step < 4; step++) chain = chain.then(() => log(`${name}${step}`));
    }
  },
  "a promise returned from a handler takes two more ticks"(P, log) {
    P.resolve()
      .then(() => P.resolve(1))
      .then((value: unknown) => log(`inner ${value}`));
    let ticks = P.resolve();
    for (let step = 0; step < 6; step++) ticks = ticks.then(() => log(`tick ${step}`));
  },
  "thenables are called by a job"(P, log) {
    P.resolve({ then: (resolve: Log) => (log("then called"), resolve("x")) }).then((value: string) =>
      log(value),
    );
    P.resolve()
      .then(() => log("first"))
      .then(() => log("second"));
    log("sync");
  },
  "finally passes on, and waits"(P, log) {
    P.reject(new Error("e"))
      .finally(() => (log("finally"), P.resolve(5)))
      .catch((error: Error) => log(error.message));
    let ticks = P.resolve();
    for (let step = 0; step < 8; step++) ticks = ticks.then(() => log(`tick ${step}`));
  },
  combinators(P, log) {
    const values = [P.resolve(1), 2, P.resolve(3).then((value: number) => value + 1)];
    P.all(values).then((all: unknown) => log(`all ${JSON.stringify(all)}`));
    P.race(values).then((first: unknown) => log(`race ${first}`));
    P.any([P.reject(1), ...values]).then((any: unknown) => log(`any ${any}`));
    P.any([P.reject(1), P.reject(2)]).catch((error: AggregateError) => log(`none ${error.errors}`));
    P.allSettled([P.reject(1), 2]).then((settled: unknown) => log(`settled ${JSON.stringify(settled)}`));
    P.all([]).then(() => log("empty"));
    let ticks = P.resolve();
    for (let step = 0; step < 8; step++) ticks = ticks.then(() => log(`tick ${step}`));
  },
  "microtasks share the queue"(P, log, microtask) {
    P.resolve().then(() => log("1"));
    microtask(() => log("2"));
    P.resolve().then(() => (microtask(() => log("5")), log("3")));
    microtask(() => log("4"));
  },
  "a promise that resolves itself"(P, log) {
    const made = P.resolve().then(() => made);
    made.catch((error: Error) => log(error.constructor.name));
  },
  "resolving once"(P, log) {
    new P((resolve: Log, reject: Log) => {
      resolve("one");
      resolve("two");
      reject("three");
      throw new Error("four");
    }).then(log, log);
  },
  subclasses(P, log) {
    class Mine extends P {}
    const mine = Mine.resolve(1).then((value: number) => value + 1);
    log(String(mine instanceof Mine));
    log(String(mine instanceof P));
    mine.then((value: number) => log(String(value)));
    (mine as AnyPromise).finally(() => log("f")).then(() => log("after"));
    log(String(P.resolve(mine) === mine));
    P.resolve()
      .then(() => log("t1"))
      .then(() => log("t2"))
      .then(() => log("t3"))
      .then(() => log("t4"));
  },
};

for (const [name, program] of Object.entries(programs)) {
  test(`order: ${name}`, async () => {
    assert.deepEqual(durable(program), await native(program));
  });
}

// ---- async functions ------------------------------------------------------------------------------------------------

/** An async function of straight-line awaits: `steps[i]` is run, its result awaited. The compiler's shape, by hand. */
type Step = (
  log: Log,
  input: unknown,
) => { readonly await?: unknown; readonly call?: readonly unknown[] } | { readonly return: unknown };

function createAsync(kernel: TaskKernel, name: string, log: Log, steps: readonly Step[]): () => AnyPromise {
  const labels: (Label | null)[] = [null, ...steps.map(() => ({ line: 1, column: 0, slots: ["value"] }))];
  const site: Site = {
    id: `test#${name}`,
    name,
    kind: "async",
    position: { line: 1, column: 0 },
    hash: "0",
    labels,
    make: (env) =>
      function (this: unknown, ...args: unknown[]) {
        return kernel.start(site, env, this, args);
      },
    body(frame) {
      let at = frame === null ? 0 : frame.label;
      let input: unknown = frame === null ? undefined : kernel.resumed();
      for (;;) {
        const wanted = steps[at]!(log, input);
        if ("return" in wanted) return wanted.return;
        at++;
        const value = wanted.call
          ? kernel.call(wanted.call[0], undefined, ...wanted.call.slice(1))
          : kernel.await(wanted.await);
        if (value === suspended) return kernel.suspend(site, at, [undefined]);
        input = value;
      }
    },
  };
  return abi.closure(site, {} as Environment);
}

function nativeAsync(log: Log, steps: readonly Step[]): () => Promise<unknown> {
  return async () => {
    let input: unknown;
    for (let at = 0; ; at++) {
      const wanted = steps[at]!(log, input);
      if ("return" in wanted) return wanted.return;
      input = wanted.call
        ? await (wanted.call[0] as AnyPromise)(...wanted.call.slice(1))
        : await wanted.await;
    }
  };
}

type Make = (name: string, steps: readonly Step[]) => () => AnyPromise;
const asyncPrograms: Record<string, (make: Make, P: AnyPromise, log: Log) => void> = {
  "fibers against then chains"(make, P, log) {
    const leaf = (name: string): (() => AnyPromise) =>
      make(name, [(say) => (say(`${name} in`), { await: 1 }), (say) => (say(`${name} out`), { return: 2 })]);
    const main = (name: string): (() => AnyPromise) =>
      make(name, [
        () => ({ call: [leaf(`${name}.1`)] }),
        (say) => (say(`${name} middle`), { call: [leaf(`${name}.2`)] }),
        (say) => (say(`${name} end`), { return: 3 }),
      ]);
    main("a")();
    main("b")().then(() => log("b done"));
    let ticks = P.resolve();
    for (let step = 0; step < 10; step++) ticks = ticks.then(() => log(`tick ${step}`));
  },
  "an async function that returns a promise"(make, P, log) {
    const inner = make("inner", [() => ({ return: P.resolve("r") })]);
    const outer = make("outer", [
      () => ({ call: [inner] }),
      (say, value) => (say(`got ${value}`), { return: inner() }),
    ]);
    outer().then((value: string) => log(`outer ${value}`));
    let ticks = P.resolve();
    for (let step = 0; step < 12; step++) ticks = ticks.then(() => log(`tick ${step}`));
  },
  "awaiting promises, thenables and values"(make, P, log) {
    const settled = P.resolve(1);
    const waits = make("waits", [
      () => ({ await: settled }),
      (say) => (say("promise"), { await: { then: (resolve: Log) => resolve("t") } }),
      (say, value) => (say(`thenable ${value}`), { await: undefined }),
      (say) => (say("value"), { return: 0 }),
    ]);
    waits();
    let ticks = P.resolve();
    for (let step = 0; step < 8; step++) ticks = ticks.then(() => log(`tick ${step}`));
  },
  "alone, so that ticks are elided"(make, _P, log) {
    const leaf = make("leaf", [() => ({ await: 0 }), () => ({ return: "v" })]);
    const many: Step[] = Array.from(
      { length: 5 },
      (_, at) => (say: Log) => (say(`s${at}`), { call: [leaf] }),
    );
    make("main", [...many, (say) => (say("end"), { return: 1 })])().then(() => log("done"));
  },
};

for (const [name, program] of Object.entries(asyncPrograms)) {
  test(`order of async functions: ${name}`, async () => {
    const expected = await native((P, log) => program((_name, steps) => nativeAsync(log, steps), P, log));
    const trace: string[] = [];
    const log: Log = (text) => trace.push(text);
    const kernel = createKernel();
    kernel.entered(() =>
      program((each, steps) => createAsync(kernel, each, log, steps), kernel.globals.Promise, log),
    );
    assert.equal(kernel.run(), "idle", String(kernel.failure?.error));
    assert.deepEqual(trace, expected);
  });
}

test("a rejection without a handler fails the task, one with a late handler does not", () => {
  const kernel = createKernel();
  kernel.entered(() => {
    const rejected = kernel.globals.Promise.reject(new Error("late"));
    kernel.globals.Promise.resolve().then(() => rejected.catch(() => {}));
  });
  assert.equal(kernel.run(), "idle");
  kernel.entered(() => kernel.globals.Promise.reject(new Error("never")));
  assert.equal(kernel.run(), "failed");
  assert.equal((kernel.failure!.error as Error).message, "never");
});

test("both kinds of promise are instances of both constructors", () => {
  const kernel = createKernel();
  const { Promise: durablePromise } = kernel.globals;
  kernel.entered(() => {
    const made = durablePromise.resolve(1);
    assert.ok(made instanceof Promise);
    assert.ok(made instanceof durablePromise);
    assert.ok(Promise.resolve(1) instanceof durablePromise);
    assert.ok(!({} instanceof durablePromise));
    assert.equal(Object.prototype.toString.call(made), "[object Promise]");
    assert.deepEqual(Reflect.ownKeys(made), []);
  });
});
