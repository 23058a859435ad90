/** One test in one mode, from its text to its outcome. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { compileFunction, Script, SourceTextModule } from "node:vm";
import { compile } from "../../src/compiler/index.ts";
import { abiVersion } from "../../src/protocol/abi.ts";
import type { Bundle, BundledModule, ModuleLink } from "../../src/protocol/bundle.ts";
import { readTest, reasonToSkip, type Test } from "./collect.ts";
import { driveTask } from "./drive.ts";
import { prepareScript } from "./prepare.ts";
import { createRealm, harnessText, loadHarness, loadRuntime, type Realm } from "./realm.ts";
import { runWorld } from "./world.ts";

export type Mode = "plain" | "frames" | "world" | "inject";
export interface Result {
  readonly path: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped. */
  readonly reason?: string;
  readonly suspensions: number;
}

// biome-ignore lint/suspicious/noExplicitAny: values of another realm have no type here
type Any = any;

export async function execute(test262: string, path: string, mode: Mode): Promise<Result> {
  const test = readTest(test262, path);
  const skip = reasonToSkip(test) ?? reasonOfMode(test, mode);
  if (skip !== undefined) return { path, outcome: "skipped", reason: skip, suspensions: 0 };
  if (test.negative !== null && test.negative.phase !== "runtime") return negative(test262, test);
  const { failure, suspensions, skip: refused } = await run(test262, test, mode);
  if (refused !== undefined) return { path, outcome: "skipped", reason: refused, suspensions };
  if (failure === undefined) return { path, outcome: "passed", suspensions };
  const native = await runNatively(test262, test);
  if (native !== undefined) return { path, outcome: "skipped", reason: "Node itself fails it", suspensions };
  return { path, outcome: "failed", reason: failure, suspensions };
}

/** Assignments to built-in prototypes, and their kind. */
const changesRealm =
  /\b(Array|Object|String|Number|Boolean|Function|Promise|Symbol|RegExp)\.prototype(\.\w+|\[[^\]]+\])\s*=[^=]|defineProperty\((Array|Object|String|Number|Boolean|Function|Promise|Symbol)\b|IteratorPrototype\b.*=/;

/** What a message about an unsaveable value calls its kind. */
function kindOf(message: string): string {
  return /NotSaveableError: [^(]*\(([^)]*)\)/.exec(message)?.[1] ?? message;
}

const notSaveable = "holds what cannot be written down";

/** What the compiler refuses by design, or the mode by its nature. */
function reasonOfRefusal(refused: string, mode: Mode): string | undefined {
  if (refused.includes("direct eval")) return "direct eval";
  if (mode !== "plain" && mode !== "frames" && /already been declared|keyword 'await'/.test(refused))
    return "a script that cannot be a module";
  return undefined;
}

function reasonOfMode(test: Test, mode: Mode): string | undefined {
  if (mode === "plain" || mode === "frames") return undefined;
  if (test.negative !== null) return "negative";
  if (mode === "world" && changesRealm.test(test.source)) return "changes the realm, which is not the task's";
  if (mode === "world") return test.flags.includes("module") ? "module" : undefined;
  if (test.flags.includes("async")) return "already asynchronous";
  if (test.flags.includes("module")) return "module";
  return /(?<![\w.])await\b/.test(test.source.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ""))
    ? "await as a name"
    : undefined;
}

// ---- negative tests -------------------------------------------------------------------------------------------------

