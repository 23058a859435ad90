/** Cancelling, signals, select and inboxes in a real program on real processes. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, start, temporaryFolder } from "./continua.ts";

const program = `
  import { call, CancelledError, current, inbox, mapTasks, mutex, queue, select, type Semaphore, sleep, spawn, step, type Task } from "continua";

  const log = queue<string>({ name: "log" });

  /** Waits in many fibers, and says in each how it ended. */
  async function waiter(lock: Semaphore) {
    const named = async (name: string, wait: () => Promise<unknown>) => {
      try {
        await wait();
        await log.enqueue(name + " ended");
      } catch (error) {
        await log.enqueue(name + ": " + (error as Error).name + (error === current.signal.reason || name === "child" ? " (the reason)" : ""));
        throw error;
      } finally {
        await sleep(5);
        await log.enqueue(name + " cleaned up");
      }
    };
    await using permit = await lock.acquire();
    const fibers = [
      named("sleep", () => sleep("1 hour")),
      named("dequeue", () => queue({ name: "nothing" }).dequeue().then((item) => item)),
      named("timer", () => new Promise((resolve) => setTimeout(resolve, 3_600_000))),
      named("child", () => call(sleeper)),
      named("generator", async () => { for await (const tick of ticks()) void tick; }),
    ];
    await log.enqueue("begun");
    await Promise.all(fibers);
  }

  async function* ticks() {
    try {
      for (;;) { await sleep("1 hour"); yield 1; }
    } finally {
      await log.enqueue("generator closed");
    }
  }

  async function sleeper() {
    await sleep("1 hour");
  }

  async function lateStarter() {
    await log.enqueue("never");
  }

  async function deaf() {
    for (;;) await sleep("1 hour").catch(() => {});
  }

  async function polite() {
    try {
      await sleep("1 hour");
    } catch {
      return "as you wish";
    }
  }

  /** Leaves timers behind: after its cancellation nobody waits for them. */
  async function untidy() {
    setInterval(() => {}, 60_000);
    setTimeout(() => {}, 3_600_000);
    await log.enqueue("untidy");
    await sleep("1 hour").catch(() => {});
    return "done";
  }

  async function drained(count: number) {
    const got: string[] = [];
    while (got.length < count) got.push(await log.dequeue());
    return got;
  }

  const outcome = (task: Task) => task.result().then((value) => "value " + value, (error) => error.name + (error instanceof CancelledError));

  export default async function main() {
    const lock = mutex({ name: "m" });
    const task = spawn(waiter, lock);
    const first = await log.dequeue();
    task.cancel();
    task.cancel();
    const ended = await outcome(task);
    const lines = await drained(11);
    await (await lock.acquire()).release();
    const unstarted = spawn(lateStarter);
    unstarted.cancel();
    const deafOne = spawn(deaf);
    const politeOne = spawn(polite);
    await sleep(300);
    const untidyOne = spawn(untidy);
    await log.dequeue();
    untidyOne.cancel({ grace: "1 hour" });
    deafOne.cancel({ grace: 100 });
    politeOne.cancel();
    const late = spawn.with({ timeLimit: "200ms", labels: { kind: "slow" } })(sleeper);
    const named = [spawn.with({ id: "one/two.3" })(polite), spawn.with({ id: "one/two.3" })(polite)];
    const outcomes = await Promise.all([unstarted, deafOne, politeOne, untidyOne, late].map(outcome));
    named[1]!.cancel();
    return { first, ended, lines: lines.sort(), outcomes, same: named[0]!.id === named[1]!.id, named: await outcome(named[0]!) };
  }
