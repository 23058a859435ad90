import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { platformContract, Watched } from "./platform.contract.ts";
import { openProcessPlatform } from "./process.ts";

const fileBeside = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const entry = fileBeside("./contract-worker-main.js");

// Meant for this process, and fatal for a worker that would take it over.
process.env["NODE_OPTIONS"] = "--import ./there-is-no-such-file.js";

platformContract({ name: "process", open: () => openProcessPlatform({ entry }) });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A dead process that nobody has reaped yet still has its number.
  const stat = `/proc/${pid}/stat`;
  return !(existsSync(stat) && /\) Z /.test(readFileSync(stat, "utf8")));
}

/** For processes that are nobody's children here: the only way to learn of their end is to look. */
async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await delay(10);
}

for (const how of ["running", "frozen"]) {
  test(`P2: a ${how} worker does not outlive its parent, nor does what it has started`, async () => {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const parent = spawn(process.execPath, [fileBeside("./contract-parent-main.js"), entry, how], {
      stdio: ["ignore", "pipe", "inherit"],
      env,
    });
    const [line] = (await once(createInterface(parent.stdout), "line")) as [string];
    const pids = JSON.parse(line) as number[];
    assert.equal(pids.length, 2, line);
    for (const pid of pids) assert.ok(isAlive(pid));
    parent.kill("SIGKILL");
    for (const pid of pids) await gone(pid);
  });
}

test("P3: a frozen worker is stopped, and goes on with what is sent to it", async () => {
  const platform = openProcessPlatform({ entry });
  const worker = new Watched(platform);
  await worker.message("ready");
  worker.link.freeze();
  const stat = `/proc/${worker.link.name}/stat`;
  if (existsSync(stat)) while (!/\) T /.test(readFileSync(stat, "utf8"))) await delay(5);
  worker.link.send({ kind: "drain" });
  await worker.message("drained");
  worker.link.freeze();
  worker.link.kill("chaos");
  assert.equal((await worker.exited()).kind, "chaos");
  await platform.close();
});

test("a worker whose buffers take more than it may have dies of memory", async () => {
  const platform = openProcessPlatform({ entry });
  const worker = new Watched(platform, { memoryMiB: 64 });
  worker.order("buffers");
  const death = await worker.exited();
  assert.equal(death.kind, "memory", death.detail);
  await platform.close();
});

test("a killed worker takes along what it has started", async () => {
  const platform = openProcessPlatform({ entry });
  const worker = new Watched(platform);
  worker.order("child");
  const { epoch: child } = await worker.message("returned");
  assert.ok(isAlive(child));
  worker.link.kill("chaos");
  await worker.exited();
  await gone(child);
  await platform.close();
});

test("P1: a worker has ended although a process that got away holds its output open", async () => {
  const platform = openProcessPlatform({ entry });
  const worker = new Watched(platform);
  worker.order("daemon");
  const { epoch: daemon } = await worker.message("returned");
  try {
    worker.link.kill("chaos");
    assert.equal((await worker.exited()).kind, "chaos");
    await platform.close();
    assert.ok(isAlive(daemon));
  } finally {
    process.kill(daemon, "SIGKILL");
  }
});

test("a worker that cannot be started ends with the reason", async () => {
  const platform = openProcessPlatform({ entry: fileBeside("./no-such-entry.js") });
  const worker = new Watched(platform);
  const death = await worker.exited();
  assert.equal(death.kind, "exit");
  assert.match(death.detail, /no-such-entry/);
  await platform.close();
});

test("a stranger on the line is a broken worker", async () => {
  const platform = openProcessPlatform({ entry: fileBeside("./contract-stranger-main.js") });
  const worker = new Watched(platform);
  const death = await worker.exited();
  assert.equal(death.kind, "exit");
  assert.match(death.detail, /over the limit/);
  await platform.close();
});
