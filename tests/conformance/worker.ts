/** Runs the tests that it is sent, one after another, and answers a result for each. */
import { execute } from "./execute.ts";
import type { Order } from "./result.ts";

process.on("unhandledRejection", () => {});
// The one that asked is gone.
process.on("disconnect", () => process.exit());
process.on("message", async ({ paths, ...order }: Order) => {
  for (const path of paths) {
    try {
      process.send!(await execute(order, path));
    } catch (error) {
      process.send!({ path, outcome: "failed", reason: `runner: ${(error as Error).stack}`, suspensions: 0 });
    }
  }
  process.disconnect();
});
