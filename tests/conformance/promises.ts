/**
 * `npm run conformance:promises`: the Promises/A+ suite against the `Promise` of compiled code, straight on and frozen before every job. The suite's
 * own functions are foreign, so it is frozen and taken up again in one process; thaws are the business of tests/runtime/order.test.ts.
 */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { compile } from "../../src/compiler/index.ts";
import { loadTest, testContext } from "../../src/runtime/fixture.ts";
import { signal } from "../../src/runtime/index.ts";

const frozen = process.argv[2] === "frozen";

const source = `
function deferred() {
  let resolve, reject;
  const promise = new Promise((a, b) => { resolve = a; reject = b; });
  return { promise, resolve, reject };
}
const resolved = (value) => Promise.resolve(value);
const rejected = (reason) => Promise.reject(reason);
export { deferred, resolved, rejected };
export default function main() {}`;

interface Adapter {
  deferred(): object;
  resolved(value: unknown): object;
  rejected(reason: unknown): object;
}

let freezes = 0;
let turn = false;
const program = await loadTest({ "main.js": { code: compile(source, { id: "main.js" }).code } });
const { kernel } = testContext(program, {
  wake: () => queueMicrotask(run),
  // Every second question is answered yes: so one job runs between two freezes.
  freeze: () => {
    turn = !turn;
    if (turn) freezes++;
    return turn;
  },
  now: () => 0,
});
// The suite leaves rejections without handlers, which are the end of a task; here they are of no account.
kernel.fail = () => {};

function run(): void {
  do signal[0] = frozen ? 1 : 0;
  while (kernel.run() === "frozen");
}

const compiled = kernel.records.get("main.js") as unknown as Adapter;
const adapter: Adapter = {
  deferred: () => kernel.entered(() => compiled.deferred()),
  resolved: (value) => kernel.entered(() => compiled.resolved(value)),
  rejected: (reason) => kernel.entered(() => compiled.rejected(reason)),
};

type Suite = (adapter: Adapter, options: object, done: (failures: unknown) => void) => void;
const suite = createRequire(import.meta.url)("promises-aplus-tests") as Suite;
suite(adapter, { reporter: "dot", timeout: 2_000 }, (failures) => {
  if (frozen) assert.ok(freezes > 1_000, "the suite is frozen between its jobs");
  if (failures) process.exitCode = 1;
});
