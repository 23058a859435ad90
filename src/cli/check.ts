/**
 * `continua check`: compiles the program and writes nothing; tells what is likely not meant; and, where the project has TypeScript, says which
 * variables hold something across an await that cannot be saved, before a run finds out.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../base/errors.ts";
import { type Diagnostic, formatDiagnostic } from "../compiler/diagnostic.ts";
import type { HeldVariables } from "../compiler/index.ts";
import { compileWithAdvice, openProject } from "./project.ts";
import { type NamedType, openTypeAdviser, type TypeAdviser } from "./type-adviser.ts";

/** What `--json` prints. */
interface CheckForm {
  readonly program: string;
  /** 0 if there are compile errors. */
  readonly modules: number;
  /** Whether types were looked at. */
  readonly types: boolean;
  /** In the order of modules and lines. `rule` is absent of compile errors. */
  readonly problems: readonly Diagnostic[];
}

/** @throws {UserError} exit code 2 if it does not compile, 1 if something held cannot be saved. Warnings alone are no failure. */
export async function check(program: string, json: boolean): Promise<void> {
  const project = openProject(program);
  const { bundle, diagnostics, advice, held, sources } = await compileWithAdvice(project);
  const problems = [...diagnostics, ...advice()];
  const adviser = bundle === undefined ? undefined : await openTypeAdviser(project.root);
  try {
    if (adviser !== undefined)
      for (const [id, functions] of held())
        problems.push(...checkModule(project.root, id, functions, adviser));
  } finally {
    adviser?.close();
  }
  problems.sort((a, b) => (a.id === b.id ? a.line - b.line || a.column - b.column : a.id < b.id ? -1 : 1));
  const form: CheckForm = {
    program,
    modules: bundle?.modules.length ?? 0,
    types: adviser !== undefined,
    problems,
  };
  if (json) console.log(JSON.stringify(form, undefined, 2));
  else for (const each of problems) console.error(formatDiagnostic(each, sources.get(each.id)));
  const summary = summaryOf(form, project.root);
  if (bundle === undefined || problems.some(({ severity }) => severity === "error"))
    throw new UserError(summary, { exitCode: bundle === undefined ? 2 : 1 });
  console.error(summary);
}

function summaryOf({ program, modules, types, problems }: CheckForm, root: string): string {
  const count = (severity: Diagnostic["severity"]) =>
    problems.filter((each) => each.severity === severity).length;
  const some = (number: number, word: string) =>
    `${number === 0 ? "no" : number} ${word}${number === 1 ? "" : "s"}`;
  const unseen = types || modules === 0 ? "" : `; types not looked at (no typescript in ${root})`;
  return `${program}: ${some(modules, "module")}, ${some(count("error"), "error")}, ${some(count("warning"), "warning")}${unseen}`;
}

interface Holding {
  readonly name: string;
  readonly declaredAt: { readonly line: number; readonly column: number };
  readonly in: string;
  readonly at: { readonly line: number; readonly column: number };
}

function checkModule(
  root: string,
  id: string,
  functions: readonly HeldVariables[],
  adviser: TypeAdviser,
): Diagnostic[] {
  const path = join(root, id);
  const source = readFileSync(path, "utf8");
  const lineStarts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)];
  // The first place at which a variable is held stands for all of them.
  const holdings = new Map<number, Holding>();
  for (const { function: name, at, variables } of functions) {
    for (const { name: variable, declaredAt } of variables) {
      const offset = (lineStarts[declaredAt.line - 1] ?? 0) + declaredAt.column;
      if (!holdings.has(offset)) holdings.set(offset, { name: variable, declaredAt, in: name, at });
    }
  }
  const offsets = [...holdings.keys()];
  const types = adviser.typesAt(path, offsets);
  return offsets.flatMap((offset, index) => {
    const culprit = types[index]?.find((type) => !isSaveable(type, root));
    if (culprit === undefined) return [];
    const holding = holdings.get(offset)!;
    const isAwait = source.startsWith("await", (lineStarts[holding.at.line - 1] ?? 0) + holding.at.column);
    const where = `${holding.at.line}:${holding.at.column + 1}`;
    const message = `${holding.name} (${culprit.name}) in ${holding.in} is held across the ${isAwait ? "await" : "turn of the loop"} at ${where}, and cannot be saved`;
    const { line, column } = holding.declaredAt;
    const hint = "take what is needed out of it before, or make it again after";
    return [{ severity: "error", rule: "not-saveable", message, id, line, column: column + 1, hint }];
  });
}

/** Foreign classes whose instances are saved, or are the task's own in compiled code. */
const savedForeign = new Set(["Buffer", "URL", "URLSearchParams", "Timeout", "Immediate", "Task", "Queue"]);
/** Interfaces and built-in classes whose values belong to the process. */
const unsaved = new Set([
  "WeakMap",
  "WeakSet",
  "WeakRef",
  "FinalizationRegistry",
  "FileHandle",
  "ReadableStream",
  "WritableStream",
  "TransformStream",
  "WebSocket",
  "Worker",
  "MessagePort",
]);

function isSaveable({ name, isClass, files }: NamedType, root: string): boolean {
  const own = files.some(
    (file) => file.toLowerCase().startsWith(root.toLowerCase()) && !file.includes("/node_modules/"),
  );
  if (own || savedForeign.has(name)) return true;
  if (unsaved.has(name)) return false;
  const isLibrary = files.some((file) => /(^|\/)lib\.[\w.]*d\.ts$/.test(file));
  return isLibrary || !isClass;
}
