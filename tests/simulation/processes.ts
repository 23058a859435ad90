/**
 * The programs of the simulation on real processes and the embedded store, under SIGKILL of workers and of the coordinator. When something is
 * killed is decided by what has been done (after so many lines of the program, which are there when they are durable), never by the clock.
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
};
export const processPrograms = Object.keys(inputs);

export interface Killed {
  readonly workers: number;
  readonly servers: number;
}

/** Runs the program to its end, whatever is killed, and judges what has become of it. */
export async function runOnProcesses(program: string, seed: number): Promise<Killed> {
  const folder = mkdtempSync(join(tmpdir(), "continua-simulation-"));
  try {
    return await live(folder, program, new Chance(seed, "processes"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function live(folder: string, program: string, chance: Chance): Promise<Killed> {
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
  const killed = { workers: 0, servers: 0 };
  const kills = chance.shuffled(["worker", "worker", "server", "server", "server"] as const);
  const lines: string[] = [];
  let args = ["run", `programs/${program}.ts`, "--input", JSON.stringify(input), "--workers", "2", "--quiet"];
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
      const dead =
        kills[0] === "server" ? running.process.kill("SIGKILL") : killWorker(running.process.pid!, chance);
      if (!dead) return;
      if (kills.shift() === "server") killed.servers++;
      else killed.workers++;
    });
    const { status, stdout, stderr } = await running.ended;
    if (status === null) {
      args = ["resume", "--workers", "2", "--quiet"];
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
