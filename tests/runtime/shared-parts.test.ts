/** A checkpoint that holds parts of many shared values: what has to be there before it can be gone on from (decoder.ts, N4). */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { compileFunction } from "node:vm";
import { share } from "../../src/api/share.ts";
import type { EffectId, SharedId, TaskId } from "../../src/base/ids.ts";
import { bundle } from "../../src/compiler/index.ts";
import { loadProgram, type Program, SharedMissing, sleepFor } from "../../src/runtime/index.ts";

const source = `import { share, sleep } from "api";
export default async function main() {
  const held = [];
  for (let n = 0; n < 20; n++) {
    const { list, view } = await share({ list: [n], view: new Uint8Array([n, n]) }).get();
    held.push(list, view);
  }
  await sleep(1e6);
  return held.map((each) => each[0]).join();
}`;

async function load(): Promise<Program> {
  const built = await bundle(
    "main.js",
    {
      read: async () => source,
      resolve: async () => ({ kind: "foreign", name: "api" }),
      hash: (text: string) => createHash("sha256").update(text).digest("hex"),
    },
    { root: "/app", nodeMajor: 20 },
  );
  assert.ok(built.bundle !== undefined, JSON.stringify(built.diagnostics));
  return await loadProgram(built.bundle, {
    compile: (code, filename) => compileFunction(code, ["$rt"], { filename }) as (rt: unknown) => unknown,
    importForeign: async () => ({ share, sleep: sleepFor }),
  });
}

test("all of them are named at once, and with them it goes on", async () => {
  const program = await load();
  const host = { wake: () => {}, freeze: () => false, now: () => 0 };
  const shared = new Map<SharedId, Uint8Array>();
  let sleep: EffectId | undefined;
  const first = program.task("rshared" as TaskId, {
    ...host,
    shared: async (id: SharedId) => shared.get(id),
  });
  first.begin({ kind: "input", json: "" });
  while (sleep === undefined) {
    const { kind } = first.run();
    assert.equal(kind, "waiting");
    for (const effect of first.takeEffects()) {
      if (effect.kind === "share") shared.set(effect.shared, effect.bytes);
      if (effect.kind === "sleep") sleep = effect.id;
    }
    await new Promise(setImmediate);
  }
  assert.equal(shared.size, 20);
  const bytes = first.snapshot();

  const begin = (known: ReadonlyMap<SharedId, Uint8Array>) => {
    const task = program.task("rshared" as TaskId, host);
    task.begin({ kind: "snapshot", bytes }, known);
    return task;
  };
  const [one, ...others] = shared;
  for (const [known, missing] of [
    [new Map(), [...shared.keys()]],
    [new Map([one!]), others.map(([id]) => id)],
  ] as const) {
    assert.throws(
      () => begin(known),
      (error) => error instanceof SharedMissing && error.ids.toString() === missing.toString(),
    );
  }
  const again = begin(shared);
  again.deliver([{ effect: sleep, outcome: { kind: "value", value: new Uint8Array(0) } }]);
  const state = again.run();
  assert.ok(state.kind === "ended" && state.outcome.kind === "value");
  const { value, json } = state.outcome;
  const numbers = Array.from({ length: 20 }, (_, n) => `${n},${n}`).join();
  assert.equal(json ? JSON.parse(new TextDecoder().decode(value)) : program.decode(value), numbers);
});
