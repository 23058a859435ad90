/**
 * Stacks of errors in a worker: compiled code shows in the positions of its source, the runtime's own calls do not show, and
 * behind the native frames come the functions that wait for them, as `at async` lines.
 *
 * T1. An error's stack is put into words when it is asked for, and nothing is done before: no map is read for one that nobody looks at.
 * T2. A stack without a frame of compiled code is left as it is, and to whoever words stacks in this process besides.
 */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type * as mapping from "@jridgewell/trace-mapping";
import { callersOf } from "../runtime/index.ts";
import type { CompiledModule } from "../runtime/types.ts";

interface Known extends CompiledModule {
  trace?: mapping.TraceMap;
}

type Prepare = (error: Error, frames: NodeJS.CallSite[]) => unknown;

const load = createRequire(import.meta.url);
const ownCode = new URL("../", import.meta.url);
const ownFolders = [ownCode.href, fileURLToPath(ownCode)];
const modules = new Map<string, Known>();
let installed = false;

/** The name under which a module's code is evaluated: another one for each text, since a worker may run several versions. */
export function scriptName(filename: string, module: CompiledModule): string {
  let name = filename;
  for (let ordinal = 2; ; ordinal += 1) {
    const known = modules.get(name);
    if (known === undefined) break;
    if (known.map === module.map) return name;
    name = `${filename}?${ordinal}`;
  }
  modules.set(name, { id: module.id, map: module.map });
  install();
  return name;
}

function install(): void {
  if (installed) return;
  installed = true;
  const before = Error.prepareStackTrace as Prepare | undefined;
  Error.prepareStackTrace = (error, frames) => {
    const isOurs = frames.some((frame) => modules.has(frame.getFileName() ?? ""));
    if (isOurs) return `${heading(error)}${lines(error, frames)}`;
    if (before !== undefined) return before(error, frames);
    return `${heading(error)}${frames.map((frame) => `\n    at ${frame}`).join("")}`;
  };
}

function heading(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

function lines(error: Error, frames: readonly NodeJS.CallSite[]): string {
  const texts: string[] = [];
  let starts = false;
  for (const frame of frames) {
    const file = frame.getFileName() ?? "";
    if (ownFolders.some((folder) => file.startsWith(folder))) {
      // These have the names of the program's own functions.
      if (isStarter(file)) {
        starts = false;
        continue;
      }
      const name = frame.getFunctionName();
      // Here a job of the task begins, as native stacks end where the engine begins one.
      if (name === "resume" || name === "run") break;
      // The public function of an async one only starts its body, which stands here already.
      starts = name === "start";
      continue;
    }
    const known = modules.get(file);
    const text = known === undefined ? String(frame) : starts ? null : mapped(frame, file, known);
    starts = false;
    if (text !== null) texts.push(text);
  }
  for (const caller of callersOf(error)) texts.push(`async ${caller}`);
  return texts.map((text) => `\n    at ${text}`).join("");
}

/** The runtime's file with the public functions of async ones. */
function isStarter(file: string): boolean {
  return /[\\/]runtime[\\/]starters\.[jt]s$/.test(file);
}

/** The frame in its source position; null for generated code that has none. */
function mapped(frame: NodeJS.CallSite, file: string, known: Known): string | null {
  // Loaded only now: a worker has to start fast.
  const { originalPositionFor, TraceMap } = load("@jridgewell/trace-mapping") as typeof mapping;
  known.trace ??= new TraceMap(known.map);
  const line = frame.getLineNumber() ?? 1;
  const column = frame.getColumnNumber() ?? 1;
  const source = originalPositionFor(known.trace, { line, column: column - 1 });
  if (source.line === null) return null;
  return String(frame)
    .replace(`${file}:${line}:${column}`, `${known.id}:${source.line}:${source.column + 1}`)
    .replace(/\$+static\d+/, "<static_initializer>");
}
