/** What is asked of the processes that run tests, and what they answer. */
import type { Mode } from "./bundle.ts";
import type { Mutant } from "./drive.ts";

export interface Order {
  readonly test262: string;
  readonly mode: Mode;
  readonly mutant: Mutant | undefined;
  readonly paths: readonly string[];
}

export interface Result {
  readonly path: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped. */
  readonly reason?: string;
  /** How often something was suspended; in `world`, how often the task was taken up again. */
  readonly suspensions: number;
  /** How often of these in a new process. */
  readonly processes?: number;
}

/** The reason of a test that Node fails, too. */
export const nodeFails = "Node itself fails it";
