/** For tests: programs of hand-written modules, in the shape that the compiler gives them. */
import { compileFunction } from "node:vm";
import type { TaskId, Version } from "../base/ids.ts";
import { abiVersion } from "../protocol/abi.ts";
import type { Bundle, ModuleLink } from "../protocol/bundle.ts";
import { TaskKernel } from "./kernel.ts";
import { TaskModules } from "./modules.ts";
import { type LoadedProgram, loadProgram } from "./program.ts";
import { TaskContext } from "./task-context.ts";
import type { ProgramHost, TaskHost } from "./types.ts";

export interface TestModule {
  readonly code: string;
  readonly links?: readonly ModuleLink[];
}

function testBundle(modules: Readonly<Record<string, TestModule>>): Bundle {
  const ids = Object.keys(modules);
  return {
    abi: abiVersion,
    version: "0" as Version,
    entry: ids[0]!,
    root: "/app",
    nodeMajor: 20,
    modules: ids.map((id) => ({
      id,
      code: modules[id]!.code,
      map: "",
      source: "",
      links: modules[id]!.links ?? [],
    })),
  };
}

const testHost: ProgramHost = {
  compile: (code, filename) => compileFunction(code, ["$rt"], { filename }) as (rt: unknown) => unknown,
  importForeign: async ({ name }) => (await import(name)) as Record<string, unknown>,
};

export async function loadTest(
  modules: Readonly<Record<string, TestModule>>,
  host: Partial<ProgramHost> = {},
): Promise<LoadedProgram> {
  return (await loadProgram(testBundle(modules), { ...testHost, ...host })) as LoadedProgram;
}

const restingHost: TaskHost = { wake: () => {}, freeze: () => false, now: () => 0 };

/** A context without a task's life: for the codec alone, or with a host that runs its kernel. */
export function testContext(program: LoadedProgram, host: TaskHost = restingHost): TaskContext {
  const context = new TaskContext(program);
  const kernel = new TaskKernel({ id: "rtest" as TaskId, host, codec: context });
  const modules = new TaskModules(program.graph, kernel);
  context.attach(kernel, modules);
  kernel.entered(() => modules.instantiate());
  for (const { id, body } of program.graph.definitions.values()) {
    kernel.entered(() => body.body!(null, kernel.records.get(id)!));
  }
  return context;
}

/** The frame around hand-written module code: `sites`, `body` and the rest are the code of a ModuleDefinition's fields. */
export function moduleText(parts: {
  readonly id: string;
  readonly imports?: readonly string[];
  readonly variables?: string;
  readonly exports?: string;
  readonly reexports?: string;
  readonly stars?: string;
  readonly sites?: string;
  readonly instantiate?: string;
  readonly body?: string;
}): string {
  const { id, imports = [], variables = "", exports = "", reexports = "", stars = "", sites = "" } = parts;
  const site = (name: string, rest: string): string =>
    `{ id: "${name}", name: "${name}", kind: "async", position: { line: 1, column: 0 }, hash: "h", make: () => {}, labels: [null], ${rest} }`;
  return `"use strict";
const $sites = $rt.define("${id}", [${sites}${sites === "" ? "" : ","} ${site("(module)", `body($frame, $m) { ${parts.body ?? ""} }`)}]);
const variable = (name, kind, again) => ({ name, kind, position: { line: 1, column: 0 }, ...(again ? { again } : {}) });
return {
  id: "${id}", imports: ${JSON.stringify(imports)}, variables: [${variables}], exports: {${exports}}, reexports: [${reexports}],
  stars: [${stars}], sites: $sites, instantiate($m) { ${parts.instantiate ?? ""} }, body: $sites.at(-1),
};`;
}
