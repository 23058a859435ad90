import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId, WorkerId } from "../base/ids.ts";
import type { Action, Decision } from "../coordinator/index.ts";
import type { Change } from "../protocol/rows.ts";
import type { Store } from "../store/store.ts";
import { Journal } from "./journal.ts";

const worker = "w1" as WorkerId;
const task = "r1" as TaskId;
const told: Action = { kind: "send", worker, message: { kind: "committed", task, epoch: 1, seq: 1 } };
const answered: Action = {
  kind: "send",
  worker,
  message: { kind: "complete", task, epoch: 1, completions: [] },
};

function decision(key: string, ...actions: Action[]): Decision {
  return { changes: [{ table: "bytes", key: `input/${key}`, bytes: new Uint8Array(0) } as Change], actions };
}

/** A journal, and what came of it: keys of each write, and actions. */
function journal() {
  const done: string[] = [];
  const acted: Action[] = [];
  const delays: (() => void)[] = [];
  const store = {
    write: async (changes: readonly Change[], unhurried?: boolean) =>
      void done.push(`${changes.map(({ key }) => key).join(" ")}${unhurried ? " unhurried" : ""}`),
  } as Partial<Store> as Store;
  const made = new Journal(store, {
    closing: () => {},
    fetch: () => undefined,
    act: (action) => {
      acted.push(action);
      done.push(action.kind === "send" ? action.message.kind : action.kind);
    },
    acted: () => {},
    actEarly: () => false,
    durable: () => {},
    failed: (error) => assert.fail(String(error)),
    after: (_ms, act) => {
      delays.push(act);
      return () => delays.splice(delays.indexOf(act), 1);
    },
  });
  return { journal: made, done, acted, delays };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("J4: what nobody waits for is written with what somebody waits for, and told after it", async () => {
  const { journal: made, done } = journal();
  made.record(decision("a", told));
  await turn();
  assert.deepEqual(done, []);
  made.record(decision("b", answered));
  await turn();
  assert.deepEqual(done, ["input/a input/b", "committed", "complete"]);
});

test("J4: after a moment it is written by itself", async () => {
  const { journal: made, done, delays } = journal();
  made.record(decision("a", told));
  await turn();
  assert.equal(delays.length, 1);
  delays[0]!();
  await turn();
  assert.deepEqual(done, ["input/a unhurried", "committed"]);
  made.record(decision("b", told));
  await turn();
  made.record(decision("c", answered));
  await turn();
  delays[1]!();
  await turn();
  made.record(decision("d", told));
  await turn();
  assert.deepEqual(done.slice(2), ["input/b input/c", "committed", "complete"]);
});

test("J4: whoever says so waits for it, and so does who wants all settled", async () => {
  const { journal: made, done } = journal();
  made.record(decision("a", told));
  made.hurry();
  await turn();
  assert.deepEqual(done, ["input/a", "committed"]);
  made.record(decision("b"));
  await made.settled();
  assert.deepEqual(done, ["input/a", "committed", "input/b"]);
});

test("J5: answers for one stay that follow each other go in one message, and change no decision", async () => {
  const { journal: made, acted } = journal();
  const answer = (to: string, effect: number): Action => ({
    kind: "send",
    worker,
    message: {
      kind: "complete",
      task: to as TaskId,
      epoch: 1,
      completions: [{ effect, outcome: { kind: "value", value: new Uint8Array(0) } }],
    },
  });
  const actions = [answer("a", 1), answer("a", 2), answer("b", 3), answer("a", 4), answer("a", 5)];
  for (const action of actions) made.record({ changes: [], actions: [action] });
  await made.settled();
  const effects = acted.map((action) =>
    action.kind === "send" && action.message.kind === "complete"
      ? `${action.message.task} ${action.message.completions.map(({ effect }) => effect).join()}`
      : action.kind,
  );
  assert.deepEqual(effects, ["a 1,2", "b 3", "a 4,5"]);
  for (const action of actions)
    assert.equal(
      action.kind === "send" && action.message.kind === "complete" && action.message.completions.length,
      1,
    );
});
