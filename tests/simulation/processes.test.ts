/** Some programs of the simulation on real processes that are killed: `npm run sim -- --processes` does more of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { noRedis } from "../store/redis-server.ts";
import { runOnProcesses } from "./processes.ts";

for (const [seed, program] of ["queues", "steps", "witnesses"].entries()) {
  test(`processes: ${program}, with SIGKILL of workers and of the coordinator`, async () => {
    let [worker, server] = [0, 0];
    // Who dies after which line is the seed's; how many lines come before the end of a worker's turn is the machine's.
    for (let round = 0; round < 8 && (worker === 0 || server === 0); round++) {
      const killed = await runOnProcesses(program, seed + 10 * round, "file");
      worker += killed.worker;
      server += killed.server;
    }
    assert(worker > 0 && server > 0, `${worker} workers and ${server} servers were killed`);
  });
}

test("processes: queues, with SIGKILL of the coordinator and of the Redis server", {
  skip: noRedis(),
}, async () => {
  const { server, store } = await runOnProcesses("queues", 5, "redis");
  assert(server > 0 && store > 0, `${server} servers and ${store} stores were killed`);
});
