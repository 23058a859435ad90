/** What a task sees of the clock on machines whose clocks differ (design H22). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId } from "../../src/base/ids.ts";
import type { Program } from "../../src/runtime/index.ts";
import { compileBody } from "./drive.ts";

/** A stay in one process: what its clocks show while the task runs there. */
interface Stay {
  readonly now: number;
  readonly ticks: number;
}

const awake = { kind: "value", value: new Uint8Array(0) } as const;

/** Runs a program from stop to stop, in a process of its own each time, until it has ended; answers its trace. */
function travel(program: Program, stays: readonly Stay[]): unknown[] {
  const id = "rclock" as TaskId;
  let task: ReturnType<Program["task"]> | undefined;
  let snapshot: Uint8Array | undefined;
  let effect = 0;
  for (const { now, ticks } of [...stays, stays.at(-1)!]) {
    task = program.task(id, { wake: () => {}, freeze: () => false, now: () => now, monotonic: () => ticks });
    task.begin(snapshot === undefined ? { kind: "input", json: "" } : { kind: "snapshot", bytes: snapshot });
    if (effect > 0) task.deliver([{ effect, outcome: awake }]);
    const state = task.run();
    if (state.kind === "ended") {
      assert.equal(state.outcome.kind, "value");
      return program.decode((state.outcome as { value: Uint8Array }).value) as unknown[];
    }
    effect = task.takeEffects().findLast(({ kind }) => kind === "sleep")?.id ?? 0;
    snapshot = task.snapshot();
    task.drop();
  }
  assert.fail("the program stops more often than it has places to go to");
}

const hour = 3_600_000;
const noon = Date.UTC(2030, 0, 1, 12);

test("dates never go back, whatever the machine's clock shows", async () => {
  const program = await compileBody(`
    const now = Date.now;
    for (let stop = 0; stop < 3; stop++) {
      log([Date.now(), new Date().getTime(), new Date(Date()).getTime(), now(), Date.now.call(null)].join());
      await sleep(1);
    }
    return typeof now;`);
  const trace = travel(program, [
    { now: noon, ticks: 5 },
    { now: noon - hour, ticks: 9 },
    { now: noon + 2_000, ticks: 1 },
    { now: noon, ticks: 1 },
  ]);
  const five = (ms: number): string => Array(5).fill(ms).join();
  assert.deepEqual(trace, [five(noon), five(noon), five(noon + 2_000), "returned", "function"]);
});

test("performance.now() goes on from where it was in the next process, by the server's clock", async () => {
  const program = await compileBody(`
    const { performance: p } = globalThis;
    const { now } = performance;
    for (let stop = 0; stop < 4; stop++) {
      log([performance.timeOrigin, performance.now(), p.now(), now()].join());
      await sleep(1);
    }
    return [performance instanceof Performance, p === performance, performance.toJSON().timeOrigin].join();`);
  const trace = travel(program, [
    { now: noon, ticks: 700.5 },
    { now: noon + 50, ticks: 3 },
    { now: noon - hour, ticks: 90_000.25 },
    { now: noon + hour, ticks: 2 },
    { now: noon + hour, ticks: 1 },
  ]);
  const line = (ms: number): string => [noon, ...Array(3).fill(ms)].join();
  assert.deepEqual(trace, [line(0), line(50), line(50), line(hour), "returned", `true,true,${noon}`]);
});

test("a program that has not looked at the clock saves nothing of it, and one that has, sixteen bytes or so", async () => {
  const weigh = async (body: string): Promise<number> => {
    const program = await compileBody(body);
    const host = { wake: () => {}, freeze: () => false, now: () => noon, monotonic: () => 0 };
    const task = program.task("rclock" as TaskId, host);
    task.begin({ kind: "input", json: "" });
    task.run();
    return task.snapshot().length;
  };
  const silent = await weigh(`const at = ${noon}; await sleep(1); return at;`);
  const looked = await weigh(`const at = Date.now(); await sleep(1); return at;`);
  assert.ok(looked > silent && looked - silent < 40, `${looked} and ${silent} bytes`);
});

test("what is put in the place of the clock is what the program gets", async () => {
  const body = `
    const real = Date;
    class Fake extends Date { static now() { return this === Fake ? 7 : 8; } constructor(...given) { super(...(given.length ? given : [7])); } }
    globalThis.Date = Fake;
    log([Date.now(), +new Date(), new Date(5) instanceof real].join());
    await sleep(1);
    log([Date.now(), +new Date(), Date === Fake, Date.now(1)].join());
    globalThis.performance = { now: () => 3 };
    log(performance.now());
    return [delete Date.now, (() => { const Date = { now: () => 9 }; return Date.now(); })()].join();`;
  const program = await compileBody(body, { ownRealm: true });
  const trace = travel(program, [
    { now: noon, ticks: 0 },
    { now: noon, ticks: 0 },
  ]);
  assert.deepEqual(trace, ["7,7,true", "7,7,true,7", 3, "returned", "true,9"]);
});

test("a clock that is taken out of Date by its name is the task's", async () => {
  const program = await compileBody(
    `const { now, UTC: utc } = Date; log([now(), now === Date.now, utc(1970, 0)].join()); await sleep(1); return now();`,
  );
  const trace = travel(program, [
    { now: noon, ticks: 0 },
    { now: noon + 5, ticks: 0 },
    { now: noon + 5, ticks: 0 },
  ]);
  assert.deepEqual(trace, [`${noon},true,0`, "returned", noon + 5]);
});

test("a method of the clock that the program replaces is the task's: it goes along, and no other sees it", async () => {
  const body = `
    const p = performance;
    let at = 3;
    p.now = () => at;
    log(performance.now());
    await sleep(1);
    at = 4;
    log([performance.now(), p.now(), Object.hasOwn(p, "now")].join());
    delete p.now;
    Object.defineProperty(p, "now", { value: () => 5 });
    await sleep(1);
    log(p.now());
    return [delete p.now, typeof p.now()].join();`;
  const program = await compileBody(body, { ownRealm: true });
  const stay = { now: noon, ticks: 0 };
  assert.deepEqual(travel(program, [stay, stay, stay]), [3, "4,4,true", 5, "returned", "true,number"]);
  assert.ok(!Object.hasOwn(performance, "now"), "the process's own is as it was");
});

test("foreign code that stubs the realm's clock stubs the task's", async () => {
  const program = await compileBody(
    `log([Date.now(), performance.now()].join()); await sleep(1); return Date.now();`,
  );
  const { now } = Date;
  try {
    Date.now = () => 11;
    performance.now = () => 12;
    const trace = travel(program, [
      { now: noon, ticks: 0 },
      { now: noon, ticks: 0 },
      { now: noon, ticks: 0 },
    ]);
    assert.deepEqual(trace, ["11,12", "returned", 11]);
  } finally {
    Date.now = now;
    delete (performance as { now?: unknown }).now;
  }
});