`;

const expected = {
  first: "begun",
  ended: "CancelledErrortrue",
  lines: [
    "child cleaned up",
    "child: CancelledError (the reason)",
    "dequeue cleaned up",
    "dequeue: CancelledError (the reason)",
    "generator cleaned up",
    "generator closed",
    "generator: CancelledError (the reason)",
    "sleep cleaned up",
    "sleep: CancelledError (the reason)",
    "timer cleaned up",
    "timer: CancelledError (the reason)",
  ],
  outcomes: [
    "CancelledErrortrue",
    "CancelledErrortrue",
    "value as you wish",
    "value done",
    "TimeoutErrorfalse",
  ],
  same: true,
  named: "value as you wish",
};

function folderWith(t: { after(fn: () => void): void }, source: string): string {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), source);
  return folder;
}

test("cancel: each wait is rejected once, finally blocks run, locks are given back", async (t) => {
  const folder = folderWith(t, program);
  const run = await continua(["run", "main.ts", "--quiet"], folder);
  assert.equal(run.status, 0, run.stderr);
  assert.deepEqual(JSON.parse(run.stdout), expected);
});

const choosing = `
  import { barrier, type Inbox, inbox, mutex, type Queue, queue, select, type Selected, sleep, spawn, type Task } from "continua";

  async function feed(to: Queue<number>, count: number) {
    for (let n = 0; n < count; n++) {
      await to.enqueue(n);
      if (n % 5 === 4) await sleep(3);
    }
    return "fed";
  }

  /** Takes from both, and from time to time gives up: what is lost or doubled shows in the sums. */
  async function take(one: Queue<number>, other: Queue<number>, stop: Queue<string>) {
    let sum = 0;
    let taken = 0;
    let late = 0;
    for (;;) {
      const got = await select({ one, other, stop, late: 2 });
      if (got.name === "stop") return { sum, taken };
      if (got.name === "late") late++;
      else {
        sum += got.value;
        taken++;
      }
    }
  }

  /** The same with signals that end the waits. */
  async function takeBySignal(from: Queue<number>, count: number) {
    let sum = 0;
    for (let taken = 0; taken < count; ) {
      const signal = AbortSignal.timeout(1);
      try {
        sum += await from.dequeue({ signal });
        taken++;
      } catch (error) {
        if (error !== signal.reason) throw error;
      }
    }
    return sum;
  }

  export default async function main(count: number) {
    const one = queue<number>({ capacity: 2 });
    const other = queue<number>({ capacity: 2 });
    const third = queue<number>({ capacity: 2 });
    const stop = queue<string>();
    const takers = [1, 2].map(() => spawn(take, one, other, stop));
    const bySignal = spawn(takeBySignal, third, count);
    const feeders = [one, one, other, third].map((to) => spawn(feed, to, count));
    for (const feeder of feeders) await feeder.result();
    while (true) {
      const rest = await select({ one, other, empty: 20 });
      if (rest.name === "empty") break;
      await (rest.name === "one" ? one : other).enqueue(rest.value);
    }
    await stop.enqueue("now", "now");
    let sum = 0;
    let taken = 0;
    for (const taker of takers) {
      const got = await taker.result();
      sum += got.sum;
      taken += got.taken;
    }
    const lock = mutex();
    const held = await lock.acquire();
    const controller = new AbortController();
    const blocked = select({ lock, quit: controller.signal });
    const inTime = lock.acquire({ signal: AbortSignal.timeout(5) }).then(() => "got it", (error) => error.name);
    setTimeout(() => controller.abort("quit"), 10);
    const quit = await blocked;
    held[Symbol.dispose]();
    const again = await select({ lock, quit: "1 hour" });
    if (again.name === "lock") again.value.release();
    const done = await select({ feeder: feeders[0]!, never: barrier(2) });
    const aborted = await Promise.allSettled([
      sleep("1 hour", { signal: AbortSignal.abort("no") }),
      one.with({ signal: AbortSignal.abort("neither") }).dequeue(),
      select({ one }, { signal: AbortSignal.timeout(1) }).catch((error) => error.name),
    ]);
    return { sum, taken, bySignal: await bySignal.result(), quit, inTime: await inTime, again: again.name, done, aborted };
  }
