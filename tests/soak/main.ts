/**
 * `npm run soak -- [--tasks N] [--per-run N] [--spawns N] [--directory DIR] [--json FILE]`
 *
 * Whether anything is left behind (design T7): many short tasks and queues through the real server, worker processes and the store in a
 * directory. Tells the size of the directory and the memory of the server after 10,000 tasks, with
 * the server closed, then after every tenth of the work, while it serves, and at the end. The first 10,000 are so many runs as are kept when they have
 * ended: from then on each run that ends takes the place of another. `--per-run`: how many tasks one run has after that. `--spawns`: before
 * the end, one task starts so many others in a loop. `--directory`: works there, and goes on from what an earlier call has done there. Exit code 1
 * if rows are left, or if the directory at rest has more than 1.1 times the size that it had after the first 10,000 tasks.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { open } from "lmdb";
import { limits } from "../../src/base/limits.ts";
import { compileProject, openProject } from "../../src/cli/project.ts";
import type { PackedBundle } from "../../src/coordinator/index.ts";
import { openProcessPlatform } from "../../src/platform/index.ts";
import { pack } from "../../src/protocol/pack.ts";
import { Server, systemClock } from "../../src/server/index.ts";
import { openFileStore } from "../../src/store/index.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "100000" },
    "per-run": { type: "string", default: "2000" },
    spawns: { type: "string", default: "0" },
    directory: { type: "string" },
    json: { type: "string" },
  },
});
const tasks = Number(values.tasks);
const perRun = Number(values["per-run"]);
/** After so many tasks the directory has the size that it may have. */
const settledAfter = 10_000;
const perRunBefore = settledAfter / limits.finishedRunsKept;
const growthMax = 1.1;

interface Sample {
  readonly tasks: number;
  readonly directoryMiB: number;
  readonly heapMiB: number;
  readonly residentMiB: number;
}

const place = values.directory ?? mkdtempSync(join(tmpdir(), "continua-soak-"));
const path = join(place, "state");
const notePath = join(place, "settled.json");
const samples: Sample[] = existsSync(notePath) ? JSON.parse(readFileSync(notePath, "utf8")) : [];
const began = performance.now();
try {
  console.log("tasks       directory        heap    resident");
  let server = await openServer();
  let done = samples.at(-1)?.tasks ?? 0;
  const before = done;
  if (done < settledAfter) {
    done = await work(server, done, Math.min(tasks, settledAfter), perRunBefore);
    await server.close();
    sample(done);
    server = await openServer();
  }
  const settled = samples[0]!;
  for (let part = 1; done < tasks; part++) {
    done = await work(server, done, Math.max(done, Math.ceil((tasks * part) / 10)), perRun);
    if (part > 1 || done > settled.tasks) sample(done);
  }
  await server.close();
  const last = sample(done);
  writeFileSync(notePath, JSON.stringify([settled, last]));
  const spawned = Number(values.spawns) > 0 ? await spawnMany(Number(values.spawns)) : undefined;
  const left = await rowsLeft();
  const growth = last.directoryMiB / settled.directoryMiB;
  const seconds = (performance.now() - began) / 1_000;
  console.log(`${left.length} rows left${left.length > 0 ? `: ${left.slice(0, 10).join(", ")}` : ""}`);
  console.log(
    `at rest the directory has ${growth.toFixed(2)} times the size that it had after ${settled.tasks} tasks (at most ${growthMax})`,
  );
  console.log(`${((done - before + (spawned?.spawns ?? 0)) / seconds).toFixed(0)} tasks a second`);
  if (values.json !== undefined)
    writeFileSync(values.json, JSON.stringify({ samples, left, growth, seconds, spawned }, null, 2));
  process.exitCode = left.length === 0 && growth <= growthMax ? 0 : 1;
} finally {
  if (values.directory === undefined) rmSync(place, { recursive: true, force: true });
}

async function openServer(): Promise<Server> {
  return await Server.open({
    store: await openFileStore({ path, create: true }),
    platform: openProcessPlatform({
      entry: fileURLToPath(new URL("../../src/cli/worker-main.js", import.meta.url)),
    }),
    clock: systemClock,
    random: Math.random,
    workers: 2,
  });
}

async function compiled(): Promise<PackedBundle> {
  const bundle = await compileProject(openProject(join(repository, "tests/soak/program.ts")));
  return { version: bundle.version, bytes: pack(bundle) };
}

/** Runs until there were `target` tasks in all. */
async function work(server: Server, from: number, target: number, most: number): Promise<number> {
  const bundle = await compiled();
  let done = from;
  while (done < target) {
    const some = Math.min(most, target - done);
    // One in twenty uses a queue, and has a producer of its own.
    const input = { tasks: some, queues: Math.floor(some / 20), spawns: 0 };
    const result = await server.result(await server.startRun(bundle, "soak", JSON.stringify(input)));
    if (result.status !== "succeeded") throw new Error(result.row.message);
    done += some;
  }
  return done;
}

/** One run of one task that starts many; the most that lived in the server's memory meanwhile. */
async function spawnMany(spawns: number): Promise<{ spawns: number; heapMiB: number }> {
  const server = await openServer();
  const bundle = await compiled();
  let heap = 0;
  // Not often, since each look collects what does not live any more.
  const look = setInterval(() => {
    globalThis.gc?.();
    heap = Math.max(heap, process.memoryUsage().heapUsed);
  }, 2_000);
  const run = await server.startRun(bundle, "soak", JSON.stringify({ tasks: 1, queues: 0, spawns }));
  const { status, row } = await server.result(run);
  clearInterval(look);
  await server.close();
  if (status !== "succeeded") throw new Error(row.message);
  const heapMiB = heap / 2 ** 20;
  console.log(
    `${row.stats.tasksEnded} tasks, all but one of them spawned by one: at most ${heapMiB.toFixed(1)} MiB of heap lived`,
  );
  return { spawns, heapMiB };
}

function sample(done: number): Sample {
  globalThis.gc?.();
  const mebi = (bytes: number) => bytes / 2 ** 20;
  const { heapUsed, rss } = process.memoryUsage();
  const directory = readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
  const taken = {
    tasks: done,
    directoryMiB: mebi(directory),
    heapMiB: mebi(heapUsed),
    residentMiB: mebi(rss),
  };
  samples.push(taken);
  const figure = (size: number) => `${size.toFixed(2)} MiB`.padStart(11);
  console.log(
    `${String(done).padEnd(9)} ${figure(taken.directoryMiB)} ${figure(taken.heapMiB)} ${figure(taken.residentMiB)}`,
  );
  return taken;
}

/** Keys of the tree beside those of the last runs, which are kept for a while. */
async function rowsLeft(): Promise<string[]> {
  const tree = open<Buffer, string>({ path, noSubdir: false, encoding: "binary", readOnly: true });
  const keys = [...tree.getKeys()];
  await tree.close();
  return keys.filter((key) => !/^(meta|run|bundle|bytes\/(bundle|outcome\/r[^.]*$))/.test(key));
}
