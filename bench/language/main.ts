/**
 * How fast compiled code is against the same source run natively, how fast the compiler is, and how large its output.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { compileFunction } from "node:vm";
import type { TaskId } from "../../src/base/ids.ts";
import { bundle } from "../../src/compiler/index.ts";
import type { Bundle, ModuleLink } from "../../src/protocol/bundle.ts";
import { loadProgram, type Program, type TaskState } from "../../src/runtime/index.ts";
import { interleaved, type Row, type Wish } from "../report.ts";
import { type LanguageCase, languageCases } from "./cases.ts";
import { longModule } from "./long-module.ts";

const foreign = { later: (value: unknown) => Promise.resolve(value) };

export async function benchLanguage({ only, rounds }: Wish): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const wanted = (name: string): boolean => only === undefined || name.includes(only);
  for (const each of languageCases) {
    if (wanted(each.name)) rows.push(await ratioOf(each, rounds));
  }
  if (wanted("compile-3000-lines")) rows.push(await compileTime(rounds));
  if (wanted("code-size")) rows.push(await codeSize());
  return rows;
}

async function ratioOf({ name, source, size, target }: LanguageCase, rounds: number): Promise<Row> {
  const { built, problem } = await compiled(source);
  const row = { name, target, unit: "ms", against: "native" } as const;
  if (built === undefined) return { ...row, ours: undefined, note: problem! };
  const program = await loadProgram(built, {
    compile: (code, filename) => compileFunction(code, ["$rt"], { filename }) as (rt: unknown) => unknown,
    importForeign: async () => foreign,
  });
  const native = nativeMain(source);
  assert.deepEqual(await runTask(program, 3), await native(3), `${name}: compiled and native code agree`);
  const [ours, other] = await interleaved(rounds, [() => runTask(program, size), () => native(size)]);
  return { ...row, ours: ours! / 1e6, other: other! / 1e6 };
}

function nativeMain(source: string): (n: number) => Promise<unknown> {
  const text = source
    .replace(/^import .*$/m, "")
    .replace("export default async function main", "async function main");
  const make = compileFunction(`"use strict"; ${text}\nreturn main;`, ["later"]) as (
    later: unknown,
  ) => (n: number) => Promise<unknown>;
  return make(foreign.later);
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

async function compiled(source: string): Promise<{ built?: Bundle; problem?: string }> {
  const link: ModuleLink = { kind: "foreign", name: "bench" };
  const host = {
    read: async () => source,
    resolve: async () => link,
    hash: (text: string) => createHash("sha256").update(text).digest("hex"),
  };
  const { bundle: built, diagnostics } = await bundle("main.ts", host, { root: "/app", nodeMajor: 20 });
  return built === undefined ? { problem: diagnostics[0]?.message ?? "does not compile" } : { built };
}

async function compileTime(rounds: number): Promise<Row> {
  const source = longModule(3_000);
  const [ours] = await interleaved(rounds, [() => compiled(source)]);
  return { name: "compile-3000-lines", ours: ours! / 1e6, unit: "ms", target: 300, note: "warm" };
}

/** There is no minifier here: both sides are taken without comments, indentation and the spaces round punctuation. */
async function codeSize(): Promise<Row> {
  const source = longModule(3_000);
  const { built } = await compiled(source);
  return {
    name: "code-size",
    ours: stripped(built!.modules[0]!.code).length,
    other: stripped(source).length,
    against: "source",
    unit: "bytes",
    target: 3,
    note: "both without white space; names as they are",
  };
}

function stripped(code: string): string {
  return code
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([{}()[\],;:?=<>+\-*/&|!]) ?/g, "$1");
}
