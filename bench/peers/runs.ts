/**
 * What has been measured so far, a line for each run of a case by an engine, written as it comes: a comparison of hours that is cut off goes on
 * where it was (`--resume`), and one of some cases (`--only`) leaves the others' lines as they are.
 *
 * R1. A line is whole or not there: what a death has left of one is forgotten.
 * R2. Lines name the commit that they were measured at: who joins those of several says so.
 */
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

export type Figures = Readonly<Record<string, unknown>>;

interface Run {
  readonly case: string;
  readonly engine: string;
  /** Null: no such case, or it took too long. */
  readonly figures: Figures | null;
  readonly commit: string;
}

export class Runs {
  readonly #path: string | undefined;
  readonly #commit: string;
  readonly #runs: Run[] = [];

  /** Without a path they are kept in memory only. `resume`: those that are there count. */
  constructor(path: string | undefined, commit: string, resume: boolean) {
    this.#path = path;
    this.#commit = commit;
    if (path === undefined) return;
    if (resume && existsSync(path)) this.#runs.push(...readRuns(path));
    writeFileSync(path, this.#runs.map(lineOf).join(""));
  }

  /** In the order in which they were made. */
  of(kase: string, engine: string): readonly (Figures | null)[] {
    return this.#runs.filter((run) => run.case === kase && run.engine === engine).map((run) => run.figures);
  }

  add(kase: string, engine: string, figures: Figures | null): void {
    const run = { case: kase, engine, figures, commit: this.#commit };
    this.#runs.push(run);
    if (this.#path !== undefined) appendFileSync(this.#path, lineOf(run));
  }

  get cases(): ReadonlySet<string> {
    return new Set(this.#runs.map((run) => run.case));
  }

  get commits(): readonly string[] {
    return [...new Set(this.#runs.map((run) => run.commit))];
  }

  /** All is measured, and written down elsewhere. */
  finish(): void {
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
  }
}

function lineOf(run: Run): string {
  return `${JSON.stringify(run)}\n`;
}

function readRuns(path: string): Run[] {
  // Behind the last newline is what a death has left (R1).
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Run);
}
