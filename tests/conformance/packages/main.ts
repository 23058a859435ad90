/**
 * `npm run conformance -- --package NAME[,NAME...] [--from DIR] [--only PART] [--seed N] [--json FILE]`: a package's own tests, compiled with
 * the package and run as a task that is written down and thawed at random stops, now and then in another process.
 * docs/internals/packages.md says how and shows figures.
 */
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Policy, undisturbed } from "../../fuzz/world.ts";
import { type Obtained, obtain, programsOf } from "./obtain.ts";
import { ended, passage } from "./passage.ts";
import { bundleTest, findTests } from "./project.ts";
import type { Errand, Message } from "./worker.ts";

const { values } = parseArgs({
  options: {
    package: { type: "string" },
    from: { type: "string" },
    only: { type: "string" },
    foreign: { type: "string", default: "" },
    seed: { type: "string", default: "1" },
    cache: { type: "string", default: join(tmpdir(), "continua-packages") },
    json: { type: "string" },
    plain: { type: "boolean", default: false },
    native: { type: "boolean", default: false },
    inject: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});
const names = (values.package ?? "").split(",").filter(Boolean);
const seed = Number(values.seed);
if (names.length === 0) stop("--package NAME[,NAME...]: the name of a package on npm");
if (values.from !== undefined && names.length > 1) stop("--from DIR goes with one package");
if (!Number.isSafeInteger(seed)) stop(`--seed ${values.seed}: it is a whole number`);

/** The thaw of a process that leads to the next one. */
const leaveAt = 100;

interface Result {
  readonly file: string;
  readonly title: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly reason: string;
}
interface Summary {
  readonly package: string;
  readonly version: string;
  passed: number;
  failed: number;
  skipped: number;
  suspensions: number;
  processes: number;
  readonly failures: Result[];
  readonly skips: Result[];
  /** Why a task could not be written down at a stop, and how often: there it went on without. */
  readonly pinned: Record<string, number>;
}

const summaries: Summary[] = [];
for (const name of names) summaries.push(await runPackage(name));
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(summaries, null, 2)}\n`);
process.exitCode = summaries.some(({ failed, passed }) => failed > 0 || passed === 0) ? 1 : 0;

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}

async function runPackage(name: string): Promise<Summary> {
  let obtained: Obtained;
  try {
    obtained = obtain(
      name,
      values.from === undefined ? undefined : resolve(values.from),
      resolve(values.cache),
    );
  } catch (error) {
    stop(`${name}: ${(error as Error).message}`);
  }
  const { root, version, home } = obtained;
  const summary: Summary = {
    package: name,
    version,
    passed: 0,
    failed: 0,
    skipped: 0,
    suspensions: 0,
    processes: 0,
    failures: [],
    skips: [],
    pinned: {},
  };
  const files = findTests(join(root, home)).filter(
    (file) => values.only === undefined || file.includes(values.only),
  );
  const programs = files.length === 0 && values.only === undefined ? programsOf(obtained) : [];
  if (files.length === 0 && programs.length === 0)
    stop(
      `${name}: no file of tests was found in ${join(root, home)}${values.only === undefined ? "" : ` that has "${values.only}" in its path`}; known are ava, node:test, mocha, jest, vitest, uvu, QUnit, tape and tap, and programs that "npm test" runs with node`,
    );
  for (const file of files) await runFile(summary, obtained, file);
  for (const file of programs) await runFile(summary, obtained, file, true);
  tell(summary);
  return summary;
}

function note(summary: Summary, result: Result): void {
  summary[result.outcome] += 1;
  if (result.outcome === "failed") summary.failures.push(result);
  if (result.outcome === "skipped") summary.skips.push(result);
  if (values.verbose)
    console.log(
      `${result.outcome} ${result.file}: ${result.title}${result.outcome === "passed" ? "" : `: ${result.reason}`}`,
    );
}

async function runFile(summary: Summary, obtained: Obtained, file: string, isProgram = false): Promise<void> {
  const foreign = values.foreign.split(",").filter(Boolean);
  const made = await bundleTest(obtained, file, foreign, { inject: values.inject, isProgram });
  if ("refused" in made)
    return note(summary, { file, title: "(the file)", outcome: "failed", reason: made.refused });
  const policy: Policy = values.plain ? undisturbed : { seed, freezes: 0.1, thaws: 0.3 };
  let from: Errand["from"] = 0;
  let running: { at: number; title: string } | undefined;
  let counted = 0;
  const hear = (message: Message): void => {
    if (message.kind === "begin") {
      running = message;
      return;
    }
    summary.suspensions += message.thaws - counted;
    counted = message.thaws;
    if (message.kind === "end") {
      const { outcome, reason } = message;
      note(summary, { file, title: running?.title ?? "", outcome, reason });
      running = undefined;
    } else {
      for (const [reason, count] of message.refusals)
        summary.pinned[reason] = (summary.pinned[reason] ?? 0) + count;
    }
  };
  for (;;) {
    summary.processes += 1;
    counted = 0;
    const { end, place } = await passage(
      values.native ? "native" : "worker",
      { bundle: made, policy, from, leaveAt: values.plain ? 0 : leaveAt },
      join(obtained.root, obtained.home),
      hear,
    );
    if (place !== undefined) {
      from = place;
      continue;
    }
    if (end === ended) return;
    // The test that ran has ended the task: the others run without it.
    if (running === undefined) {
      const outcome = end.startsWith("NotAdapted:") ? "skipped" : "failed";
      return note(summary, { file, title: "(the file)", outcome, reason: end });
    }
    note(summary, { file, title: running.title, outcome: "failed", reason: end });
    from = running.at + 1;
    running = undefined;
  }
}

function tell(summary: Summary): void {
  const { passed, failed, skipped, suspensions, processes } = summary;
  console.log(
    `${summary.package} ${summary.version}: ${passed} passed, ${failed} failed, ${skipped} skipped; thawed ${suspensions} times, in ${processes} processes (seed ${seed})`,
  );
  for (const { file, title, reason } of summary.failures)
    console.log(`  failed ${file}: ${title}: ${reason}`);
  for (const { file, title, reason } of summary.skips) console.log(`  skipped ${file}: ${title}: ${reason}`);
  for (const [reason, count] of Object.entries(summary.pinned))
    console.log(`  not written down ${count} times: ${reason}`);
}
