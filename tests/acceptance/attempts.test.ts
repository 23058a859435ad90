/** `logs --attempts`: what a task said before it took its worker with it, while it runs, and afterwards. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, start, temporaryFolder } from "./continua.ts";

const program = `import { checkpoint, inbox } from "continua";
export default async function main() {
  console.log("committed");
  await checkpoint({ sync: true });
  const word = await inbox<string>("word").receive();
  console.log("last word:", word);
  console.error("now", process.pid);
  process.exit(3);
}
`;

test("lines of attempts that died are kept, with the reason, and are not among those that were committed", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), program);
  const run = start(["run", "main.ts", "--workers", "1"], folder);
  t.after(() => run.process.kill("SIGKILL"));
  await run.seen(/^committed$/m);
  const following = start(["logs", "-f", "--attempts"], folder);
  t.after(() => following.process.kill("SIGKILL"));
  await following.said(/: committed$/m);
  const [{ id }] = JSON.parse((await continua(["list", "--json"], folder)).stdout);
  await continua(["send", id, "word", '"adieu"'], folder);
  // At once, while the attempt goes on: what follows kills it.
  await following.said(/main \(r\w+\) \[attempt \d+, not committed yet\]: last word: adieu$/m);
  assert.equal((await run.ended).status, 1);

  const committed = await continua(["logs"], folder);
  assert.match(committed.stdout, /^\S+ main \(r\w+\): committed\n$/);
  const all = await continua(["logs", "--attempts", "--json"], folder);
  const lines = all.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const words = lines.filter(({ text }) => text === "last word: adieu");
  assert.equal(words.length, 3, all.stdout);
  for (const { attempt } of words) assert.equal(attempt.death, "exit");
  assert.equal(new Set(words.map(({ attempt }) => attempt.number)).size, 3);
});
