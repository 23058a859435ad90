/** Who waits for a task below learns once of a cancellation that goes down to it, also where the task below had not begun (design H14). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId } from "../../src/base/ids.ts";
import { cancellation, type Effect, type Outcome } from "../../src/protocol/effect.ts";
import { compileBody } from "./drive.ts";

const body = `
  async function below() {}
  try { await call(below); } catch (error) { log(error.name); }
  try { await sleep(1); log("slept"); } catch (error) { log("again: " + error.name); }
`;

/** Of a task that is told, and of one that is ended without having begun. */
const failure: Outcome = { kind: "failure", name: "CancelledError", message: "cancelled", cancelled: true };
const awake: Outcome = { kind: "value", value: new Uint8Array(0) };

test("the end of a task below that had not begun is its cancellation for who waits for it", async () => {
  const program = await compileBody(body);
  const task = program.task("rabove" as TaskId, { wake() {}, freeze: () => false, now: () => 0 });
  task.begin({ kind: "input", json: "" });
  task.run();
  const [call] = task.takeEffects();
  task.deliver([
    { effect: cancellation, outcome: failure },
    { effect: call!.id, outcome: failure },
  ]);
  const sleeping: (Effect & { kind: "sleep" })[] = [];
  for (;;) {
    const state = task.run();
    for (const effect of task.takeEffects()) if (effect.kind === "sleep") sleeping.push(effect);
    if (state.kind === "ended") {
      assert(state.outcome.kind === "value");
      // The fiber of `main`, which waits for the other one, is told, too.
      const expected = ["CancelledError", "slept", "threw", "CancelledError: cancelled"];
      assert.deepEqual(program.decode(state.outcome.value), expected);
      return;
    }
    const next = sleeping.sort((one, other) => one.ms - other.ms).shift();
    assert(next !== undefined);
    task.deliver([{ effect: next.id, outcome: awake }]);
  }
});
