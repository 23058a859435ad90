/** The programs of the simulation: compiled once in this process, and as they are for the plain run. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compileFunction } from "node:vm";
import * as api from "../../src/api/index.ts";
import type { Version } from "../../src/base/ids.ts";
import { bundle, formatDiagnostic } from "../../src/compiler/index.ts";
import type { Bundle } from "../../src/protocol/bundle.ts";
import { pack } from "../../src/protocol/pack.ts";
import { codeOf, loadProgram as load, type Program, type ProgramCode } from "../../src/runtime/index.ts";
import * as outside from "./outside.ts";

const folder = fileURLToPath(new URL("../../../tests/simulation/programs/", import.meta.url));

/** What programs may import, by the end of the specifier. */
const foreign: Readonly<Record<string, object>> = { continua: api, "../outside.ts": outside };

export interface Compiled {
  readonly version: Version;
  /** What the server keeps; workers find the program by its version. */
  readonly bytes: Uint8Array;
  readonly program: Program;
  /** What a run that moves to it has to fit. */
  readonly code: ProgramCode;
}

const byName = new Map<string, Promise<Compiled>>();
const byVersion = new Map<Version, Program>();

/** A program of the folder; `edit` makes another version of it. */
export function compiled(name: string, edit?: (source: string) => string): Promise<Compiled> {
  const key = edit === undefined ? name : `${name}, edited`;
  let found = byName.get(key);
  if (found === undefined) {
    const source = readFileSync(`${folder}${name}.ts`, "utf8");
    found = compileText(`${name}.ts`, edit?.(source) ?? source);
    byName.set(key, found);
  }
  return found;
}

export async function compileText(id: string, source: string): Promise<Compiled> {
  const { bundle: made, diagnostics } = await bundle(
    id,
    {
      read: async () => source,
      resolve: async (specifier) => {
        assert(specifier in foreign, `${id} imports ${specifier}`);
        return { kind: "foreign", name: specifier };
      },
      hash: (text) => createHash("sha256").update(text).digest("hex"),
    },
    { root: "/simulation", nodeMajor: 20 },
  );
  assert(made !== undefined, diagnostics.map((each) => formatDiagnostic(each, source)).join("\n"));
  const compile = (code: string, filename: string) =>
    compileFunction(`"use strict";${code}`, ["$rt"], { filename }) as never;
  const program = await load(made, {
    compile,
    importForeign: async ({ name }) => foreign[name] as Record<string, unknown>,
  });
  byVersion.set(made.version, program);
  return {
    version: made.version,
    bytes: pack({ version: made.version }),
    program,
    code: codeOf(made, { compile }),
  };
}

/** The same source as a function of this process, for the plain run. */
export function nativeMain(source: string): (input: unknown) => unknown {
  const body = source
    .replace(/^import (\{.*\}) from "continua";/, "const $1 = words;")
    .replace("export default", "return");
  return compileFunction(`"use strict";${body}`, ["words"])(api) as (input: unknown) => unknown;
}

/** A program that is not wanted any more. */
export function forget({ version }: Compiled): void {
  byVersion.delete(version);
}

/** What a worker does with a bundle. */
export async function loadProgram({ version }: Bundle): Promise<Program> {
  return byVersion.get(version)!;
}