function negative(test262: string, test: Test): Result {
  const { path, source } = test;
  const passed: Result = { path, outcome: "passed", suspensions: 0 };
  const made = makeBundle(test262, test, "plain");
  if (test.negative!.phase === "resolution" || test.flags.includes("module") === false || "refused" in made) {
    const error = errorOfV8(test);
    if (error !== undefined && error !== test.negative!.type)
      return { path, outcome: "failed", reason: `V8 throws ${error}`, suspensions: 0 };
    if ("refused" in made) return passed;
  }
  // What the compiler lets through must be refused when its output is evaluated.
  try {
    for (const module of (made as { bundle: Bundle }).bundle.modules)
      compileFunction(module.code, ["$rt"], { filename: module.id });
  } catch (error) {
    if (error instanceof SyntaxError) return passed;
  }
  if (test.negative!.phase === "resolution") return passed;
  return {
    path,
    outcome: "failed",
    reason: `compiles, but must not: ${source.length > 0 ? test.negative!.type : ""}`,
    suspensions: 0,
  };
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

// ---- compiling ------------------------------------------------------------------------------------------------------

const entry = "(entry).js";

/** The test and the modules that it imports, as a program whose function does nothing. */
function makeBundle(test262: string, test: Test, mode: Mode): { bundle: Bundle } | { refused: string } {
  const modules = new Map<string, BundledModule>();
  const read = (id: string): string => readFileSync(join(test262, "test", id), "utf8");
  const add = (id: string, source: string, goal: "module" | "script"): string | undefined => {
    const made = compile(source, { id, goal, cyclic: goal === "module" });
    const [first] = made.diagnostics;
    if (first !== undefined) return `${first.message}`;
    const links = made.imports.map((specifier): ModuleLink => linkOf(id, specifier));
    const dynamic = Object.fromEntries(
      made.dynamicImports.map((specifier) => [specifier, linkOf(id, specifier)]),
    );
    modules.set(id, { id, code: made.code, map: "", source, links, dynamic });
    for (const link of [...links, ...Object.values(dynamic)]) {
      if (link.kind !== "compiled" || modules.has(link.id)) continue;
      if (!existsSync(join(test262, "test", link.id))) {
        if (links.includes(link)) return `imports ${link.id}, which is not there`;
        continue;
      }
      const refused = add(link.id, read(link.id), "module");
      if (refused !== undefined) return refused;
    }
    return undefined;
  };
  const isModule = test.flags.includes("module");
  const inject = mode === "inject" || (mode === "world" && !/(?<![\w.])await\b/.test(test.source));
  const own = isModule ? test.source : prepareScript(test.source, inject);
  if (own === null) return { refused: "cannot be parsed" };
  const text = mode === "world" ? `${harnessText(test262, harnessOf(test))}\n${own}` : own;
  const refused =
    add(test.path, text, isModule || inject || mode === "world" ? "module" : "script") ??
    add(entry, `import "./${test.path}"; export default function () {}`, "module");
  if (refused !== undefined) return { refused };
  return {
    bundle: {
      abi: abiVersion,
      version: "0" as Bundle["version"],
      entry,
      root: "/test262",
      nodeMajor: 20,
      modules: [...modules.values()],
    },
  };
}

function linkOf(from: string, specifier: string): ModuleLink {
  if (!specifier.startsWith(".")) return { kind: "foreign", name: specifier };
  return { kind: "compiled", id: posix.join(posix.dirname(from), specifier) };
}

// ---- running --------------------------------------------------------------------------------------------------------

function harnessOf(test: Test): string[] {
  const handles = test.flags.includes("async") ? ["doneprintHandle.js"] : [];
  return test.flags.includes("raw") ? [] : ["assert.js", "sta.js", ...handles, ...test.includes];
}

function prepareRealm(test262: string, test: Test): Realm {
  const realm = createRealm();
  loadHarness(realm, test262, harnessOf(test));
  return realm;
}

async function run(
  test262: string,
  test: Test,
  mode: Mode,
): Promise<{ failure: string | undefined; suspensions: number; skip?: string | undefined }> {
  const made = makeBundle(test262, test, mode);
  if ("refused" in made && reasonOfRefusal(made.refused, mode) !== undefined)
    return { skip: reasonOfRefusal(made.refused, mode), failure: undefined, suspensions: 0 };
  if ("refused" in made) return { failure: `refused: ${made.refused}`, suspensions: 0 };
  if (mode === "world") {
    const { thrown, printed, thaws } = await runWorld(made.bundle);
    const failure = failureOf(test, { printed }, thrown);
    if (failure?.includes("NotSaveableError"))
      return { skip: `${notSaveable}: ${kindOf(failure)}`, failure, suspensions: thaws };
    return { failure, suspensions: thaws };
  }
  const realm = prepareRealm(test262, test);
  const runtime = loadRuntime(realm);
  let thrown: Any;
  const task = driveTask(runtime, mode !== "plain");
  try {
    const program = await runtime.loadProgram(made.bundle, {
      compile: (code: string, filename: string) =>
        compileFunction(code, ["$rt"], { filename, parsingContext: realm.context as never }),
      importForeign: ({ name }: { name: string }) => Promise.reject(new Error(`there is no module ${name}`)),
    });
    thrown = await task.run(program, () => test.flags.includes("async") && ended(realm));
  } catch (error) {
    thrown = { error };
  }
  return { failure: failureOf(test, realm, thrown), suspensions: task.suspensions };
}

function ended(realm: Realm): boolean {
  return realm.printed.some((line) => line.startsWith("Test262:Async"));
}

function failureOf(
  test: Test,
  realm: Pick<Realm, "printed">,
  thrown: { readonly error: unknown } | undefined,
): string | undefined {
  if (test.negative !== null) {
    if (thrown === undefined) return `did not throw ${test.negative.type}`;
    const { name } = (thrown.error as Any)?.constructor ?? {};
    return name === test.negative.type ? undefined : `threw ${shown(thrown.error)} for ${test.negative.type}`;
  }
  if (thrown !== undefined) return `threw ${shown(thrown.error)}`;
  if (!test.flags.includes("async")) return undefined;
  const line = realm.printed.find((each) => each.startsWith("Test262:Async"));
  if (line === undefined) return "never ended";
  return line.startsWith("Test262:AsyncTestComplete")
    ? undefined
    : line.replace("Test262:AsyncTestFailure:", "");
}

function shown(error: Any): string {
  if (error !== null && typeof error === "object" && "message" in error)
    return `${error.constructor?.name}: ${String(error.message)}`;
  return String(error);
}

/** The same test as Node runs it: what it fails there, it need not do here. Answers how it failed. */
async function runNatively(test262: string, test: Test): Promise<string | undefined> {
  const realm = prepareRealm(test262, test);
  let thrown: { error: unknown } | undefined;
  try {
    if (test.flags.includes("module")) await runModule(test262, test, realm);
    else new Script(`"use strict";${test.source}`).runInContext(realm.context as never);
  } catch (error) {
    thrown = { error };
  }
  for (let turn = 0; turn < 20 && test.flags.includes("async") && !ended(realm); turn++)
    await new Promise((resolve) => setImmediate(resolve));
  return failureOf(test, realm, thrown);
}

async function runModule(test262: string, test: Test, realm: Realm): Promise<void> {
  const modules = new Map<string, SourceTextModule>();
  const load = (path: string): SourceTextModule => {
    const known = modules.get(path);
    if (known !== undefined) return known;
    const made = new SourceTextModule(readFileSync(path, "utf8"), {
      context: realm.context as never,
      identifier: path,
      importModuleDynamically: async (specifier: string) => {
        const module = load(join(dirname(path), specifier));
        if (module.status === "unlinked") await module.link(resolve);
        if (module.status === "linked") await module.evaluate();
        return module;
      },
    } as never);
    modules.set(path, made);
    return made;
  };
  const resolve = (specifier: string, from: { identifier: string }): SourceTextModule =>
    load(join(dirname(from.identifier), specifier));
  const main = load(join(test262, "test", test.path));
  await main.link(resolve as never);
  await main.evaluate();
}
