/** Some programs of the simulation on real processes that are killed: `npm run sim -- --processes` does more of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runOnProcesses } from "./processes.ts";

for (const [seed, program] of ["queues", "steps", "witnesses"].entries()) {
  test(`processes: ${program}, with SIGKILL of workers and of the coordinator`, async () => {
    const { workers, servers } = await runOnProcesses(program, seed);
    assert(workers > 0 && servers > 0, `${workers} workers and ${servers} servers were killed`);
  });
}
