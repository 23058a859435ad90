/**
 * `npm run sim -- [--seed N] [--count M] [--program NAME] [--mutant NAME | --mutants | --processes [--store file|redis]] [--jobs J] [--verbose]`
 *
 * Simulates seeds N, N+1, ...; a seed that fails is told with its program, its faults, what does not hold and how to see it again, and makes the
 * exit code 1. `--mutants` lets each planted bug loose and tells which seed finds it. `--processes` runs the programs on real processes, which
 * are killed.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { noRedis } from "../store/redis-server.ts";
import { faultKinds } from "./faults.ts";
import { mutants } from "./mutants.ts";
import { type Killed, processPrograms, runOnProcesses, type StoreKind } from "./processes.ts";
import { scenarios } from "./scenarios.ts";
import type { Report } from "./simulate.ts";
import { simulate } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "0" },
    count: { type: "string" },
    program: { type: "string" },
    mutant: { type: "string" },
    mutants: { type: "boolean", default: false },
    processes: { type: "boolean", default: false },
    /** Of `--processes`; absent: each in its turn. */
    store: { type: "string" },
    jobs: { type: "string", default: "1" },
    /** Of several processes, which one this is: `1/2`. */
    share: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});

/** After so many failures the rest would say the same. */
const failuresMax = 3;
/** Of so many seeds at least this share must have had each kind of fault. */
const seedsForShares = 1_000;
const faultShareMin = 0.05;
/** Within so many seeds a planted bug has to be found. */
const mutantSeeds = 2_000;

interface Tally {
  seeds: number;
  steps: number;
  failures: number;
  cpuMs: number;
  readonly faults: Record<string, number>;
  readonly programs: Record<string, number>;
}

const first = number("seed", values.seed);
const count = number("count", values.count ?? (values.mutant === undefined ? "1" : String(mutantSeeds)));
const jobs = number("jobs", values.jobs);
check("program", values.program, scenarios);
check("mutant", values.mutant, mutants);
check("store", values.store, { file: true, redis: true });

