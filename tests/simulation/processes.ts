/**
 * The programs of the simulation on real processes and real stores (a directory, a Redis server), under SIGKILL of workers, of the coordinator,
 * and of the Redis server. When something is killed is decided by what has been done (after so many lines of the program, which are there when they are durable), never by the clock.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunId } from "../../src/base/ids.ts";
import { repository, start } from "../acceptance/continua.ts";
import { RedisServer } from "../store/redis-server.ts";
import { Chance } from "./chance.ts";
import type { Outside } from "./outside.ts";
import * as outsideOnFile from "./outside-on-file.ts";
import type { Note, Seen } from "./outside-world.ts";
import { scenarios } from "./scenarios.ts";

/** Long enough to be killed several times. */
const inputs: Readonly<Record<string, unknown>> = {
  queues: { producers: 3, consumers: 2, items: 12, batch: 2, capacity: 4, pauseMs: 3 },
  steps: { shoppers: 3, orders: 4, failures: 1 },
  witnesses: { producers: 2, consumers: 2, items: 8, capacity: 2, owners: 3, rounds: 3, permits: 1 },
  bank: { accounts: 3, clerks: 3, transfers: 6, pauseMs: 3 },
  tree: { depth: 2, width: 4, pauseMs: 5 },
  meetings: { parties: 3, rounds: 6, permits: 2, visitors: 4, pauseMs: 5 },
  pipeline: { stages: 3, workers: 2, items: 12, capacity: 2 },
  loops: { workers: 3, turns: 600 },
  timers: { sleepers: 3, ms: 20 },
  choices: { queues: 2, takers: 2, items: 9, patienceMs: 20 },
  spawners: { spawners: 2, children: 9, pauseEvery: 3 },
  cancellations: {
    takers: 4,
    items: 12,
    cancels: [
      { who: 0, ms: 100 },
      { who: 3, ms: 100 },
      { who: 1, ms: 50 },
    ],
    pauseMs: 20,
  },
};
export const processPrograms = Object.keys(inputs);

export type StoreKind = "file" | "redis";

/** How many of each were killed. */
export type Killed = Record<"worker" | "server" | "store", number>;

/** Runs the program to its end, whatever is killed, and judges what has become of it. */
export async function runOnProcesses(program: string, seed: number, store: StoreKind): Promise<Killed> {
  const folder = mkdtempSync(join(tmpdir(), "continua-simulation-"));
  const redis = store === "redis" ? await RedisServer.start() : undefined;
  try {
    return await live(folder, program, new Chance(seed, `processes ${store}`), redis);
  } finally {
    await redis?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function live(
  folder: string,
  program: string,
  chance: Chance,
  redis: RedisServer | undefined,
): Promise<Killed> {
  const journal = join(folder, "outside.txt");
  mkdirSync(join(folder, "programs"));
  copyFileSync(
    join(repository, `tests/simulation/programs/${program}.ts`),
    join(folder, `programs/${program}.ts`),
  );
  copyFileSync(join(repository, "tests/simulation/outside-on-file.ts"), join(folder, "outside.ts"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  writeFileSync(journal, "");
  const input = inputs[program]!;
  const killed: Killed = { worker: 0, server: 0, store: 0 };
  const ofStore: ("store" | "server")[] = redis === undefined ? ["server"] : ["store", "store"];
  const kills = chance.shuffled(["worker", "worker", "server", "server", ...ofStore] as const);
  const lines: string[] = [];
  const where = ["--workers", "2", "--quiet", ...(redis === undefined ? [] : ["--store", redis.url("sim")])];
  let storeIsBack: Promise<unknown> = Promise.resolve();
  const kill = (what: keyof Killed, driving: number): boolean => {
    if (what === "worker") return killWorker(driving, chance);
    if (what === "server") return process.kill(driving, "SIGKILL");
    storeIsBack = storeIsBack.then(() => redis!.kill()).then(() => redis!.run());
    return true;
  };
  let args = ["run", `programs/${program}.ts`, "--input", JSON.stringify(input), ...where];
  for (;;) {
    const running = start(args, folder);
    let killAt = lines.length + chance.between(2, 7);
    let rest = "";
    running.process.stderr!.on("data", (text: string) => {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      lines.push(...parts);
      if (lines.length < killAt || kills.length === 0) return;
      killAt = lines.length + chance.between(2, 7);
      if (kill(kills[0]!, running.process.pid!)) killed[kills.shift()!]++;
    });
    const { status, stdout, stderr } = await running.ended;
    await storeIsBack;
    if (status === null) {
      args = ["resume", ...where];
      continue;
    }
    assert.equal(status, 0, stderr);
    // Of a line that a server has said and could not note any more, the next one says the same again.
    const said = [...new Set(lines)];
    const outside = seenOnFile(journal);
    const told = {
      run: outside.run,
      source: undefined,
      input,
      result: JSON.parse(stdout),
      lines: said,
      outside,
    };
    await scenarios[program]!.judge(told as never);
    return killed;
  }
}

/** One of the children of the server, if it has any just now. */
function killWorker(server: number, chance: Chance): boolean {
  const workers = childrenOf(server);
  if (workers.length === 0) return false;
  try {
    return process.kill(chance.pick(workers), "SIGKILL");
  } catch {
    // It has ended by itself meanwhile.
    return false;
  }
}

function childrenOf(parent: number): number[] {
  const list = `/proc/${parent}/task/${parent}/children`;
  if (existsSync(list)) return readFileSync(list, "utf8").trim().split(" ").filter(Boolean).map(Number);
  const all = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const pairs = all.map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([pid, ppid]) => (ppid === parent ? [pid!] : []));
}

/** It takes the place of the simulated one. */
outsideOnFile satisfies Outside;

/** A line of its file. */
interface Entry {
  readonly at: number;
  readonly order?: Seen["orders"][number];
  readonly written?: { readonly name: string; readonly token: number; readonly value: number };
  readonly mark?: string;
  readonly name?: string;
  readonly asked?: unknown;
  readonly answer?: unknown;
}

function seenOnFile(path: string): Seen & { readonly run: RunId } {
  const text = readFileSync(path, "utf8");
  const entries = text
    .split("\n")
    .filter(Boolean)
    .map((each) => JSON.parse(each) as Entry);
  const orders: Seen["orders"][number][] = [];
  const marks = new Map<string, number>();
  const notes = new Map<string, Note>();
  const written = new Map<string, { token: number; value: number }>();
  for (const { at, order, written: last, mark, name, asked, answer } of entries) {
    if (order !== undefined) orders.push(order);
    if (last !== undefined && last.token >= (written.get(last.name)?.token ?? 0))
      written.set(last.name, last);
    if (mark !== undefined && !marks.has(mark)) marks.set(mark, at);
    if (name === undefined) continue;
    const note = notes.get(name) ?? { asked, askedAt: at };
    notes.set(name, note);
    if (answer !== undefined && note.answeredAt === undefined)
      Object.assign(note, { answer, answeredAt: at });
  }
  const run = (/\br[0-9a-z]{10}\b/.exec(text)?.[0] ?? "") as RunId;
  return { run, orders, marks, notes, value: (name) => written.get(name)?.value };
}
