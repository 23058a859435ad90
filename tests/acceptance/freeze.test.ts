/** Workers that are stopped while they have nothing to do. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { start, temporaryFolder } from "./continua.ts";

const program = `import { call, queue, sleep } from "continua";
async function add() {
  let sum = 0;
  for await (const item of queue<number>({ name: "items" })) sum += item;
  return sum;
}
export default async function main() {
  const items = queue<number>({ name: "items" });
  const sum = call(add);
  for (let i = 0; i < 4; i++) {
    await items.enqueue(i);
    await sleep(300);
  }
  items.close();
  return sum;
}
`;

test("idle workers are frozen, and wake for what comes", {
  skip: existsSync("/proc/self/stat") ? false : "needs /proc to see it",
}, async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), program);
  const run = start(["run", "main.ts", "--freeze", "--workers", "2"], folder);
  t.after(() => run.process.kill("SIGKILL"));
  let over = false;
  void run.ended.then(() => {
    over = true;
  });
  let frozen = false;
  while (!over && !frozen) {
    frozen = childrenOf(run.process.pid!).some((pid) => / T /.test(stat(pid)));
    await delay(10);
  }
  assert.ok(frozen, "no worker was ever stopped");
  const { status, stdout, stderr } = await run.ended;
  assert.equal(status, 0, stderr);
  assert.equal(stdout, "6\n");
});

function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => stat(child).split(" ")[3] === String(pid));
}

function stat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").replace(/\(.*\)/, "()");
  } catch {
    return "";
  }
}
