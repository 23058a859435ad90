/** What a bench leaves: rows, as a table for people and as JSON with what is needed to judge them. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import type { Sheet } from "./sheet.ts";

export interface Wish {
  /** Part of the names of the cases to run. */
  readonly only?: string;
  readonly rounds: number;
  /** Of `peers`: where the others are. */
  readonly from?: string;
  /** Of `peers` and `scaling`: seconds that one run may take. */
  readonly limitS?: number;
  /** The file that gets the figures, and whether what it has, and is not measured now, is kept; of `peers`, whether runs that were cut off go on. */
  readonly json?: string;
  readonly resume?: boolean;
  /** Of `scaling`: items and tasks, at most. */
  readonly upTo?: number;
  /** Writes down what there is so far. */
  soFar?(sheets: readonly Sheet[]): void;
}

export interface Row {
  readonly name: string;
  /** What is measured, in `unit`; medians of the rounds. */
  readonly ours: number | undefined;
  /** What it is compared with: `against` says what. */
  readonly other?: number;
  readonly against?: string;
  readonly unit: "ns" | "us" | "ms" | "s" | "bytes";
  /** Of `ours / other`, or of `ours` where there is nothing to compare with; infinite where none is set. */
  readonly target: number;
  /** Why there is no figure, or what has to be known to read it. */
  readonly note?: string;
  /** More of the same measurement, for the JSON. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** The figure that the target bounds. */
function measureOf(row: Row): number | undefined {
  if (row.ours === undefined) return undefined;
  return row.other === undefined ? row.ours : row.ours / row.other;
}

export function printTable(rows: readonly Row[]): void {
  const lines = rows.map((row) => {
    const measure = measureOf(row);
    const shown = (value: number | undefined): string =>
      value === undefined
        ? "-"
        : `${value < 10 ? value.toFixed(2) : value.toFixed(value < 100 ? 1 : 0)} ${row.unit}`;
    return [
      row.name,
      shown(row.ours),
      row.other === undefined ? "" : `${row.against} ${shown(row.other)}`,
      measure === undefined || row.other === undefined ? "" : measure.toFixed(2),
      row.target === Number.POSITIVE_INFINITY ? "" : `<= ${row.target}`,
      verdict(row, measure),
      row.note ?? "",
    ];
  });
  const header = ["case", "ours", "other", "ratio", "target", "", ""];
  const all = [header, ...lines];
  const widths = header.map((_, column) => Math.max(...all.map((line) => line[column]!.length)));
  for (const line of all)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    );
}

function verdict({ target }: Row, measure: number | undefined): string {
  if (measure === undefined) return "unsupported";
  if (target === Number.POSITIVE_INFINITY) return "";
  return measure <= target ? "ok" : "missed";
}

export function writeJson(
  path: string,
  bench: string,
  rows: readonly Row[],
  sheets: readonly Sheet[] = [],
): void {
  const [cpu] = cpus();
  const about = {
    bench,
    at: new Date().toISOString(),
    commit: commit(),
    changed: git("status", "--porcelain", "--untracked-files=no") !== "",
    machine: {
      cpu: cpu?.model,
      cores: cpus().length,
      memoryBytes: totalmem(),
      platform: process.platform,
      arch: process.arch,
    },
    versions: { node: process.versions.node, v8: process.versions.v8 },
  };
  const figures = rows.map((row) => ({
    ...row,
    ratio: row.other === undefined ? undefined : measureOf(row),
  }));
  const found = sheets.length === 0 ? { rows: figures } : { sheets };
  writeFileSync(path, `${JSON.stringify({ ...about, ...found }, null, 2)}\n`);
}

export function commit(): string {
  return git("rev-parse", "HEAD");
}

function git(...args: string[]): string {
  try {
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown";
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[sorted.length >> 1]!;
}

/** Runs all `sides` by turns, `rounds` times after a warming up; answers the median of each in nanoseconds. */
export async function interleaved(
  rounds: number,
  sides: readonly (() => unknown)[],
  warming = 3,
): Promise<number[]> {
  const times: number[][] = sides.map(() => []);
  for (let round = -warming; round < rounds; round++) {
    for (const [index, side] of sides.entries()) {
      const start = process.hrtime.bigint();
      const result = side();
      if (result instanceof Promise) await result;
      const time = Number(process.hrtime.bigint() - start);
      if (round >= 0) times[index]!.push(time);
    }
  }
  return times.map(median);
}
