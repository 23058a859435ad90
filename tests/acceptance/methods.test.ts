/** Methods of handles that are held while an argument is waited for (src/runtime/saveable.ts, S3). */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, temporaryFolder } from "./continua.ts";

const program = `import { call, queue, sleep, spawn } from "continua";
async function five() { return 5; }
export default async function main() {
  const numbers = queue<number>({ name: "numbers" });
  await numbers.enqueue(await call(five));
  await numbers.enqueue((await sleep(5), 6), await spawn(five).result());
  const { enqueue } = numbers;
  await sleep(1);
  await enqueue.call(numbers, await call(five));
  return [await numbers.dequeue(), await numbers.dequeue(), await numbers.dequeue(), await numbers.dequeue()];
}
`;

test("a queue's method waits for its arguments, in several processes", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), program);
  const run = await continua(["run", "main.ts", "--quiet"], folder);
  assert.equal(run.status, 0, run.stderr);
  assert.deepEqual(JSON.parse(run.stdout), [5, 6, 5, 5]);
});