if (values.mutants) process.exitCode = (await findMutants()) ? 0 : 1;
else if (values.processes) process.exitCode = (await killProcesses()) ? 0 : 1;
else {
  const began = performance.now();
  const tally = jobs > 1 ? await inParallel() : await inTurn();
  if (values.share !== undefined) process.send!(tally);
  else summarise(tally, performance.now() - began);
  process.exitCode =
    tally.failures > 0 || (values.share === undefined && rareFaults(tally).length > 0) ? 1 : 0;
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name} ${text}: give a whole number`);
  process.exit(2);
}

function check(name: string, value: string | undefined, known: object): void {
  if (value === undefined || Object.hasOwn(known, value)) return;
  console.error(`--${name} ${value}: there is none of this name; there are ${Object.keys(known).join(", ")}`);
  process.exit(2);
}

function emptyTally(): Tally {
  return { seeds: 0, steps: 0, failures: 0, cpuMs: 0, faults: {}, programs: {} };
}

async function inTurn(): Promise<Tally> {
  const tally = emptyTally();
  const [share = 1, shares = 1] = (values.share ?? "1/1").split("/").map(Number);
  const cpu = process.cpuUsage();
  for (let seed = first + share - 1; seed < first + count && tally.failures < failuresMax; seed += shares) {
    const report = await simulate(optionsOf(seed));
    tally.seeds++;
    tally.steps += report.steps;
    for (const kind of report.faults.keys()) tally.faults[kind] = (tally.faults[kind] ?? 0) + 1;
    for (const { name } of report.programs) tally.programs[name] = (tally.programs[name] ?? 0) + 1;
    if (values.verbose) console.log(`${report.transcript.join("\n")}\nfingerprint ${report.fingerprint}`);
    if (report.violation === undefined) continue;
    tally.failures++;
    tell(report);
    if (values.mutant !== undefined) break;
  }
  const { user, system } = process.cpuUsage(cpu);
  tally.cpuMs = (user + system) / 1_000;
  return tally;
}

function optionsOf(seed: number): Parameters<typeof simulate>[0] {
  const { program, mutant, verbose } = values;
  return {
    seed,
    keep: verbose,
    ...(program === undefined ? {} : { program }),
    ...(mutant === undefined ? {} : { mutant: mutants[mutant]! }),
  };
}

function tell({ seed, programs, faults, violation, steps }: Report): void {
  const flags = [
    `--seed ${seed}`,
    ...(values.program === undefined ? [] : [`--program ${values.program}`]),
    ...(values.mutant === undefined ? [] : [`--mutant ${values.mutant}`]),
  ];
  const list = programs.map(({ name, input }) => `${name} ${JSON.stringify(input)}`);
  console.log(`seed ${seed} fails: ${violation!.property}`);
  console.log(`  program  ${list.join(" and ")}`);
  console.log(
    `  faults   ${[...faults].map(([kind, times]) => `${times} ${kind}`).join(", ") || "none"}, in ${steps} steps`,
  );
  console.log(`  ${violation!.message.replaceAll("\n", "\n  ")}`);
  console.log(`  again: npm run sim -- ${flags.join(" ")} --verbose`);
}

async function inParallel(): Promise<Tally> {
  const args = process.argv.slice(2);
  const tallies = await Promise.all(
    Array.from(
      { length: jobs },
      (_, job) =>
        new Promise<Tally>((resolve, reject) => {
          const share = [...args, "--jobs", "1", "--share", `${job + 1}/${jobs}`];
          const child = fork(fileURLToPath(import.meta.url), share, {
            stdio: ["ignore", "inherit", "inherit", "ipc"],
          });
          let told: Tally | undefined;
          child.on("message", (tally) => {
            told = tally as Tally;
          });
          child.on("exit", (status) =>
            told === undefined ? reject(new Error(`a process ended with ${status}`)) : resolve(told),
          );
        }),
    ),
  );
  const sum = emptyTally();
  for (const tally of tallies) {
    for (const key of ["seeds", "steps", "failures", "cpuMs"] as const) sum[key] += tally[key];
    for (const key of ["faults", "programs"] as const)
      for (const [name, times] of Object.entries(tally[key])) sum[key][name] = (sum[key][name] ?? 0) + times;
  }
  return sum;
}

function summarise(tally: Tally, ms: number): void {
  const { seeds, steps, failures, cpuMs, faults, programs } = tally;
  const share = (times = 0) => `${((100 * times) / seeds).toFixed(1)} %`.padStart(7);
  if (seeds > 1) {
    console.log("seeds with at least one of each kind of fault:");
    for (const kind of faultKinds) console.log(`${share(faults[kind])}  ${kind}`);
    console.log(
      `programs: ${Object.entries(programs)
        .map(([name, times]) => `${name}${share(times)}`)
        .join(", ")}`,
    );
  }
  const rare = rareFaults(tally);
  if (rare.length > 0) console.log(`too rare (less than ${100 * faultShareMin} %): ${rare.join(", ")}`);
  const speed = `${((1_000 * seeds) / ms).toFixed(0)} a second, ${((1_000 * seeds) / cpuMs).toFixed(0)} in a second of CPU`;
  console.log(`${seeds} seeds, ${failures} failed; ${(steps / seeds).toFixed(0)} steps each; ${speed}`);
}

/** Kinds of faults that too few of many seeds have had: a simulation without them proves less than it seems to. */
function rareFaults({ seeds, faults }: Tally): string[] {
  if (seeds < seedsForShares || values.program !== undefined) return [];
  return faultKinds.filter((kind) => (faults[kind] ?? 0) < faultShareMin * seeds);
}

/** Programs on real processes, one after the other. */
async function killProcesses(): Promise<boolean> {
  let failures = 0;
  const killed: Killed = { worker: 0, server: 0, store: 0 };
  const stores: StoreKind[] = noRedis() === false ? ["file", "redis"] : ["file"];
  for (let seed = first; seed < first + count && failures < failuresMax; seed++) {
    const program = values.program ?? processPrograms[seed % processPrograms.length]!;
    const store =
      (values.store as StoreKind | undefined) ??
      stores[Math.floor(seed / processPrograms.length) % stores.length]!;
    try {
      const these = await runOnProcesses(program, seed, store);
      for (const what of Object.keys(killed) as (keyof Killed)[]) killed[what] += these[what];
      console.log(`seed ${seed}: ${program} on ${store}, killed: ${killedText(these)}`);
    } catch (error) {
      failures++;
      console.log(
        `seed ${seed} fails: ${program} on ${store}\n${error instanceof Error ? error.stack : String(error)}`,
      );
      console.log(`  again: npm run sim -- --processes --seed ${seed} --program ${program} --store ${store}`);
    }
  }
  console.log(`killed: ${killedText(killed)}; ${failures} failed`);
  return failures === 0;
}

function killedText({ worker, server, store }: Killed): string {
  return `${worker} workers, ${server} coordinators${store === 0 ? "" : `, ${store} times the Redis server`}`;
}

/** Each planted bug, and the seed that finds it. */
async function findMutants(): Promise<boolean> {
  let all = true;
  for (const [name, mutant] of Object.entries(mutants)) {
    let found: Report | undefined;
    let seed = first;
    for (; found === undefined && seed < first + mutantSeeds; seed++) {
      const report = await simulate({ seed, mutant });
      if (report.violation !== undefined) found = report;
    }
    all &&= found !== undefined;
    const told =
      found === undefined
        ? `NOT FOUND in ${mutantSeeds} seeds`
        : `after ${seed - first} seeds: ${found.violation!.property}`;
    console.log(`${name.padEnd(26)} ${told}`);
  }
  return all;
}
