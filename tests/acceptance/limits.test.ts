/** What a program meets that goes beyond a limit: an error that says what, how much, and what to do; and only it meets it. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, temporaryFolder } from "./continua.ts";

const payloads = `
  import { call, checkpoint, LimitError, NotSaveableError, queue } from "continua";

  const MiB = 2 ** 20;
  const jobs = queue<Uint8Array>();

  async function take(bytes: Uint8Array) {
    return bytes.length;
  }

  async function give(length: number) {
    return new Uint8Array(length);
  }

  async function attempt(act: () => Promise<unknown>) {
    try {
      return await act();
    } catch (error) {
      const kind = error instanceof LimitError ? "limit" : error instanceof NotSaveableError ? "unsaveable" : "other";
      return kind + ": " + error.message;
    }
  }

  export default async function main() {
    const said: Record<string, unknown> = {};
    said.arguments = await attempt(() => call(take, new Uint8Array(65 * MiB)));
    said.result = await attempt(() => call(give, 65 * MiB));
    said.item = await attempt(() => jobs.enqueue(new Uint8Array(65 * MiB)));
    const given: Promise<void>[] = [];
    said.together = await attempt(() => {
      for (let i = 0; i < 2; i++) given.push(jobs.enqueue(new Uint8Array(55 * MiB)));
      return call(take, new Uint8Array(55 * MiB));
    });
    // They must not wait for a commit when the state is too large for one.
    await Promise.all(given);
    console.log("x".repeat(300_000));
    let heap: Uint8Array | undefined = new Uint8Array(257 * MiB);
    said.state = await attempt(() => checkpoint({ sync: true }));
    said.heap = heap.length / MiB;
    heap = undefined;
    said.within = await attempt(() => call(take, new Uint8Array(5 * MiB)));
    return said;
  }
`;

test("payloads, state and lines beyond their limits are refused by name, and the program goes on", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), payloads);
  const { status, stdout, stderr } = await continua(["run", "main.ts", "--workers", "1"], folder);
  assert.equal(status, 0, stderr.slice(-2_000));
  const said = JSON.parse(stdout);
  assert.match(
    said.arguments,
    /^limit: the arguments of call\(take\) would take 66 MiB, over the limit of 64 MiB: hand over less/,
  );
  assert.match(said.result, /^limit: the result would take 66 MiB/);
  assert.match(said.item, /^limit: an item would take 66 MiB/);
  assert.match(
    said.together,
    /^limit: with this spawn the task has asked for 166 MiB .* over the limit of 160 MiB: await/,
  );
  assert.match(
    said.state,
    /^unsaveable: .*the task's state takes 258 MiB, over the limit of 256 MiB \(heap in main takes 258 MiB/,
  );
  assert.equal(said.heap, 257);
  assert.equal(said.within, 5 * 2 ** 20);
  assert.match(stderr, /x{262144}\.\.\. \(37856 more characters; a line has 262144 at most\)/);
});

const memory = `
  import { call, sleep, spawn } from "continua";

  async function hungry(mebibytes: number) {
    const held: Buffer[] = [];
    const fill = () => {
      while (held.length < mebibytes) held.push(Buffer.alloc(2 ** 20, 1 + (held.length % 7)));
      // It holds them for a while, however fast it got them: the watch looks now and then.
      for (const until = Date.now() + 2_000; Date.now() < until; );
    };
    fill();
    return held.length;
  }

  async function neighbour(n: number) {
    for (let i = 0; i < 10; i++) await sleep(100);
    return n;
  }

  export default async function main() {
    const neighbours = Promise.all([1, 2, 3].map((n) => call(neighbour, n)));
    const doomed = spawn(hungry, 400).result().catch((error) => error.message);
    const sized = spawn.with({ memory: 600 })(hungry, 400).result();
    return { sized: await sized, neighbours: await neighbours, doomed: await doomed };
  }
`;

test("a task that takes too much memory fails after three workers; its neighbours, and one that asked for as much, go on", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), memory);
  const { status, stdout, stderr } = await continua(
    ["run", "main.ts", "--workers", "1", "--memory", "96"],
    folder,
  );
  assert.equal(status, 0, stderr);
  const { sized, neighbours, doomed } = JSON.parse(stdout);
  assert.equal(sized, 400);
  assert.deepEqual(neighbours, [1, 2, 3]);
  assert.match(
    doomed,
    /hungry .*took its worker with it 3 times in a row .* out of memory \(out of memory \(96 MiB\).*spawn\.with\(\{ memory \}\)/,
  );
});

test("memory that is none is refused", async (t) => {
  const folder = temporaryFolder(t);
  const program = `
    import { spawn } from "continua";
    async function work() {}
    export default async function main() {
      return [1, 1.5, "2 GB"].map((memory) => {
        try {
          return spawn.with({ memory } as never)(work).id;
        } catch (error) {
          return error.message;
        }
      });
    }`;
  writeFileSync(join(folder, "main.ts"), program);
  const { stdout, stderr } = await continua(["run", "main.ts", "--workers", "1"], folder);
  const said = JSON.parse(stdout) as string[];
  for (const [index, value] of ["1", "1.5", '"2 GB"'].entries())
    assert.equal(
      said[index],
      `spawn.with({ memory }): memory is a whole number of MiB from 32 to 1000000, not ${value}`,
      stderr,
    );
});
