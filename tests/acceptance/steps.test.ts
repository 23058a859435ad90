/** `step` and `mapTasks` on real processes: tried again as asked, seen once, the key the same whatever dies. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { continua, start, temporaryFolder } from "./continua.ts";

const steps = `
  import { appendFileSync, readFileSync } from "node:fs";
  import { appendFile } from "node:fs/promises";
  import { setTimeout as wait } from "node:timers/promises";
  import { sleep, step, TimeoutError } from "continua";

  const tries = (path: string) => readFileSync(path, "utf8").split("\\n").length - 1;

  export default async function main(path: string) {
    const delay = 10;
    const flaky = await step(
      ({ key, attempt }) => {
        appendFileSync(path, "flaky " + key + "\\n");
        if (tries(path) < 3) throw new RangeError("not yet");
        return attempt;
      },
      { retry: { attempts: 5, delay } },
    );
    const given = await step(() => { throw new RangeError("never"); }, { retry: { attempts: 2, delay } }).catch(String);
    const slow = await step(async () => wait(300), { timeout: 30 }).catch((error) => error instanceof TimeoutError && error.message);
    const durable = await step(async ({ key }) => {
      await appendFile(path, "durable " + key + "\\n");
      console.log("in the middle");
      await sleep(200);
      return new Map([["done", true]]);
    });
    const both = await Promise.all([step(() => 1), step(async () => 2)]);
    return { flaky, given, slow, durable, both };
  }
`;

const expected = {
  both: [1, 2],
  durable: { done: true },
  flaky: 3,
  given: "RangeError: never",
  slow: "attempt 1 of a step took longer than 30 ms",
};

function prepare(t: { after(fn: () => void): void }, program: string): { folder: string; path: string } {
  const folder = temporaryFolder(t);
  const path = join(folder, "done.txt");
  writeFileSync(join(folder, "main.ts"), program);
  writeFileSync(path, "");
  return { folder, path };
}

for (const flags of [[], ["--plain"]]) {
  test(`steps: retries, timeouts and results, run ${flags.join(" ")}`, async (t) => {
    const { folder, path } = prepare(t, steps);
    const run = await continua(["run", "main.ts", "--input", JSON.stringify(path), ...flags], folder);
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(JSON.parse(run.stdout), expected);
    const lines = readFileSync(path, "utf8").trim().split("\n");
    assert.equal(lines.length, 4);
    assert.equal(new Set(lines.slice(0, 3)).size, 1, "one key for all attempts");
    assert.notEqual(lines[0]?.split(" ")[1], lines[3]?.split(" ")[1], "another key for another step");
  });
}

test("steps: SIGKILL of everything in the middle of one repeats no other, and its key is the same", async (t) => {
  const { folder, path } = prepare(t, steps);
  const first = start(["run", "main.ts", "--input", JSON.stringify(path)], folder);
  await first.seen(/in the middle/);
  first.process.kill("SIGKILL");
  await first.ended;
  const resumed = await continua(["resume"], folder);
  assert.deepEqual(JSON.parse(resumed.stdout || "null"), expected, resumed.stderr);
  const lines = readFileSync(path, "utf8").trim().split("\n");
  assert.equal(lines.filter((line) => line.startsWith("flaky")).length, 3);
  assert.equal(new Set(lines).size, 2, lines.join("\n"));
});

const slow = `
  import { step } from "continua";

  const ask = async (url: string, signal?: AbortSignal) => (await fetch(url, { signal })).text();

  export default async function main(site: string) {
    const first = await step(({ signal }) => ask(site + "/first", signal), { timeout: 50 }).catch((error) => error.name);
    return [first, await ask(site + "/second")];
  }
`;

test("steps: what an attempt that took too long has asked for is given up by its signal, and not asked for again after a death", async (t) => {
  const { folder } = prepare(t, slow);
  const asked: string[] = [];
  let answers = false;
  const site = createServer(({ url = "" }, response) => {
    asked.push(url);
    if (answers) response.end("there");
  }).listen(0, "127.0.0.1");
  t.after(() => site.closeAllConnections());
  t.after(() => site.close());
  await once(site, "listening");
  const input = JSON.stringify(`http://127.0.0.1:${(site.address() as AddressInfo).port}`);
  const first = start(["run", "main.ts", "--input", input], folder);
  await askedFor(site, "/second");
  first.process.kill("SIGKILL");
  await first.ended;
  answers = true;
  const resumed = await continua(["resume"], folder);
  assert.deepEqual(JSON.parse(resumed.stdout || "null"), ["TimeoutError", "there"], resumed.stderr);
  assert.deepEqual(asked, ["/first", "/second", "/second"]);
});

/** The next request for this. */
function askedFor(site: Server, url: string): Promise<void> {
  return new Promise((resolve) => {
    site.on("request", (request) => {
      if (request.url === url) resolve();
    });
  });
}

const map = `
  import { appendFileSync } from "node:fs";
  import { mapTasks, sleep } from "continua";

  async function square(item: { n: number }, index: number) {
    await sleep(10);
    if (item.n < 0) throw new RangeError("negative");
    console.log("did", index);
    return item.n * item.n + index;
  }

  async function noted(path: string) {
    appendFileSync(path, "+");
    await sleep(30);
    appendFileSync(path, "-");
  }

  export default async function main(path: string) {
    const items = Array.from({ length: 12 }, (_, n) => ({ n }));
    const squares = await mapTasks(items, square, { concurrency: 4 });
    const none = await mapTasks([], square);
    const failed = await mapTasks([{ n: 1 }, { n: -1 }], square, { concurrency: 1 }).catch(String);
    if (path !== "") await mapTasks(Array.from({ length: 9 }, () => path), noted, { concurrency: 3 });
    return { squares, none, failed };
  }
`;

test("mapTasks: results in order, at most so many at a time, also when everything dies", async (t) => {
  const { folder, path } = prepare(t, map);
  const plain = await continua(["run", "main.ts", "--plain", "--input", '""'], folder);
  assert.equal(plain.status, 0, plain.stderr);
  const run = await continua(["run", "main.ts", "--input", JSON.stringify(path)], folder);
  assert.equal(run.stdout, plain.stdout, run.stderr);
  let now = 0;
  let most = 0;
  for (const sign of readFileSync(path, "utf8")) {
    now += sign === "+" ? 1 : -1;
    most = Math.max(most, now);
  }
  assert.ok(most >= 1 && most <= 3, `${most} at a time`);
  const troubled = start(["run", "main.ts", "--input", '""'], folder);
  await troubled.seen(/did 5\n/);
  troubled.process.kill("SIGKILL");
  await troubled.ended;
  const resumed = await continua(["resume"], folder);
  assert.equal(resumed.stdout, plain.stdout, resumed.stderr);
});
