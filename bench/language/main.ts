/**
 * How fast compiled code is against the same source run natively, how fast the compiler is, and how large its output.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { compileFunction } from "node:vm";
import { tokenizer } from "acorn";
import { transformSync } from "oxc-transform";
import type { TaskId } from "../../src/base/ids.ts";
import { bundle, type KeptModules } from "../../src/compiler/index.ts";
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
  if (wanted("compile-3000-lines")) rows.push(await compileTime(rounds), await keptTime(rounds));
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

async function compiled(source: string, kept?: KeptModules): Promise<{ built?: Bundle; problem?: string }> {
  const link: ModuleLink = { kind: "foreign", name: "bench" };
  const host = {
    read: async () => source,
    resolve: async () => link,
    hash: (text: string) => createHash("sha256").update(text).digest("hex"),
    ...(kept === undefined ? {} : { kept }),
  };
  const { bundle: built, diagnostics } = await bundle("main.ts", host, { root: "/app", nodeMajor: 20 });
  return built === undefined ? { problem: diagnostics[0]?.message ?? "does not compile" } : { built };
}

async function compileTime(rounds: number): Promise<Row> {
  const source = longModule(3_000);
  const [ours] = await interleaved(rounds, [() => compiled(source)]);
  return { name: "compile-3000-lines", ours: ours! / 1e6, unit: "ms", target: 300, note: "warm" };
}

async function keptTime(rounds: number): Promise<Row> {
  const source = longModule(3_000);
  const modules = new Map<string, string>();
  const kept: KeptModules = {
    get: (key) => modules.get(key),
    put: (key, text) => void modules.set(key, text),
  };
  const [ours] = await interleaved(rounds, [() => compiled(source, kept)]);
  return { name: "compile-3000-lines-kept", ours: ours! / 1e6, unit: "ms", target: 30, note: "by its hash" };
}

/** There is no minifier here: on both sides only what has no meaning is taken away, and from the source its types. */
async function codeSize(): Promise<Row> {
  const source = longModule(3_000);
  const { built } = await compiled(source);
  return {
    name: "code-size",
    ours: squeezed(built!.modules[0]!.code, true).length,
    other: squeezed(transformSync("main.ts", source).code, false).length,
    against: "source",
    unit: "bytes",
    target: 3,
    note: "both without types, comments and white space; names as they are",
  };
}

/** The tokens of a text, with a space where two would run together. `isBody`: it is the body of a function. */
function squeezed(code: string, isBody: boolean): string {
  const options = {
    ecmaVersion: "latest",
    sourceType: "module",
    allowReturnOutsideFunction: isBody,
  } as const;
  let text = "";
  let last = 0;
  for (const { start, end } of tokenizer(code, options)) {
    const token = code.slice(start, end);
    // Between the parts of a template nothing is white space.
    const between = code.slice(last, start);
    text += /^\s*$/.test(between) || between.trimStart().startsWith("/") ? gap(text, token) : between;
    text += token;
    last = end;
  }
  return text;
}

function gap(before: string, token: string): string {
  const runsTogether = /[\w$]$/.test(before) && /^[\w$]/.test(token);
  return runsTogether || (/[+-]$/.test(before) && before.at(-1) === token[0]) ? " " : "";
}
