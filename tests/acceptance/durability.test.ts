/** `--durability group` with real processes: foreign calls see what is durable only, and the answer is the same after a SIGKILL. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, start, temporaryFolder } from "./continua.ts";

const rounds = 40;
/** Each item that is taken out of the queue is written down outside, so one that is lost again would be written down twice. */
const program = `
  import { appendFile } from "node:fs/promises";
  import { call, queue } from "continua";

  async function produce() {
    const items = queue<number>({ name: "items", capacity: 2 });
    for (let i = 0; i < ${rounds}; i++) await items.enqueue(i);
    items.close();
  }

  export default async function main(path: string) {
    const items = queue<number>({ name: "items", capacity: 2 });
    const producing = call(produce);
    let sum = 0;
    for await (const item of items) {
      await appendFile(path, item + "\\n");
      sum += item;
      if (item % 10 === 9) console.log("took", item);
    }
    await producing;
    return sum;
  }
`;

test("group: SIGKILL of everything, each followed by resume", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), program);
  const notes = join(folder, "notes.txt");
  const mode = ["--durability", "group", "--workers", "2", "--quiet"];
  let running = start(["run", "main.ts", "--input", JSON.stringify(notes), ...mode], folder);
  const kills = 2;
  for (let kill = 1; kill <= kills; kill++) {
    await running.seen(new RegExp(`took ${kill}9\\n`));
    running.process.kill("SIGKILL");
    await running.ended;
    running = start(["resume", ...mode], folder);
  }
  const { stdout, stderr } = await running.ended;
  assert.equal(stdout, `${(rounds * (rounds - 1)) / 2}\n`, stderr);
  const noted = readFileSync(notes, "utf8").trim().split("\n").map(Number);
  assert.deepEqual(
    [...new Set(noted)],
    Array.from({ length: rounds }, (_, item) => item),
    "in order, and none before the one that it follows",
  );
  // A call in flight is made again.
  assert(noted.length <= rounds + kills, String(noted.length));
});

test("a mode that does not exist is refused", async () => {
  const { status, stderr } = await continua(["run", "main.ts", "--durability", "lax"]);
  assert.equal(status, 2);
  assert.match(stderr, /--durability lax: give strict or group/);
});
