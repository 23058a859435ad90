/**
 * `npm run fuzz -- [--seed N] [--count M] [--jobs J] [--mutant NAME] [--print]`: random programs, run by Node, compiled, and compiled with
 * the task taken through bytes at random stops; every 100th also through another process. docs/internals/fuzzing.md has more.
 */
import { parseArgs } from "node:util";
import { randomProgram } from "./grammar/program.ts";
import { mutants } from "./mutants.ts";
import { Patience } from "./patience.ts";
import { startWorker } from "./start.ts";
import type { Found, Order, Report } from "./worker.ts";

/** Programs that a process gets at a time; the next one starts afresh. */
const batch = 500;
/** Longer than any program and its shrinking take, on a machine with much else to do. */
const patienceS = 300;
const triesMax = 1_500;
/** That many failing programs are enough to look at. */
const failuresMax = 10;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "1000" },
    jobs: { type: "string", default: "2" },
    mutant: { type: "string" },
    print: { type: "boolean", default: false },
  },
});
const [first, count, jobs] = [whole("seed", 0), whole("count", 1), whole("jobs", 1)];
if (values.mutant !== undefined && mutants[values.mutant] === undefined)
  stop(`--mutant ${values.mutant}: it is one of ${Object.keys(mutants).join(", ")}`);

function whole(name: "seed" | "count" | "jobs", least: number): number {
  const number = Number(values[name]);
  if (!Number.isSafeInteger(number) || number < least)
    stop(`--${name} ${values[name]}: it is a whole number from ${least} on`);
  return number;
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}

if (values.print) {
  for (let seed = first; seed < first + count; seed += 1)
    console.log(`// seed ${seed}\n${randomProgram(seed, true)}`);
  process.exit(0);
}

const orders: Order[] = [];
for (let seed = first; seed < first + count; seed += batch)
  orders.push({ seed, count: Math.min(batch, first + count - seed), mutant: values.mutant, tries: triesMax });
const totals = { programs: 0, native: 0, thaws: 0, elsewhere: 0, lines: 0 };
const failures: Found[] = [];
const start = performance.now();
let told = start;
await Promise.all(Array.from({ length: jobs }, work));
const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(
  `${totals.programs} programs from seed ${first} on, ${totals.native} of them compared with Node ${process.version}; ${totals.lines} lines, ${totals.thaws} thaws, ${totals.elsewhere} in another process; ${failures.length} different; ${seconds} s`,
);
process.exitCode = failures.length > 0 ? 1 : 0;

async function work(): Promise<void> {
  for (
    let next = orders.shift();
    next !== undefined && failures.length < failuresMax;
    next = orders.shift()
  ) {
    const rest = await run(next);
    if (rest !== undefined) orders.unshift(rest);
  }
}

/** Answers what is left of the order, if a program took the process with it. */
function run(order: Order): Promise<Order | undefined> {
  return new Promise((resolve) => {
    const child = startWorker();
    let next = order.seed;
    let late = false;
    let rough: Found | undefined;
    const expire = (): void => {
      late = true;
      child.kill("SIGKILL");
    };
    const patience = new Patience(patienceS, expire);
    child.on("message", (report: Report) => {
      patience.heard();
      rough = report.rough && report.found;
      if (report.rough) return;
      next = report.seed + 1;
      totals.programs += 1;
      totals.native += report.native ? 1 : 0;
      totals.thaws += report.thaws;
      totals.elsewhere += report.elsewhere;
      totals.lines += report.lines;
      if (report.found !== undefined) tell(report.found);
      progress();
    });
    child.on("exit", () => {
      patience.end();
      const left = order.seed + order.count - next;
      if (left === 0 || (failures.length >= failuresMax && !late)) return resolve(undefined);
      totals.programs += 1;
      const what = late ? `took longer than ${patienceS} s` : "ended the process";
      tell(rough ?? { seed: next, form: what, expected: [], found: [], source: randomProgram(next, true) });
      resolve(left > 1 ? { ...order, seed: next + 1, count: left - 1 } : undefined);
    });
    child.send(order);
  });
}

function tell({ seed, form, expected, found, source }: Found): void {
  failures.push({ seed, form, expected, found, source });
  const at = expected.findIndex((line, index) => line !== found[index]);
  const from = Math.max(0, (at < 0 ? expected.length : at) - 3);
  console.log(`\nseed ${seed}: ${form}\n${source}`);
  console.log(`expected from line ${from + 1} on:\n  ${expected.slice(from, from + 8).join("\n  ")}`);
  console.log(`found:\n  ${found.slice(from, from + 8).join("\n  ")}`);
  const mutant = values.mutant === undefined ? "" : ` --mutant ${values.mutant}`;
  console.log(`again: npm run fuzz -- --seed ${seed} --count 1${mutant}`);
}

function progress(): void {
  if (performance.now() - told < 10_000) return;
  told = performance.now();
  console.error(`${totals.programs} of ${count}, ${failures.length} different`);
}
