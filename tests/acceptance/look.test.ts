/** `list`, `show`, `why` and `logs`: of a run that goes on, and of the same state when its owner was killed. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, start, temporaryFolder } from "./continua.ts";

const program = `import { call, mutex, queue, sleep } from "continua";
let total = 41;
class Basket { #secret = 7; items = ["apple"]; read() { return this.#secret; } }
async function take(name: string) {
  const lock = mutex({ name: "door" });
  await lock.acquire();
  await queue<string>({ name: "ready" }).enqueue(name);
  const list = [1, 2, 3];
  return (await queue<string>({ name: "jobs" }).dequeue()) + list + name;
}
async function rest(note: string) {
  await sleep("1h");
  return note;
}
export default async function main() {
  const basket = new Basket();
  const first = call(take, "a");
  await queue({ name: "ready" }).dequeue();
  const second = call(take, "b");
  total++;
  console.log("up");
  console.error("and", total);
  await Promise.all([first, second, rest("later")]);
  return basket.read();
}
`;

test("what a run waits for, its stacks, variables and lines: while it runs, and at rest", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), program);
  const run = start(["run", "main.ts"], folder);
  t.after(() => run.process.kill("SIGKILL"));
  await run.seen(/and 42/);
  // Its second task has come to wait.
  while (!/, held by/.test((await continua(["show"], folder)).stdout));
  await look(folder);
  const following = start(["logs", "-f", "--json"], folder);
  t.after(() => following.process.kill("SIGKILL"));
  await following.said(/and 42/);
  run.process.kill("SIGKILL");
  await run.ended;
  const followed = await following.ended;
  assert.equal(followed.status, 2);
  assert.match(followed.stderr, /the server that had the state has ended/);
  await look(folder);
  const resting = await continua(["logs", "-f", "--json"], folder);
  assert.deepEqual([resting.status, resting.stdout.trim().split("\n").length], [0, 2]);
  assert.match(resting.stderr, /^run r\w{10} is at rest: no more is printed before it goes on/);

  const unknown = await continua(["show", "rnone"], folder);
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /there is no run rnone here/);
  const noTask = await continua(["why", "rnone.4"], folder);
  assert.match(noTask.stderr, /there is no task rnone\.4 here/);
});

async function look(folder: string): Promise<void> {
  const json = async (...args: string[]) => JSON.parse((await continua([...args, "--json"], folder)).stdout);
  const [row] = await json("list");
  assert.deepEqual([row.program, row.status, row.tasksStarted, row.tasksEnded], ["main.ts", "running", 3, 0]);
  const listed = await continua(["list"], folder);
  assert.match(listed.stdout, /^RUN +STATUS .*\nr\w{10} +running .* 0\/3 +main\.ts\n$/);

  const shown = await json("show", row.id);
  const [main, first, second] = shown.tasks;
  assert.deepEqual([main.name, first.name, second.name], ["main", "take", "take"]);
  assert.deepEqual(
    first.waits.map((wait: { text: string }) => wait.text),
    ['an item of queue "jobs"'],
  );
  const task = await json("show", first.id);
  assert.equal(task.stacks[0].waitsFor, 'an item of queue "jobs"');
  const [frame] = task.stacks[0].frames;
  assert.equal(frame.at, "main.ts:9:11");
  assert.deepEqual(
    frame.variables.map(({ name, value }: { name: string; value: string }) => [name, value]),
    [
      ["name", '"a"'],
      ["list", "[1, 2, 3]"],
    ],
  );
  const text = (await continua(["show"], folder)).stdout;
  assert.match(text, /basket = Basket \{ items: \["apple"\]/);
  assert.match(text, /waits for a timer.*\n {2}at rest \(main\.ts:12:3\)\n {6}note = "later"/);
  assert.match(text, /variables of main\.ts\n {6}total = 42/);

  const [because] = (await json("why", second.id))[0].waits;
  assert.match(because.text, /^lock "door", held by task take/);
  assert.deepEqual([because.on, because.because[0].id], [[first.id], first.id]);
  assert.match(
    (await continua(["why"], folder)).stdout,
    /waits for lock "door", held by .*\n {4}task take .* waits for an item of queue "jobs"\n/,
  );

  const logs = (await continua(["logs"], folder)).stdout;
  assert.match(logs, /^[\dT:.-]+Z main \(r\w{10}\): up\n[\dT:.-]+Z main \(r\w{10}\) ! and 42\n$/);
}
