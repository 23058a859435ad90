/** The two sides of a case: the same source compiled, as a task, and natively, as it stands. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { compileFunction } from "node:vm";
import type { TaskId } from "../../src/base/ids.ts";
import { bundle, type KeptModules } from "../../src/compiler/index.ts";
import type { Bundle, ModuleLink } from "../../src/protocol/bundle.ts";
import { loadProgram, type Program, type TaskState } from "../../src/runtime/index.ts";

const foreign = { later: (value: unknown) => Promise.resolve(value) };

/** Does `size` units of work; a promise where it waits. */
export type Main = (size: number) => unknown;

export async function compiledMain(
  source: string,
  imported = "",
): Promise<{ main?: Main; problem?: string }> {
  const { built, problem } = await compiled(source, undefined, imported);
  if (built === undefined) return { problem: problem! };
  const program = await loadProgram(built, {
    compile: (code, filename) => compileFunction(code, ["$rt"], { filename }) as (rt: unknown) => unknown,
    importForeign: async () => foreign,
  });
  return { main: (size) => runTask(program, size) };
}

export async function nativeMain(source: string, imported?: string): Promise<Main> {
  if (imported !== undefined) {
    const text = source.replace("./imported.ts", dataUrl(imported));
    return ((await import(dataUrl(text))) as { default: Main }).default;
  }
  const text = source
    .replace(/^import .*$/m, "")
    .replace("export default async function main", "async function main");
  const make = compileFunction(`"use strict"; ${text}\nreturn main;`, ["later"]) as (later: unknown) => Main;
  return make(foreign.later);
}

function dataUrl(text: string): string {
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

/** A task from its beginning to its end; synchronous unless it waits for native promises. */
function runTask(program: Program, size: number): unknown {
  let woken: (() => void) | undefined;
  const host = { wake: () => woken?.(), freeze: () => false, enter: () => true, now: () => 0 };
  const task = program.task("rbench" as TaskId, host);
  task.begin({ kind: "input", json: JSON.stringify(size) });
  const first = task.run();
  if (first.kind === "ended") return resultOf(program, first.outcome);
  return (async () => {
    let state: TaskState = first;
    while (state.kind !== "ended") {
      assert.ok(
        state.kind === "waiting" && state.foreign > 0,
        "the task waits for something that never comes",
      );
      await new Promise<void>((resolve) => {
        woken = resolve;
      });
      state = task.run();
    }
    return resultOf(program, state.outcome);
  })();
}

function resultOf(
  program: Program,
  outcome: { readonly kind: string; readonly value?: Uint8Array; readonly message?: string },
): unknown {
  assert.ok(outcome.kind === "value", outcome.message);
  return program.decode(outcome.value!);
}

export async function compiled(
  source: string,
  kept?: KeptModules,
  imported = "",
): Promise<{ built?: Bundle; problem?: string }> {
  const host = {
    read: async (id: string) => (id === "main.ts" ? source : imported),
    resolve: async (specifier: string): Promise<ModuleLink> =>
      specifier === "./imported.ts"
        ? { kind: "compiled", id: "imported.ts" }
        : { kind: "foreign", name: "bench" },
    hash: (text: string) => createHash("sha256").update(text).digest("hex"),
    ...(kept === undefined ? {} : { kept }),
  };
  const { bundle: built, diagnostics } = await bundle("main.ts", host, { root: "/app", nodeMajor: 20 });
  return built === undefined ? { problem: diagnostics[0]?.message ?? "does not compile" } : { built };
}
