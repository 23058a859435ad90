/**
 * Compiled modules of a program, kept in `node_modules/.cache/continua` of its project: a file for each program, with what its last
 * compilation needed and nothing else, so that it grows with the program alone.
 *
 * C1. What is answered is what this compiler would make: a file of another version of it, by the content of its own files, is not read.
 * C2. A file is replaced as a whole, and one that is not what was written is not read.
 * C3. It is only a cache: a project without node_modules has none, and one that cannot be written is as none.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { KeptModules } from "../compiler/bundle.ts";

const source = new URL("../", import.meta.url);
const packageFile = ["../../package.json", "../../../package.json"]
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path));

export interface ModuleKeeper extends KeptModules {
  /** Writes down what was asked for or put since it was opened, if it is not there already. */
  save(): void;
}

/** `entry`: the id of the program's main module. `version`: of the compiler. */
export function openKeptModules(root: string, entry: string, version = compilerVersion()): ModuleKeeper {
  const folder = join(root, "node_modules", ".cache", "continua");
  const path = join(folder, `${sha256(entry).slice(0, 32)}.json`);
  const before = existsSync(join(root, "node_modules")) ? read(path, version) : new Map<string, string>();
  const used = new Map<string, string>();
  return {
    get(key) {
      const kept = before.get(key);
      if (kept !== undefined) used.set(key, kept);
      return kept;
    },
    put: (key, compiled) => void used.set(key, compiled),
    save() {
      const isSame = used.size === before.size && [...used.keys()].every((key) => before.has(key));
      if (isSame || !existsSync(join(root, "node_modules"))) return;
      const text = JSON.stringify([version, [...used]]);
      const temporary = `${path}.${process.pid}`;
      try {
        mkdirSync(folder, { recursive: true });
        writeFileSync(temporary, `${sha256(text)}\n${text}`);
        renameSync(temporary, path);
      } catch {
        rmSync(temporary, { force: true });
      }
    },
  };
}

function read(path: string, version: string): Map<string, string> {
  let whole: string;
  try {
    whole = readFileSync(path, "utf8");
  } catch {
    return new Map();
  }
  const text = whole.slice(whole.indexOf("\n") + 1);
  if (whole !== `${sha256(text)}\n${text}`) return new Map();
  const [by, modules] = JSON.parse(text) as [string, [string, string][]];
  return by === version ? new Map(modules) : new Map();
}

/** A hash of all that decides what the compiler makes: its files, those it shares with the runtime, its dependencies. */
function compilerVersion(): string {
  const hash = createHash("sha256");
  for (const room of ["compiler", "protocol", "base"]) {
    const folder = fileURLToPath(new URL(`${room}/`, source));
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted()) {
      if (!/\.[jt]s$/.test(name) || /\.(d|test)\.[jt]s$/.test(name)) continue;
      hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
    }
  }
  if (packageFile !== undefined) hash.update(readFileSync(packageFile));
  return hash.digest("hex");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
