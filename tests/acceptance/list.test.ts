/** `list` and `show` of a state whose owner was killed. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, start, temporaryFolder } from "./continua.ts";

const program = `
  import { call, queue, sleep } from "continua";
  async function take() { return await queue({ name: "jobs" }).dequeue(); }
  export default async function main() {
    const taking = call(take);
    await sleep(300);
    console.log("up");
    await Promise.all([taking, sleep("1h")]);
  }
`;

test("list and show: runs, tasks, and what they wait for", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), program);
  const run = start(["run", "main.ts"], folder);
  await run.seen(/up/);
  const busy = await continua(["list"], folder);
  assert.equal(busy.status, 2);
  assert.match(busy.stderr, new RegExp(`\\b${run.process.pid}\\b`), "who has the state is said");
  run.process.kill("SIGKILL");
  await run.ended;

  const [row] = JSON.parse((await continua(["list", "--json"], folder)).stdout);
  assert.deepEqual([row.program, row.status, row.tasks, row.tasksEnded], ["main.ts", "running", 2, 0]);
  const shown = JSON.parse((await continua(["show", row.id, "--json"], folder)).stdout);
  const [main, child] = shown.tasks;
  assert.equal(main.name, "main");
  assert.deepEqual([child.name, child.waits], ["take", ['an item of queue "jobs"']]);
  const text = await continua(["show"], folder);
  assert.match(text.stdout, /take .* an item of queue "jobs"\n/);
  assert.match(
    (await continua(["list"], folder)).stdout,
    /^RUN +STATUS .*\nr\w{10} +running .* 0\/2 +main\.ts\n$/,
  );
  const unknown = await continua(["show", "rnone"], folder);
  assert.match(unknown.stderr, /there is no run rnone in file:\.continua/);
});
