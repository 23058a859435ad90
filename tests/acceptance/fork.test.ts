/** `continua fork`: a copy of a run, made while it runs and at rest, that goes on by itself. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, start, temporaryFolder } from "./continua.ts";

/** Everything that has an id in it is held across the wait: a lock, queues, tasks, a shared value, a finished child. */
const program = `import { call, current, inbox, mutex, type Permit, queue, type Queue, share, type Shared, spawn } from "continua";
const moduleQueue = queue<string>();

async function serve(from: Queue<string>, to: Queue<string>, names: Shared<readonly string[]>) {
  for await (const item of from) await to.enqueue(item + "/" + (await names.get()).join("+"));
  return "served in " + current.id.replace(/^[^.]*/, "RUN");
}

async function quick(n: number) {
  return n * 2;
}

export default async function main() {
  const names = share(["a", "b"] as const);
  const [from, to] = [queue<string>(), queue<string>({ name: "answers", capacity: 5 })];
  const server = spawn(serve, from, to, names);
  const done = spawn(quick, 21);
  const door = mutex({ name: "door" });
  const permit: Permit = await door.acquire();
  await from.enqueue("before");
  await moduleQueue.enqueue("kept");
  const first = await to.dequeue();
  await done.result();
  console.log("parked");
  const word = await inbox<string>("word").receive();
  permit.release();
  const again = await door.acquire();
  again.release();
  await from.enqueue(word);
  const second = await to.dequeue();
  from.close();
  const rest = [await moduleQueue.dequeue(), await done.result(), await server.result(), await call(quick, 4)];
  return { first, second, rest, token: again.token };
}
`;

function result(word: string) {
  const rest = ["kept", 42, "served in RUN.3", 8];
  return { first: "before/a+b", second: `${word}/a+b`, rest, token: 2 };
}

test("a fork of a run, made while it runs and at rest, has its own of everything", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), program);
  const run = start(["run", "main.ts", "--workers", "2"], folder);
  t.after(() => run.process.kill("SIGKILL"));
  await run.seen(/^parked$/m);
  const json = async (...args: string[]) => JSON.parse((await continua([...args, "--json"], folder)).stdout);
  const [{ id }] = await json("list");
  const copy = await json("fork", id, "--id", "copy");
  assert.deepEqual(
    [copy.id, copy.forkOf, copy.tasks, copy.tasksEnded, copy.running],
    ["copy", id, 3, 1, true],
  );
  // Once more under the same id: the same one.
  assert.deepEqual(await json("fork", id, "--id", "copy"), copy);
  for (const [bad, reason] of [
    ["no.dots", /is no name for a run/],
    [id, /there is a run \w+ already, which is no fork/],
  ] as const) {
    const refused = await continua(["fork", id, "--id", bad], folder);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, reason);
  }
  assert.equal((await json("show", "copy")).forkOf, id);

  run.process.kill("SIGKILL");
  await run.ended;
  const text = await continua(["fork", id, "--id", "second"], folder);
  assert.match(
    text.stdout,
    /^run second is a copy of r\w{10} as of its commit \d+: 1 of 3 tasks have ended\ngo on with: continua resume second\n$/,
  );
  for (const [which, word] of [
    ["copy", "two"],
    ["second", "three"],
    [id, "one"],
  ] as const) {
    await continua(["send", which, "word", JSON.stringify(word)], folder);
    const resumed = await continua(["resume", which, "--quiet"], folder);
    assert.equal(resumed.status, 0, resumed.stderr);
    assert.deepEqual(JSON.parse(resumed.stdout), result(word));
  }
  // A copy that there is, is there still.
  assert.equal((await json("fork", id, "--id", "copy")).id, "copy");
  const over = await continua(["fork", id], folder);
  assert.equal(over.status, 2);
  assert.match(over.stderr, /is over \(succeeded\): nothing is left of it that could go on/);
});

const failing = `import { call, checkpoint, mutex, queue, share, type Shared, sleep, spawn } from "continua";
async function weigh(table: Shared<readonly number[]>, factor: number) {
  return (await table.get()).reduce((sum, each) => sum + each * factor, 0);
}
function isTooHeavy(weight: number) {
  return weight > LIMIT;
}
export default async function main(limit: number) {
  const table = share([1, 2, 3]);
  const numbers = queue<number>({ name: "numbers" });
  const permit = await mutex().acquire();
  const first = spawn(weigh, table, 1);
  const heavy = await call(weigh, table, 10);
  await numbers.enqueue(heavy);
  await checkpoint({ name: "weighed", sync: true });
  console.log("weighed");
  await sleep(1);
  const light = await first.result();
  await numbers.enqueue(light);
  const found = [await numbers.dequeue(), await numbers.dequeue(), permit.token, limit];
  await checkpoint({ sync: true });
  if (isTooHeavy(found[0]!)) throw new Error("too heavy");
  return found;
}
`;

test("a run that has failed goes on, mended, from before its failure; and from a checkpoint with a name", async (t) => {
  const folder = temporaryFolder(t);
  const main = join(folder, "main.ts");
  writeFileSync(main, failing.replace("LIMIT", "50"));
  const run = await continua(["run", "main.ts", "--input", "7", "--quiet"], folder);
  assert.equal(run.status, 1);
  assert.match(run.stderr, /too heavy/);
  const json = async (...args: string[]) => JSON.parse((await continua([...args, "--json"], folder)).stdout);
  const [{ id, checkpoints }] = await json("list");
  assert.deepEqual(
    checkpoints.map(({ name, tasks, lacks }: Record<string, unknown>) => [name, tasks, lacks]),
    [
      ["weighed", 2, undefined],
      ["before-failure", 1, undefined],
    ],
  );
  const shown = (await continua(["show", id], folder)).stdout;
  assert.match(shown, /\nCHECKPOINT +KEPT +BY +TASKS +SIZE\nweighed .*\nbefore-failure .*\n/);

  const none = await continua(["fork", id, "--checkpoint", "wayed"], folder);
  assert.equal(none.status, 2);
  assert.match(none.stderr, /has no checkpoint "wayed"; it has kept weighed, before-failure\n/);
  const again = await continua(["fork", id, "--id", "again"], folder);
  assert.match(again.stdout, /is a copy of \w+ as of its checkpoint before-failure \(commit \d+\)/);
  assert.equal((await json("fork", id, "--id", "early", "--checkpoint", "weighed")).checkpoint, "weighed");

  assert.equal((await json("show", "early")).forkOfCheckpoint, "weighed");

  // As it was, it fails as it did; it prints again what came after that moment, and nothing that came before.
  const same = await continua(["resume", "again", "--quiet"], folder);
  assert.deepEqual(
    [same.status, /too heavy/.test(same.stderr), /weighed/.test(same.stderr)],
    [1, true, false],
  );
  const early = await continua(["resume", "early", "--quiet"], folder);
  assert.deepEqual([early.status, /^weighed$/m.test(early.stderr)], [1, true]);

  writeFileSync(main, failing.replace("LIMIT", "1000"));
  await json("fork", id, "--id", "mended");
  assert.equal((await json("upgrade", "mended")).moves, true);
  const mended = await continua(["resume", "mended", "--quiet"], folder);
  assert.equal(mended.status, 0, mended.stderr);
  assert.deepEqual(JSON.parse(mended.stdout), [60, 6, 1, 7]);
});
