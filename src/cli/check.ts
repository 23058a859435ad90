/**
 * `continua check`: compiles the program and writes nothing; and, where the project has TypeScript, says which variables hold
 * something across an await that cannot be saved, before a run finds out.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../base/errors.ts";
import { formatDiagnostic } from "../compiler/diagnostic.ts";
import type { HeldVariables } from "../compiler/index.ts";
import { compileWithAdvice, openProject } from "./project.ts";
import { type NamedType, openTypeAdviser, type TypeAdviser } from "./type-adviser.ts";

/** @throws {UserError} (exit code 1) if something held cannot be saved. */
export async function check(program: string): Promise<void> {
  const project = openProject(program);
  const { bundle, held } = await compileWithAdvice(project, (warning) => console.error(warning));
  const adviser = await openTypeAdviser(project.root);
  if (adviser === undefined) {
    console.error(
      `${program}: ${bundle.modules.length} modules compile; types not looked at (no typescript in ${project.root})`,
    );
    return;
  }
  const found: string[] = [];
  try {
    for (const [id, functions] of held()) found.push(...checkModule(project.root, id, functions, adviser));
  } finally {
    adviser.close();
  }
  if (found.length > 0)
    throw new UserError(`${program}: what is held across an await must be saveable\n${found.join("\n")}`, {
      exitCode: 1,
    });
  console.error(`${program}: ${bundle.modules.length} modules, no errors`);
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
): string[] {
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
    return [formatDiagnostic({ severity: "error", message, id, line, column: column + 1, hint }, source)];
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
