/**
 * A few programs of the fuzzer with every test run, and the proof that it finds bugs: each planted one is found soon. `npm run fuzz` runs as many
 * as one likes.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { mutants } from "./mutants.ts";
import { startWorker } from "./start.ts";
import type { Order, Report } from "./worker.ts";

/** Reports until one is of a difference. A process of its own, since planted bugs stay. */
function fuzz(order: Order): Promise<Report[]> {
  return new Promise((resolve, reject) => {
    const child = startWorker({ stdio: ["ignore", "ignore", "pipe", "ipc"] });
    const reports: Report[] = [];
    let stderr = "";
    child.stderr!.on("data", (text: Buffer) => {
      stderr += text;
    });
    child.on("message", (report: Report) => {
      if (report.rough) return;
      reports.push(report);
      if (report.found === undefined) return;
      // A copy: others may have been sent before the child is gone.
      resolve([...reports]);
      child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      if (code === 0) return resolve(reports);
      reject(
        new Error(
          `the worker ended with ${signal ?? code} at seed ${order.seed + reports.length}: ${stderr}`,
        ),
      );
    });
    child.send(order);
  });
}

test("random programs of many fibers mean the same compiled and thawed anywhere", async () => {
  const reports = await fuzz({ seed: 1, count: 40, mutant: undefined, tries: 200 });
  const { seed, found } = reports.at(-1)!;
  assert.equal(found, undefined, `seed ${seed}:\n${found?.source}\n${found?.found.join("\n")}`);
  assert.equal(reports.length, 40);
  assert.ok(reports.reduce((sum, report) => sum + report.thaws, 0) > 400, "they are thawed");
});

/** What only the fuzzer's way to run a program shows: how a task ends that waits for nothing. */
const foundOnce = [
  `const run = async () => {
  Promise.race([0, new Promise(() => {})]);
};
export default async function main() {
  run();
}`,
];

test("programs that once differed", async () => {
  for (const source of foundOnce) {
    const [report] = await fuzz({ seed: 1, count: 1, mutant: undefined, tries: 0, source });
    assert.equal(report!.found, undefined, `${source}\n${report!.found?.found.join("\n")}`);
  }
});

for (const [name, { what }] of Object.entries(mutants)) {
  test(`a planted bug is found: ${what}`, async () => {
    const reports = await fuzz({ seed: 1, count: 300, mutant: name, tries: 0 });
    assert.ok(reports.at(-1)!.found, `${name} is not found in ${reports.length} programs`);
  });
}
