/** Queues, locks and barriers of a real program on real processes: the answer of the plain run, whatever dies. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, start, temporaryFolder } from "./continua.ts";

const program = `
  import { barrier, call, current, mutex, type Permit, type Queue, queue, QueueClosedError, type Semaphore, semaphore, sleep } from "continua";

  const jobs = queue<{ producer: number; n: number }>({ name: "jobs", capacity: 3 });

  async function produce(producer: number, count: number) {
    for (let n = 0; n < count; n += 2) {
      await jobs.enqueue({ producer, n }, { producer, n: n + 1 });
      if (n % 10 === 0) await sleep(20);
    }
  }

  async function work(done: Queue<string>) {
    let count = 0;
    for await (const { producer, n } of jobs) {
      if (n % 7 === 0) await sleep(15);
      await done.enqueue(producer + ":" + n);
      count++;
    }
    return count;
  }

  async function collect(done: Queue<string>) {
    const got: string[] = [];
    for await (const item of done) {
      got.push(item);
      if (got.length % 10 === 0) console.log("got", got.length);
    }
    return got;
  }

  async function transfer(lock: Semaphore, account: Queue<number>, by: number) {
    const permit = await lock.acquire();
    try {
      const balance = await account.dequeue();
      await sleep(10);
      await account.enqueue(balance + by);
      return permit.token;
    } finally {
      permit.release();
    }
  }

  async function meet(name: string) {
    const here = barrier(2, { name: "meeting" });
    const seen: string[] = [];
    for (let round = 0; round < 2; round++) {
      await here.arrive();
      seen.push(name + round);
    }
    return seen;
  }

  export default async function main(count: number) {
    const done = queue<string>({ capacity: 2 });
    const producing = Promise.all([1, 2, 3].map((producer) => call(produce, producer, count))).then(() => jobs.close());
    const working = Promise.all([call(work, done), call(work, done)]).then((counts) => {
      done.close();
      return counts[0]! + counts[1]!;
    });
    const account = queue<number>({ capacity: 1 });
    await account.enqueue(0);
    const lock = mutex();
    const tokens = await Promise.all([1, 2, 3, 4].map((by) => call(transfer, lock, account, by)));
    const meeting = Promise.all([call(meet, "a"), call(meet, "b")]);
    const got = await call(collect, done);
    await producing;
    const late = await jobs.enqueue({ producer: 0, n: 0 }).then(
      () => "accepted",
      (error) => (error instanceof QueueClosedError ? error.name : String(error)),
    );
    const foreign = await lock.acquire();
    const stolen = await call(async (permit: Permit) => permit.release(), foreign).catch((error) => error.message.slice(0, 18));
    const two = semaphore(2);
    const permits = [await two.acquire(), await two.acquire()];
    permits[0]!.release();
    const third = await two.acquire();
    return {
      got: got.sort(),
      worked: await working,
      balance: await account.dequeue(),
      tokens: tokens.sort(),
      meeting: await meeting,
      late,
      stolen: typeof stolen === "string" || current.id === "plain",
      third: third.token,
    };
  }
`;
const count = 30;

function folderWith(t: { after(fn: () => void): void }, source: string): string {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), source);
  return folder;
}

test("gates: the plain run and the run give the same", async (t) => {
  const folder = folderWith(t, program);
  const input = ["--input", String(count)];
  const plain = await continua(["run", "main.ts", "--plain", ...input], folder);
  assert.equal(plain.status, 0, plain.stderr);
  const result = JSON.parse(plain.stdout);
  assert.equal(result.got.length, 3 * count);
  assert.deepEqual(
    [result.balance, result.worked, result.late, result.third],
    [10, 90, "QueueClosedError", 3],
  );
  const run = await continua(["run", "main.ts", ...input], folder);
  assert.equal(run.stdout, plain.stdout, run.stderr);
});

test("gates: SIGKILL of everything, each followed by resume, takes and repeats nothing", async (t) => {
  const folder = folderWith(t, program);
  let running = start(["run", "main.ts", "--input", String(count)], folder);
  for (const got of [20, 50, 80]) {
    await running.seen(new RegExp(`got ${got}\\n`)).catch(() => undefined);
    running.process.kill("SIGKILL");
    await running.ended;
    running = start(["resume"], folder);
  }
  const { stdout, stderr } = await running.ended;
  const { got, balance, tokens } = JSON.parse(stdout || "{}");
  assert.equal(got?.length, 3 * count, stderr);
  assert.equal(new Set(got).size, 3 * count);
  assert.equal(balance, 10);
  assert.deepEqual(tokens, [1, 2, 3, 4]);
});

test("gates: a queue that a module makes without a name is one for all tasks of the run", async (t) => {
  const source = `
    import { call, queue } from "continua";
    const jobs = queue<number>();
    const [odd, even] = [queue<number>(), queue<number>()];
    async function sort() {
      for await (const job of jobs) await (job % 2 ? odd : even).enqueue(job);
      odd.close();
      even.close();
    }
    async function sum(which: string) {
      let total = 0;
      for await (const each of which === "odd" ? odd : even) total += each;
      return total;
    }
    export default async function main() {
      const done = Promise.all([call(sort), call(sum, "odd"), call(sum, "even")]);
      for (let i = 1; i <= 20; i++) await jobs.enqueue(i);
      jobs.close();
      return (await done).slice(1);
    }`;
  const folder = folderWith(t, source);
  for (const plain of [[], ["--plain"]]) {
    const run = await continua(["run", "main.ts", ...plain], folder);
    assert.deepEqual(JSON.parse(run.stdout || "null"), [100, 110], run.stderr);
  }
});

test("gates: a run that waits for an item that nobody will bring fails and says so", async (t) => {
  const source = `import { queue } from "continua";\nexport default async () => await queue({ name: "empty" }).dequeue();\n`;
  const run = await continua(["run", "main.ts"], folderWith(t, source));
  assert.equal(run.status, 1);
  assert.match(run.stderr, /DeadlockError: .*\n.*task main \(r\w+\) waits for an item of queue "empty"/);
});

const lists = `
  import { call, type Queue, queue, share, type Shared } from "continua";

  async function produce(to: Queue<Shared<string>>, producer: number, count: number) {
    for (let n = 0; n < count; n++) await to.enqueue(share(producer + ":" + n));
    return count;
  }

  async function take(from: Queue<Shared<string>>, size: number) {
    const lengths: number[] = [];
    const got: string[] = [];
    for await (const several of from.batches(size)) {
      lengths.push(several.length);
      for (const each of several) got.push(await each.get());
      console.log("got", got.length);
    }
    return { lengths, got };
  }

  export default async function main(count: number) {
    const jobs = queue<Shared<string>>({ capacity: 6 });
    const taken = [call(take, jobs, 4), call(take, jobs, 5)];
    await Promise.all([1, 2, 3].map((producer) => call(produce, jobs, producer, count)));
    jobs.close();
    const all = (await Promise.all(taken)).map(({ lengths, got }) => ({
      // Only the last one may be shorter, since every enqueue brings one item and finds room.
      whole: new Set(lengths.slice(0, -1)),
      inOrder: [1, 2, 3].every((producer) => {
        const numbers = got.filter((each) => each.startsWith(producer + ":")).map((each) => Number(each.slice(2)));
        return numbers.every((n, at) => at === 0 || n > numbers[at - 1]!);
      }),
      got,
    }));
    const big = queue<number>({ capacity: 3 });
    const late: unknown[] = [];
    const fed = big.enqueue(1, 2).then(() => big.enqueue(3, 4)).then(() => big.enqueue(5)).then(() => big.close());
    for await (const several of big.batches(3)) late.push(several);
    await fed;
    const refused = [0, 4, 1.5].map((size) => {
      try {
        big.batches(size);
        return "taken";
      } catch (error) {
        return (error as Error).message.slice(0, 55);
      }
    });
    const stop = new AbortController();
    const waits = queue<number>().with({ signal: stop.signal }).batches(2).next().catch((error) => String(error));
    stop.abort("enough");
    return {
      whole: all.map(({ whole }) => [...whole]),
      inOrder: all.map(({ inOrder }) => inOrder),
      got: all.flatMap(({ got }) => got).sort(),
      late,
      refused,
      stopped: await waits,
    };
  }
`;

test("gates: many items by one commit, whatever dies", async (t) => {
  const folder = folderWith(t, lists);
  const count = 30;
  const run = async (...flags: string[]) => {
    const { stdout, stderr } = await continua(["run", "main.ts", "--input", `${count}`, ...flags], folder);
    assert.notEqual(stdout, "", stderr);
    return JSON.parse(stdout);
  };
  const plain = await run("--plain");
  const expected = [1, 2, 3].flatMap((producer) =>
    Array.from({ length: count }, (_, n) => `${producer}:${n}`),
  );
  const refusal = "Queue.batches() takes a whole number from 1 to the queu";
  assert.deepEqual(plain, {
    whole: [[4], [5]],
    inOrder: [true, true],
    got: expected.sort(),
    // Two more do not fit beside two, so the two come by themselves.
    late: [
      [1, 2],
      [3, 4, 5],
    ],
    refused: [refusal, refusal, refusal],
    stopped: "enough",
  });
  assert.deepEqual(await run("--plain", "--workers", "2"), plain);
  assert.deepEqual(await run(), plain);
  assert.deepEqual(await run("--time-limit", "2s", "--chaos", "--seed", "11"), plain);
});
