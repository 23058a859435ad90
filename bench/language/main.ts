/**
 * How fast compiled code is against the same source run natively, how fast the compiler is, and how large its output.
 *
 * Each side of a case runs in processes of its own, by turns with the other's, and the median of their medians counts: in one process the engine makes
 * other choices for each side after it has seen the other one, and they differ from process to process.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tokenizer } from "acorn";
import { transformSync } from "oxc-transform";
import type { KeptModules } from "../../src/compiler/index.ts";
import { interleaved, median, type Row, type Wish } from "../report.ts";
import { type LanguageCase, languageCases } from "./cases.ts";
import { longModule } from "./long-module.ts";
import { compiled, compiledMain, nativeMain } from "./sides.ts";

/** Of each side. */
const processes = 7;
const sideMain = fileURLToPath(new URL("side-main.js", import.meta.url));

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

async function ratioOf({ name, source, imported, target }: LanguageCase, rounds: number): Promise<Row> {
  const { main, problem } = await compiledMain(source, imported);
  const row = { name, target, unit: "ms", against: "native" } as const;
  if (main === undefined) return { ...row, ours: undefined, note: problem! };
  assert.deepEqual(
    await main(3),
    await (await nativeMain(source, imported))(3),
    `${name}: compiled and native code agree`,
  );
  const times: Record<string, number[]> = { compiled: [], native: [] };
  for (let turn = 0; turn < processes; turn++) {
    for (const side of Object.keys(times)) times[side]!.push(await timeOf(name, side, rounds));
  }
  const [ours, other] = [median(times["compiled"]!) / 1e6, median(times["native"]!) / 1e6];
  const range = (list: readonly number[]): string =>
    [Math.min(...list), Math.max(...list)].map((time) => (time / 1e6).toFixed(2)).join(" to ");
  return { ...row, ours, other, note: `${range(times["compiled"]!)}; native ${range(times["native"]!)}` };
}

/** The median of one side in a process of its own. */
async function timeOf(name: string, side: string, rounds: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [sideMain, name, side, String(rounds * 3)]);
  return Number(stdout);
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
