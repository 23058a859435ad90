/**
 * The runner on programs of our own in the manner of test262 (`tests/samples/conformance/`), and the proof that it is not blind: what forgets a slot of a frame
 * or a cell of an environment fails most of them. `npm run conformance -- --test262 DIR --mutant NAME` shows the same of test262.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Mode } from "./bundle.ts";
import { collect } from "./collect.ts";
import type { Mutant } from "./drive.ts";
import { runAll } from "./pool.ts";
import type { Result } from "./result.ts";

const own = join(import.meta.dirname.replace(/([\\/])dist[^\\/]*([\\/])/, "$1"), "../samples/conformance");
const suspended = collect(own, ["suspended/"], undefined);
const plain = collect(own, ["plain/"], undefined);
assert.ok(suspended.length > 0 && plain.length > 0, `there are programs in ${own}`);

/** Results by outcome. */
async function run(mode: Mode, mutant?: Mutant): Promise<Record<Result["outcome"], string[]>> {
  const found: Record<Result["outcome"], string[]> = { passed: [], failed: [], skipped: [] };
  const paths = mode === "inject" ? plain : [...suspended, ...plain];
  const results = await runAll({ test262: own, mode, mutant }, paths, () => {});
  for (const { path, outcome, reason = "" } of results)
    found[outcome].push(outcome === "failed" ? `${path}: ${reason}` : path);
  return found;
}

for (const mode of ["frames", "inject", "world"] as const) {
  test(`our own programs pass in the mode ${mode}`, async () => {
    const { passed, failed } = await run(mode);
    assert.deepEqual(failed, []);
    assert.ok(passed.length >= plain.length, `${passed.length} are run`);
  });
}

/** How many of the programs each mutant fails at least. Most have no cell that is the last one of its environment and needed. */
const failures: readonly (readonly [Mutant, Mode, number])[] = [
  ["drop-slot", "frames", 7],
  ["drop-cell", "frames", 4],
  ["drop-slot", "inject", 3],
  ["drop-cell", "inject", 3],
];
for (const [mutant, mode, least] of failures) {
  test(`what forgets is found: ${mutant} in the mode ${mode}`, async () => {
    const { failed } = await run(mode, mutant);
    assert.ok(failed.length >= least, `${failed.length} programs fail:\n${failed.join("\n")}`);
  });
}
