/** The simulation, a bounded part of it: `npm run sim` has as many seeds as one has patience for. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { faultKinds } from "./faults.ts";
import { mutants } from "./mutants.ts";
import { scenarios } from "./scenarios.ts";
import type { Report } from "./simulate.ts";
import { simulate } from "./simulate.ts";

const seeds = 250;

test("simulation: every property holds, whatever goes wrong", async () => {
  const kinds = new Map<string, number>();
  for (let seed = 0; seed < seeds; seed++) {
    const report = await simulate({ seed });
    assert.equal(report.violation, undefined, told(report));
    for (const kind of report.faults.keys()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  for (const kind of faultKinds)
    assert((kinds.get(kind) ?? 0) >= 0.02 * seeds, `${kind} in ${kinds.get(kind)} of ${seeds} seeds`);
});

/** Each failed once: by a mistake that has been mended, here or in what is simulated. */
const failedOnce: readonly Parameters<typeof simulate>[0][] = [
  { seed: 23, program: "cancelled" },
  // Had been at work, and was ended as if it had not.
  { seed: 892, program: "cancelled" },
  // A second cancellation reached what the first one's cleaning up had started.
  { seed: 10, program: "felled" },
  // Who had not been told yet started fibers, and a task, that never were.
  { seed: 495, program: "felled" },
  { seed: 296, program: "felled" },
  // Workers had no place left after an upgrade; an activation that came again late took the place of a newer one.
  { seed: 130, program: "versions" },
  { seed: 188, program: "versions" },
  // A copy was asked for again, when its original was over.
  { seed: 935561 },
  // What began a stay came again when the task had been handed back.
  { seed: 1016566 },
];

test("simulation: what has failed once", async () => {
  for (const each of failedOnce) {
    const report = await simulate(each);
    assert.equal(report.violation, undefined, told(report));
  }
});

for (const program of Object.keys(scenarios)) {
  test(`simulation: ${program} undisturbed`, async () => {
    const report = await simulate({ seed: 1, program, calm: true });
    assert.equal(report.violation, undefined, told(report));
    assert.deepEqual([...report.faults], []);
  });
}

/** Those that are found at once; `npm run sim -- --mutants` lets all of them loose. */
const quick = [
  "acknowledge-before-write",
  "torn-write",
  "dequeue-not-atomic",
  "no-term-fence",
  "commit-twice",
  "answer-lost",
  "garbage-early",
  "item-twice",
  "last-in-first-out",
  "lock-tokens-anew",
  "line-twice",
];

for (const name of quick) {
  test(`simulation: a planted bug is found: ${name}`, async () => {
    const mutant = mutants[name]!;
    for (let seed = 0; seed < 60; seed++) {
      const report = await simulate({ seed, mutant });
      if (report.violation === undefined) continue;
      const again = await simulate({ seed, mutant });
      assert.deepEqual(again.violation, report.violation, "it is found again, by the same seed");
      assert.equal(again.fingerprint, report.fingerprint);
      return;
    }
    assert.fail(`nothing noticed that ${mutant.breaks}`);
  });
}

test("simulation: the same seed is the same story, in whatever order, and in another process", async () => {
  const chosen = [5, 17, 40, 41, 77];
  const first = new Map<number, string>();
  for (const seed of chosen) first.set(seed, (await simulate({ seed })).fingerprint);
  for (const seed of [...chosen].reverse()) {
    const { fingerprint, transcript } = await simulate({ seed, keep: true });
    assert.equal(fingerprint, first.get(seed));
    assert(transcript.length > 50);
  }
  assert.equal(new Set(first.values()).size, chosen.length);
  const main = fileURLToPath(new URL("./main.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [main, "--seed", "17", "--verbose"], {
    maxBuffer: 1e8,
  });
  assert.match(stdout, new RegExp(`\nfingerprint ${first.get(17)}\n`));
});

function told({ seed, programs, violation }: Report): string {
  return `seed ${seed}, ${JSON.stringify(programs)}: ${violation?.property}: ${violation?.message}`;
}
