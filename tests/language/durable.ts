/**
 * Runs a sample in the real runtime: as a task of a bundled program, thawed from its snapshot at every stop. What is `await null` in
 * the sample is a real wait here, so that there are stops.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { compileFunction } from "node:vm";
import type { EffectId, TaskId } from "../../src/base/ids.ts";
import { bundle, formatDiagnostic } from "../../src/compiler/index.ts";
import { withdrawn } from "../../src/protocol/answers.ts";
import type { Bundle, ModuleLink } from "../../src/protocol/bundle.ts";
import type { Effect } from "../../src/protocol/effect.ts";
import {
  loadProgram,
  signal,
  sleepFor,
  type Task,
  type TaskHost,
  type TaskState,
} from "../../src/runtime/index.ts";

const wrapper = (entry: string): string => `
import { inspect } from "node:util";
import main from "./${entry}";
const lines = [];
const show = (value) => (typeof value === "string" ? value : inspect(value, { depth: 6 }));
const log = (...values) => void lines.push(values.map(show).join(" "));
export default async function () {
  try {
    lines.push("= " + show(await main(log)));
  } catch (error) {
    lines.push("! " + (error instanceof Error ? error.name + ": " + error.message : show(error)));
  }
  return lines;
}`;

export async function bundleSample(folder: string, entry: string): Promise<Bundle> {
  const read = (id: string): string => {
    if (id === "wrapper.ts") return wrapper(entry);
    const source = readFileSync(join(folder, id), "utf8");
    return `import { stop as __stop } from "test:stop"; ${source.replaceAll("await null", "await __stop(1)")}`;
  };
  const { bundle: made, diagnostics } = await bundle(
    "wrapper.ts",
    {
      read: async (id) => read(id),
      resolve: async (specifier, from): Promise<ModuleLink> =>
        specifier.startsWith(".")
          ? { kind: "compiled", id: posix.join(posix.dirname(from), specifier) }
          : { kind: "foreign", name: specifier },
      hash: (text) => createHash("sha256").update(text).digest("hex"),
    },
    { root: "/samples", nodeMajor: 20 },
  );
  assert.deepEqual(
    diagnostics.map((each) => formatDiagnostic(each, read(each.id))),
    [],
  );
  assert.ok(made);
  return made;
}

/** `elides`: it is frozen where it waits only, and what need not wait in between does not. */
export async function runDurably(made: Bundle, elides = false): Promise<{ lines: string[]; thaws: number }> {
  const program = await loadProgram(made, {
    compile: (code, filename) => compileFunction(code, ["$rt"], { filename }) as (rt: unknown) => unknown,
    importForeign: async ({ name }) => (name === "test:stop" ? { stop: sleepFor } : await import(name)),
  });
  let wake: () => void = () => {};
  // Every second question freezes the task, so that it also moves on.
  let questions = 0;
  const host: TaskHost = {
    wake: () => wake(),
    freeze: () => {
      questions += 1;
      return questions % 2 === 0;
    },
    now: () => 0,
  };
  const id = "rsample" as TaskId;
  let task: Task = program.task(id, host);
  task.begin({ kind: "input", json: "" });
  const waiting = new Map<number, Effect>();
  /** Effects that have been withdrawn, which the task has to be told. */
  const answers: EffectId[] = [];
  for (let thaws = 0; ; thaws += 1) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    signal[0] = elides ? 0 : 1;
    let state: TaskState;
    try {
      state = task.run();
    } finally {
      signal[0] = 0;
    }
    for (const effect of task.takeEffects()) {
      if (effect.kind !== "withdraw") waiting.set(effect.id, effect);
      else if (waiting.delete(effect.of) && effect.answered) answers.push(effect.of);
    }
    for (const effect of task.takeConsumed()) waiting.delete(effect);
    if (state.kind === "ended") {
      assert.equal(state.outcome.kind, "value", "message" in state.outcome ? state.outcome.message : "");
      return { lines: program.decode((state.outcome as { value: Uint8Array }).value) as string[], thaws };
    }
    assert.ok(thaws < 20_000, "the sample ends");
    if (state.kind === "waiting" && state.foreign > 0 && waiting.size === 0) {
      await woken;
      continue;
    }
    const bytes = task.snapshot();
    task.drop();
    task = program.task(id, host);
    task.begin({ kind: "snapshot", bytes });
    if (state.kind === "frozen") continue;
    const answer = answers.shift();
    if (answer !== undefined) {
      task.deliver([{ effect: answer, outcome: withdrawn }]);
      continue;
    }
    const [next] = [...waiting.values()]
      .filter((effect) => effect.kind === "sleep")
      .toSorted((a, b) => (a as { ms: number }).ms - (b as { ms: number }).ms || a.id - b.id);
    assert.ok(next, "something is waited for");
    task.deliver([{ effect: next.id, outcome: { kind: "value", value: new Uint8Array(0) } }]);
  }
}
