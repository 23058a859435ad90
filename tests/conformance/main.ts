/**
 * The conformance suite: `npm run conformance -- --test262 DIR [--only GLOB] [--tier A|B] [--mode MODE] [--json FILE]`.
 * docs/internals/conformance.md says what the modes are.
 */
import { fork } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { collect, tiers } from "./collect.ts";
import type { Mode, Result } from "./execute.ts";

const modes: readonly string[] = ["plain", "frames", "world", "inject"];
const processes = 2;
/** Realms leak: a process is replaced after so many tests. */
const batch = 400;
const patienceMs = 20_000;

const { values } = parseArgs({
  options: {
    test262: { type: "string" },
    only: { type: "string" },
    tier: { type: "string", default: "A" },
    mode: { type: "string", default: "plain" },
    json: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});
const { test262, tier, mode } = values;
if (test262 === undefined || !existsSync(join(test262, "harness/assert.js")))
  stop("--test262 DIR: a checkout of https://github.com/tc39/test262 is needed there");
if (!modes.includes(mode)) stop(`--mode ${mode}: it is one of ${modes.join(", ")}`);
if (tiers[tier] === undefined) stop(`--tier ${tier}: it is one of ${Object.keys(tiers).join(", ")}`);

const paths = collect(test262!, tiers[tier]!, values.only);
if (paths.length === 0) stop(`no test matches ${values.only ?? tier}`);
const results: Result[] = [];
const queue: string[][] = [];
for (let at = 0; at < paths.length; at += batch) queue.push(paths.slice(at, at + batch));
const start = performance.now();
await Promise.all(Array.from({ length: processes }, work));
report();

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}

async function work(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const rest = await runBatch(next);
    if (rest.length > 0) queue.unshift(rest);
  }
}

/** Answers what is left, if a test took the process with it. */
function runBatch(batchPaths: readonly string[]): Promise<string[]> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL("./worker.js", import.meta.url)), {
      execArgv: ["--experimental-vm-modules", "--no-warnings"],
    });
    const left = new Set(batchPaths);
    let timedOut = false;
    const expire = (): void => {
      timedOut = true;
      child.kill("SIGKILL");
    };
    let clock = setTimeout(expire, patienceMs);
    child.on("message", (result: Result) => {
      clearTimeout(clock);
      clock = setTimeout(expire, patienceMs);
      left.delete(result.path);
      results.push(result);
      if (values.verbose && result.outcome === "failed") console.error(`${result.path}: ${result.reason}`);
    });
    child.on("exit", () => {
      clearTimeout(clock);
      const [culprit, ...rest] = left;
      if (culprit !== undefined) {
        const reason = timedOut ? `took longer than ${patienceMs / 1000} s` : "ended the process";
        results.push({ path: culprit, outcome: "failed", reason, suspensions: 0 });
      }
      resolve(rest);
    });
    child.send({ test262, mode: mode as Mode, paths: batchPaths });
  });
}

function report(): void {
  const of = (outcome: Result["outcome"]): Result[] => results.filter((each) => each.outcome === outcome);
  const [passed, failed, skipped] = [of("passed"), of("failed"), of("skipped")];
  const suspensions = results.reduce((sum, each) => sum + each.suspensions, 0);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const share = ((100 * passed.length) / Math.max(1, passed.length + failed.length)).toFixed(2);
  console.log(
    `${mode}: ${paths.length} files, ${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped (${share} %), ${suspensions} suspensions, ${seconds} s`,
  );
  const failures = groups(failed);
  for (const [reason, files] of Object.entries(failures).slice(0, 25))
    console.log(`  failed ${files.length}: ${reason} (${files[0]})`);
  const skips = groups(skipped);
  for (const [reason, files] of Object.entries(skips)) console.log(`  skipped ${files.length}: ${reason}`);
  if (values.json !== undefined) {
    const counts = Object.fromEntries(Object.entries(skips).map(([reason, files]) => [reason, files.length]));
    const summary = {
      mode,
      files: paths.length,
      passed: passed.length,
      failed: failed.length,
      skipped: skipped.length,
      suspensions,
      failures,
      skips: counts,
    };
    writeFileSync(values.json, `${JSON.stringify(summary, null, 2)}\n`);
  }
  process.exitCode = failed.length > 0 ? 1 : 0;
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
