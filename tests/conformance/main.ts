/**
 * The conformance suite: `npm run conformance -- --test262 DIR [--only GLOB] [--sample N] [--tier A,B,C] [--mode MODE] [--json FILE] …`.
 * docs/internals/conformance.md says what the modes are, and what the expectations.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Mode } from "./bundle.ts";
import { collect, hashOf, tiers } from "./collect.ts";
import { type Mutant, mutants } from "./drive.ts";
import { differences, oursIn, readExpectations } from "./expectations.ts";
import { runAll } from "./pool.ts";
import type { Result } from "./result.ts";

/** The tiers that a mode is for. */
const tiersOf: Readonly<Record<Mode, string>> = {
  plain: "A,B,C",
  frames: "A,B,C",
  inject: "A,B",
  world: "A,B",
};
/** Without `--only`, one file of so many is run: a task of `world` is taken up in ten realms and more. */
const worldSample = 8;
/** So many failures a mutant has to cause, or the suite is blind to what it forgets. */
const mutantsFailures = 100;

const { values } = parseArgs({
  options: {
    test262: { type: "string" },
    only: { type: "string" },
    tier: { type: "string" },
    mode: { type: "string", default: "plain" },
    sample: { type: "string" },
    mutant: { type: "string" },
    json: { type: "string" },
    "no-expect": { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});
const { test262, mode, mutant } = values;
if (test262 === undefined || !existsSync(join(test262, "harness/assert.js")))
  stop("--test262 DIR: a checkout of https://github.com/tc39/test262 is needed there");
if (!Object.hasOwn(tiersOf, mode)) stop(`--mode ${mode}: it is one of ${Object.keys(tiersOf).join(", ")}`);
if (mutant !== undefined && !mutants.includes(mutant))
  stop(`--mutant ${mutant}: it is one of ${mutants.join(", ")}`);
if (mutant !== undefined && mode !== "frames" && mode !== "inject")
  stop("--mutant needs --mode frames or inject: elsewhere no frames are written");
const tier = values.tier ?? tiersOf[mode as Mode];
const folders = tier.split(",").flatMap((name) => tiers[name] ?? stop(`--tier ${name}: it is of A, B, C`));

const sample = Number(values.sample ?? (mode === "world" && values.only === undefined ? worldSample : 1));
if (!(sample >= 1)) stop(`--sample ${values.sample}: a number is needed, to run one file of so many`);
const paths = collect(test262!, folders, values.only).filter((path) => hashOf(path) % sample === 0);
if (paths.length === 0) stop(`no test matches ${values.only ?? tier}`);
const start = performance.now();
const results = await runAll(
  { test262: test262!, mode: mode as Mode, mutant: mutant as Mutant | undefined },
  paths,
  (result) => {
    if (values.verbose && result.outcome === "failed") console.error(`${result.path}: ${result.reason}`);
  },
);
report();

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}

function report(): void {
  const of = (outcome: Result["outcome"]): Result[] => results.filter((each) => each.outcome === outcome);
  const [passed, failed, skipped] = [of("passed"), of("failed"), of("skipped")];
  const sum = (part: (result: Result) => number): number =>
    results.reduce((all, each) => all + part(each), 0);
  const suspensions = sum((each) => each.suspensions);
  const processes = sum((each) => each.processes ?? 0);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const share = ((100 * passed.length) / Math.max(1, passed.length + failed.length)).toFixed(2);
  const inProcesses = processes > 0 ? ` (${processes} of them into a new process)` : "";
  console.log(
    `${mode}: ${paths.length} files, ${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped (${share} %), ${suspensions} suspensions${inProcesses}, ${seconds} s`,
  );
  const failures = groups(failed);
  for (const [reason, files] of Object.entries(failures).slice(0, 25))
    console.log(`  failed ${files.length}: ${reason} (${files[0]})`);
  const skips = groups(skipped);
  for (const [reason, files] of Object.entries(skips)) console.log(`  skipped ${files.length}: ${reason}`);
  if (values.json !== undefined) {
    const counts = Object.fromEntries(Object.entries(skips).map(([reason, files]) => [reason, files.length]));
    const totals = {
      files: paths.length,
      passed: passed.length,
      failed: failed.length,
      skipped: skipped.length,
    };
    const summary = {
      mode,
      node: process.version,
      ...totals,
      suspensions,
      processes,
      failures,
      skips: counts,
      skipped_files: skips,
    };
    writeFileSync(values.json, `${JSON.stringify(summary, null, 2)}\n`);
  }
  process.exitCode = mutant === undefined ? judged(failed.length) : foundMutant(failed.length);
}

/** With expectations for this version of Node a run fails if anything is not as they say, else if any test fails. */
function judged(failed: number): number {
  const major = process.versions.node.split(".")[0]!;
  const expected = values["no-expect"] ? undefined : readExpectations(major);
  if (expected === undefined) return failed > 0 ? 1 : 0;
  const lines = differences(expected, mode as Mode, results);
  for (const line of lines) console.log(`  changed: ${line}`);
  if (lines.length === 0) console.log(`  as expected for Node ${major}`);
  return lines.length > 0 ? 1 : 0;
}

function foundMutant(failed: number): number {
  const expected = readExpectations(process.versions.node.split(".")[0]!) ?? {};
  const known = oursIn(expected, mode as Mode);
  const more = results.filter((each) => each.outcome === "failed" && !known.has(each.path)).length;
  console.log(`  ${mutant}: ${more} of ${failed} failures are its own; ${mutantsFailures} are wanted`);
  return more >= mutantsFailures ? 0 : 1;
}

/** Paths by reason, the most frequent first. */
function groups(list: readonly Result[]): Record<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { path, reason = "" } of list) {
    const key = reason.replace(/\s+/g, " ").slice(0, 160);
    found.set(key, [...(found.get(key) ?? []), path]);
  }
  return Object.fromEntries(
    [...found].sort((a, b) => b[1].length - a[1].length).map(([key, files]) => [key, files.sort()]),
  );
}
