/** One test in one mode, from its text to its outcome. */
import { compileFunction, Script, SourceTextModule } from "node:vm";
import { type Mode, makeBundle } from "./bundle.ts";
import { readTest, reasonToSkip, type Test } from "./collect.ts";
import { driveTask } from "./drive.ts";
import { runNatively } from "./native.ts";
import { failureOf, hasEnded, prepareRealm, type Thrown } from "./outcome.ts";
import { loadRuntime } from "./realm.ts";
import { nodeFails, type Order, type Result } from "./result.ts";
import { runWorld } from "./world.ts";
import { reasonNotInWorld } from "./world-filter.ts";

interface Run {
  readonly failure: string | undefined;
  readonly suspensions: number;
  readonly processes?: number;
  /** Why it does not count after all. */
  readonly skip?: string;
}

export async function execute(order: Omit<Order, "paths">, path: string): Promise<Result> {
  const { test262, mode } = order;
  const test = readTest(test262, path);
  const skip = reasonToSkip(test) ?? reasonOfMode(test, mode);
  if (skip !== undefined) return { path, outcome: "skipped", reason: skip, suspensions: 0 };
  if (test.negative !== null && test.negative.phase !== "runtime") return negative(test262, test);
  const { failure, skip: refused, ...counts } = await run(order, test);
  if (refused !== undefined) return { path, outcome: "skipped", reason: refused, ...counts };
  if (failure === undefined) return { path, outcome: "passed", ...counts };
  const natively = await runNatively(test262, test, mode === "inject");
  if (natively !== undefined) return { path, outcome: "skipped", reason: nodeFails, ...counts };
  return { path, outcome: "failed", reason: failure, ...counts };
}

function reasonOfMode(test: Test, mode: Mode): string | undefined {
  if (mode === "plain" || mode === "frames") return undefined;
  if (test.negative !== null) return "negative";
  if (mode === "world") return reasonNotInWorld(test);
  if (test.flags.includes("async")) return "asynchronous already";
  return test.flags.includes("module") ? "module" : undefined;
}

/** What the compiler refuses by design, or the mode by its nature. */
function reasonOfRefusal(refused: string, mode: Mode): string | undefined {
  if (refused.includes("direct eval")) return "direct eval";
  const isInFunction = mode === "inject" || mode === "world";
  if (isInFunction && refused === "cannot be parsed") return "its text cannot be that of an async function";
  return undefined;
}

// ---- negative tests -------------------------------------------------------------------------------------------------

function negative(test262: string, test: Test): Result {
  const { path } = test;
  const passed: Result = { path, outcome: "passed", suspensions: 0 };
  const { phase, type } = test.negative!;
  const made = makeBundle(test262, test, "plain");
  if (phase === "resolution" || !test.flags.includes("module") || "refused" in made) {
    const error = errorOfV8(test);
    if (error !== undefined && error !== type)
      return { path, outcome: "skipped", reason: nodeFails, suspensions: 0 };
    if ("refused" in made) return passed;
  }
  // What the compiler lets through must be refused when its output is evaluated.
  try {
    for (const module of made.bundle.modules) compileFunction(module.code, ["$rt"], { filename: module.id });
  } catch (error) {
    if (error instanceof SyntaxError) return passed;
  }
  if (phase === "resolution") return passed;
  if (errorOfV8(test) === undefined) return { path, outcome: "skipped", reason: nodeFails, suspensions: 0 };
  return { path, outcome: "failed", reason: `compiles, but must not: ${type}`, suspensions: 0 };
}

function errorOfV8(test: Test): string | undefined {
  try {
    if (test.flags.includes("module")) new SourceTextModule(test.source);
    else new Script(test.flags.includes("raw") ? test.source : `"use strict";${test.source}`);
    return undefined;
  } catch (error) {
    return (error as Error).name;
  }
}

// ---- running --------------------------------------------------------------------------------------------------------

async function run({ test262, mode, mutant }: Omit<Order, "paths">, test: Test): Promise<Run> {
  const made = makeBundle(test262, test, mode);
  if ("refused" in made) {
    const skip = reasonOfRefusal(made.refused, mode);
    const counts = { failure: `refused: ${made.refused}`, suspensions: 0 };
    return skip === undefined ? counts : { ...counts, skip };
  }
  if (mode === "world") {
    const { thrown, printed, thaws, processes } = await runWorld(made.bundle, test.path);
    return { failure: failureOf(test, { printed }, thrown), suspensions: thaws, processes };
  }
  const realm = prepareRealm(test262, test);
  const runtime = loadRuntime(realm);
  let thrown: Thrown | undefined;
  const task = driveTask(runtime, mode !== "plain", mutant);
  const waits = mode === "inject" || test.flags.includes("async");
  try {
    const program = await runtime.loadProgram(made.bundle, {
      compile: (code: string, filename: string) =>
        compileFunction(code, ["$rt"], { filename, parsingContext: realm.context as never }),
      importForeign: ({ name }: { name: string }) => Promise.reject(new Error(`there is no module ${name}`)),
    });
    thrown = await task.run(program, () => waits && hasEnded(test, realm));
  } catch (error) {
    thrown = { error };
  }
  return { failure: failureOf(test, realm, thrown, mode === "inject"), suspensions: task.suspensions };
}
