/** Runs the tests that it is sent, one after another, and answers a result for each. */
import { execute, type Mode } from "./execute.ts";

export interface Order {
  readonly test262: string;
  readonly mode: Mode;
  readonly paths: readonly string[];
}

process.on("unhandledRejection", () => {});
process.on("message", async ({ test262, mode, paths }: Order) => {
  for (const path of paths) {
    try {
      process.send!(await execute(test262, path, mode));
    } catch (error) {
      process.send!({ path, outcome: "failed", reason: `runner: ${(error as Error).stack}`, suspensions: 0 });
    }
  }
  process.disconnect();
});
