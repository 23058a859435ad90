/**
 * A checkpoint written once is read for ever, with the code it belongs to: `tests/golden/checkpoint-N.json` holds a compiled program, the
 * bytes of its task in the middle of its life, and what it must return. `BLESS=1` makes a missing file; those of a released format stay as they are.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { TaskId } from "../../src/base/ids.ts";
import type { Bundle } from "../../src/protocol/bundle.ts";
import { buildBody, loadBody, runTask, type Sleeping } from "./drive.ts";

interface Golden {
  readonly bundle: Bundle;
  readonly checkpoint: string;
  /** What the task waits for. */
  readonly sleeping: readonly Sleeping[];
  readonly result: unknown;
}

/** Frames four deep, closures that share a variable, an instance, promises in every state, a resolver, a combinator half way. */
const body = `
  class Counter { n = 0; add(by) { this.n += by; return this; } }
  const counter = new Counter();
  const bump = (by) => counter.add(by).n;
  const read = () => counter.n;
  let resolve;
  const later = new Promise((given) => { resolve = given; });
  const failed = Promise.reject(new TypeError("no", { cause: { bump } }));
  failed.catch(() => {});
  const work = async (ms) => { await sleep(ms); return bump(ms); };
  const all = Promise.all([work(20), later.then((value) => value + read()), Promise.resolve("now")]);
  const inner = async (list) => { for (const each of list) { await sleep(each); log("slept " + each + " " + read()); } return list.length; };
  const middle = async () => { try { return await inner(new Set([1, 5, 30])); } finally { bump(1000); resolve(7); } };
  const map = new Map([[counter, "counter"], ["self", bump]]);
  const count = await middle();
  const cause = await failed.catch((error) => error.cause.bump === bump && error instanceof TypeError);
  return JSON.stringify([count, await all, read(), map.get(counter), map.get("self")(1), cause]);`;

const path = fileURLToPath(new URL("../../../tests/golden/checkpoint-1.json", import.meta.url));

async function make(): Promise<Golden> {
  const bundle = await buildBody(body);
  const program = await loadBody(bundle);
  const result = program.decode(bytesOf(runTask(program, { thaw: "never" })));
  const host = { wake: () => {}, freeze: () => false, now: () => 0 };
  const task = program.task("rgolden" as TaskId, host);
  task.begin({ kind: "input", json: "" });
  assert.equal(task.run().kind, "waiting");
  const sleeps = task.takeEffects();
  const first = sleeps.find((effect) => effect.kind === "sleep" && effect.ms === 1)!;
  task.deliver([{ effect: first.id, outcome: { kind: "value", value: new Uint8Array(0) } }]);
  assert.equal(task.run().kind, "waiting");
  const sleeping = [...sleeps, ...task.takeEffects()].flatMap((effect) =>
    effect.kind === "sleep" && effect !== first ? [{ at: effect.ms, effect: effect.id }] : [],
  );
  return { bundle, checkpoint: Buffer.from(task.snapshot()).toString("hex"), sleeping, result };
}

function bytesOf(outcome: ReturnType<typeof runTask>): Uint8Array {
  assert.ok(outcome.kind === "value", outcome.kind === "error" ? outcome.message : outcome.kind);
  return outcome.value;
}

test("a checkpoint of the first version goes on", async () => {
  if (!existsSync(path) && process.env["BLESS"] === "1") {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify(await make(), null, 1)}\n`);
  }
  const golden = JSON.parse(readFileSync(path, "utf8")) as Golden;
  const program = await loadBody(golden.bundle);
  const bytes = new Uint8Array(Buffer.from(golden.checkpoint, "hex"));
  const outcome = runTask(program, {
    thaw: "stops",
    begin: { kind: "snapshot", bytes },
    sleeping: golden.sleeping,
  });
  assert.deepEqual(program.decode(bytesOf(outcome)), golden.result);
});

test("a program compiled now writes a checkpoint that goes on alike", async () => {
  const golden = await make();
  const program = await loadBody(golden.bundle);
  const bytes = new Uint8Array(Buffer.from(golden.checkpoint, "hex"));
  const outcome = runTask(program, {
    thaw: "polls",
    begin: { kind: "snapshot", bytes },
    sleeping: golden.sleeping,
  });
  assert.deepEqual(program.decode(bytesOf(outcome)), golden.result);
});