`;

const chosen = (count: number) => {
  const sum = (count * (count - 1)) / 2;
  return {
    sum: 3 * sum,
    taken: 3 * count,
    bySignal: sum,
    quit: { name: "quit", value: "quit" },
    inTime: "TimeoutError",
    again: "lock",
    done: { name: "feeder", value: "fed" },
    aborted: [
      { status: "rejected", reason: "no" },
      { status: "rejected", reason: "neither" },
      { status: "fulfilled", value: "TimeoutError" },
    ],
  };
};

test("select and signals: every item is taken once, in the plain run and in the run", async (t) => {
  const folder = folderWith(t, choosing);
  const [plain, run] = await Promise.all([
    continua(["run", "main.ts", "--plain", "--input", "30"], folder),
    continua(["run", "main.ts", "--quiet", "--input", "30"], folder),
  ]);
  assert.equal(plain.status, 0, plain.stderr);
  assert.deepEqual(JSON.parse(plain.stdout), chosen(30));
  assert.equal(run.status, 0, run.stderr);
  assert.deepEqual(JSON.parse(run.stdout), chosen(30));
});

test("select and signals: SIGKILL of everything, each followed by resume, loses and doubles nothing", async (t) => {
  const folder = folderWith(t, choosing);
  let running = start(["run", "main.ts", "--input", "60", "--chaos"], folder);
  for (let round = 0; round < 2; round++) {
    await running.seen(/[1-9]\d* commits?/).catch(() => undefined);
    running.process.kill("SIGKILL");
    await running.ended;
    running = start(["resume", "--chaos"], folder);
  }
  const { stdout, stderr } = await running.ended;
  assert.deepEqual(JSON.parse(stdout || "{}"), chosen(60), stderr);
});

const waiting = `
  import { current, inbox, sleep, spawn } from "continua";
  async function below() {
    try { await sleep("1 hour"); } finally { console.log("below cleaned up"); }
  }
  export default async function main() {
    spawn(below);
    const orders = inbox<{ n: number }>("orders");
    let sum = 0;
    console.log("waiting in " + current.id);
    try {
      for await (const { n } of orders) {
        sum += n;
        console.log("sum " + sum);
      }
    } finally {
      await sleep(10);
      console.log("main cleaned up");
    }
  }
`;

test("cancel of a run that goes on ends it", async (t) => {
  const folder = folderWith(t, waiting);
  const running = start(["run", "main.ts"], folder);
  const [, run = ""] = await running.seen(/waiting in (r\w+)/);
  const unknown = await continua(["cancel", `${run}.77`], folder);
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /there is no task r\w+\.77 in run/);
  const cancelled = await continua(["cancel", run, "--grace", "1m"], folder);
  assert.match(cancelled.stdout, /told|cancelled/, cancelled.stderr);
  const { status, stderr } = await running.ended;
  assert.equal(status, 1);
  assert.match(stderr, /main cleaned up/);
  assert.match(stderr, /continua: main\.ts: the task was cancelled/);
});

test("send and cancel on a state at rest take effect when it is resumed", async (t) => {
  const folder = folderWith(t, waiting);
  const first = start(["run", "main.ts"], folder);
  const [, run = ""] = await first.seen(/waiting in (r\w+)/);
  const early = await continua(["send", run, "orders", '{"n":100}'], folder);
  assert.match(early.stdout, /sent: message 0 of inbox "orders"/, early.stderr);
  await first.seen(/sum 100/);
  first.process.kill("SIGKILL");
  await first.ended;

  const numbers: unknown[] = [];
  for (const [n, id] of [
    [1, "a"],
    [1, "a"],
    [10, "b"],
  ]) {
    const words = ["send", run, "orders", JSON.stringify({ n }), "--id", String(id), "--json"];
    const sent = await continua(words, folder);
    assert.equal(sent.status, 0, sent.stderr);
    numbers.push(JSON.parse(sent.stdout));
  }
  assert.deepEqual(numbers, [{ number: 1 }, { number: 1 }, { number: 2 }]);
  const unknown = await continua(["send", "r000.1", "orders", "1"], folder);
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /there is no task r000\.1/);

  const second = start(["resume"], folder);
  await second.seen(/sum 111/);
  second.process.kill("SIGKILL");
  await second.ended;

  const cancelled = await continua(["cancel", run, "--json"], folder);
  assert.equal(cancelled.status, 0, cancelled.stderr);
  assert.deepEqual(JSON.parse(cancelled.stdout), { run, status: "running", told: 2 });
  const third = await continua(["resume"], folder);
  assert.equal(third.status, 1);
  assert.match(third.stderr, /below cleaned up/);
  assert.match(third.stderr, /main cleaned up/);
  assert.match(third.stderr, /continua: main\.ts: the task was cancelled/);
  assert.doesNotMatch(third.stderr, /sum 1[02-9]/);
  const list = await continua(["list", "--json"], folder);
  assert.equal(JSON.parse(list.stdout)[0].status, "cancelled");
});
