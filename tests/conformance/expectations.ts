/**
 * What is known to fail, for each version of Node: `expectations/node20.json` and its like. A run is compared with them in both
 * directions: what fails and is not listed, and what is listed and does not fail, are changes that somebody has to look at.
 *
 * `node` lists what Node itself fails, and the compiled test therefore too; an entry that ends in `/**` stands for a folder in which that is so of
 * some test. `compiled` lists what is ours in every mode that runs the test, a mode's own name what is ours in that mode. Paths
 * stand by reason.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Mode } from "./bundle.ts";
import { tiers } from "./collect.ts";
import { nodeFails, type Result } from "./result.ts";

export type Reasons = Readonly<Record<string, readonly string[]>>;
export type Expectations = Readonly<Partial<Record<Mode | "compiled" | "node", Reasons>>>;

/** Those of a version of Node; `undefined` if there are none. */
export function readExpectations(major: string): Expectations | undefined {
  // Beside the sources: they are data, which the build does not copy.
  const url = new URL(`../../../tests/conformance/expectations/node${major}.json`, import.meta.url);
  const path = fileURLToPath(url);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Expectations) : undefined;
}

/** Each difference between what was expected and what was found, as a line. */
export function differences(expected: Expectations, mode: Mode, results: readonly Result[]): string[] {
  const found = new Map(results.map((result) => [result.path, result]));
  const ours = oursIn(expected, mode);
  const natively = entriesOf(expected.node);
  const folders = [...natively.keys()]
    .filter((entry) => entry.endsWith("/**"))
    .map((entry) => entry.slice(0, -2));
  const lines: string[] = [];
  for (const { path, outcome, reason } of results) {
    if (outcome === "failed" && !ours.has(path)) lines.push(`${path} fails, and is not listed: ${reason}`);
    const isNative = outcome === "skipped" && reason === nodeFails;
    const isListed = natively.has(path) || folders.some((folder) => path.startsWith(folder));
    if (isNative && !isListed && isInTiers(path))
      lines.push(`${path} fails in Node itself, and is not listed`);
  }
  for (const [path, reason] of ours) {
    const result = found.get(path);
    if (result?.outcome === "passed") lines.push(`${path} is listed as failing (${reason}), but passes`);
  }
  for (const [path, reason] of natively) {
    if (found.get(path)?.outcome === "passed")
      lines.push(`${path} is listed as failing in Node itself (${reason}), but passes`);
  }
  return lines;
}

/** What is ours in a mode, with its reason. */
export function oursIn(expected: Expectations, mode: Mode): Map<string, string> {
  return new Map([...entriesOf(expected.compiled), ...entriesOf(expected[mode])]);
}

function entriesOf(reasons: Reasons = {}): Map<string, string> {
  return new Map(
    Object.entries(reasons).flatMap(([reason, paths]) => paths.map((path) => [path, reason] as const)),
  );
}

/** Elsewhere nothing is listed. */
function isInTiers(path: string): boolean {
  return Object.values(tiers).some((folders) => folders.some((folder) => path.startsWith(folder)));
}
