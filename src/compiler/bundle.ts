/**
 * A program from its entry module: walks the imports, compiles what belongs to the project, links the rest by name, and gives the
 * whole a hash.
 *
 * B1. The compiler itself is loaded only when there is something to compile: with its parsers it takes longer to load than most programs
 *     take to compile.
 * B2. What is kept is asked for by a hash of all that it was made from: the text and the options. Its keeper answers for the compiler.
 */
import { Bug } from "../base/errors.ts";
import type { Version } from "../base/ids.ts";
import { abiVersion } from "../protocol/abi.ts";
import type { Bundle, BundledModule, ForeignPackage, ModuleLink } from "../protocol/bundle.ts";
import type { SourceSettings } from "./1-parse/parse.ts";
import type { Held } from "./3-lower/held.ts";
import type { Compiled, CompileOptions } from "./compile.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { helperModules } from "./helper-modules.ts";

export interface BundleHost {
  /** The package to which a foreign module belongs, as it is now; undefined: to none. */
  packageOf?(link: ModuleLink & { kind: "foreign" }): ForeignPackage | undefined;
  /** Text of a module of the project. */
  read(id: string): Promise<string>;
  /** Where an import leads. Rejects if it leads nowhere. */
  resolve(specifier: string, fromId: string): Promise<ModuleLink>;
  /** What the syntax of a module means, where its project says so. */
  settings?(id: string): SourceSettings | undefined;
  /** SHA-256 in hex. */
  hash(text: string): string;
  readonly kept?: KeptModules;
}

/** Modules that were compiled before, by this very version of the compiler. */
export interface KeptModules {
  get(key: string): string | undefined;
  put(key: string, compiled: string): void;
}

export interface BundleOptions {
  /** Absolute path of the project's root. */
  readonly root: string;
  readonly nodeMajor: number;
  /** See CompileOptions. */
  readonly remakes?: boolean;
  readonly ownRealm?: boolean;
}

export interface BundleResult {
  /** Absent if there are errors. */
  readonly bundle?: Bundle;
  /** Whether the entry has a default export. */
  readonly hasDefault: boolean;
  readonly diagnostics: readonly Diagnostic[];
  /** What compiles and is likely not meant. Of modules that were kept it has been told when they were compiled. */
  advice(): readonly Diagnostic[];
  /** By module id: what its async functions hold while they are suspended. Not to be asked of a host that keeps modules. */
  held(): ReadonlyMap<string, Held>;
}

interface Found {
  readonly source: string;
  readonly compiled: Compiled;
  readonly links: readonly ModuleLink[];
  readonly dynamic: readonly ModuleLink[];
}

export async function bundle(entry: string, host: BundleHost, options: BundleOptions): Promise<BundleResult> {
  const how: How = {
    ...(options.remakes === true && { remakes: true }),
    ...(options.ownRealm === true && { ownRealm: true }),
  };
  const found = new Map<string, Found>();
  const diagnostics: Diagnostic[] = [];
  const waiting: { id: string; json: boolean }[] = [{ id: entry, json: entry.endsWith(".json") }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next.id)) continue;
    const module = await load(next.id, next.json, host, diagnostics, how);
    found.set(next.id, module);
    for (const link of [...module.links, ...module.dynamic]) {
      if (link.kind === "compiled") waiting.push({ id: link.id, json: link.id.endsWith(".json") });
    }
  }
  if (diagnostics.some((each) => each.severity === "error"))
    return { hasDefault: false, diagnostics, advice: () => [], held: () => new Map() };
  const modules: BundledModule[] = [];
  for (const [id, module] of found) modules.push(await finish(id, module, found, host, how));
  modules.sort((a, b) => (a.id < b.id ? -1 : 1));
  const packages = packagesOf(modules, host);
  const { root, nodeMajor } = options;
  const content = {
    abi: abiVersion,
    entry,
    root,
    nodeMajor,
    modules,
    ...(packages.length > 0 && { packages }),
  };
  // Where the project lies is not part of what the program is.
  const named = packages.length > 0 ? [packages] : [];
  const version = host.hash(JSON.stringify([content.abi, entry, nodeMajor, modules, ...named])) as Version;
  const held = () => new Map([...found].map(([id, { compiled }]) => [id, compiled.held()]));
  const advice = () => [...found.values()].flatMap(({ compiled }) => compiled.advice());
  const { hasDefault } = found.get(entry)!.compiled;
  return { bundle: { ...content, version }, hasDefault, diagnostics, advice, held };
}

/** Of all foreign modules, by name. */
function packagesOf(modules: readonly BundledModule[], host: BundleHost): ForeignPackage[] {
  const found = new Map<string, ForeignPackage>();
  for (const { links, dynamic = {} } of modules) {
    for (const link of [...links, ...Object.values(dynamic)]) {
      const foreign = link.kind === "foreign" ? host.packageOf?.(link) : undefined;
      if (foreign !== undefined) found.set(foreign.path, foreign);
    }
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What goes for all modules of a program. */
type How = Pick<CompileOptions, "remakes" | "ownRealm">;

async function load(
  id: string,
  json: boolean,
  host: BundleHost,
  diagnostics: Diagnostic[],
  how: How,
): Promise<Found> {
  const source = helperModules.get(id) ?? (await host.read(id));
  const compiled = json
    ? await compileJson(source, id, host)
    : await compiledBy(host, source, { id, ...how, ...settingsOf(host, id) });
  diagnostics.push(...compiled.diagnostics);
  const resolve = async (specifier: string, isDynamic: boolean): Promise<ModuleLink> => {
    if (helperModules.has(specifier)) return { kind: "compiled", id: specifier };
    try {
      return await host.resolve(specifier, id);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // A program may do without a package: as in Node, the import is rejected when it runs.
      const isOptional = isDynamic && /^[@\w]/.test(specifier);
      const message = `cannot find "${specifier}": ${reason}${isOptional ? "; this import will be rejected" : ""}`;
      const severity = isOptional ? "warning" : "error";
      diagnostics.push({ severity, message, id, ...placeOf(specifier, source) });
      return { kind: "foreign", name: specifier };
    }
  };
  const links = await Promise.all(compiled.imports.map((each) => resolve(each, false)));
  const dynamic = await Promise.all(compiled.dynamicImports.map((each) => resolve(each, true)));
  return { source, compiled, links, dynamic };
}

function settingsOf(host: BundleHost, id: string): Pick<CompileOptions, "settings"> {
  const settings = host.settings?.(id);
  return settings === undefined ? {} : { settings };
}

/** The module compiled, or as it was kept. */
async function compiledBy(host: BundleHost, source: string, options: CompileOptions): Promise<Compiled> {
  const key = host.kept === undefined ? "" : host.hash(JSON.stringify([options, source]));
  const kept = host.kept?.get(key);
  if (kept !== undefined) {
    const untold = (): never => {
      throw new Bug("what was kept does not tell what is held");
    };
    return { ...(JSON.parse(kept) as Omit<Compiled, "held" | "advice">), advice: () => [], held: untold };
  }
  const { compile } = await import("./compile.ts");
  const compiled = compile(source, options);
  if (!compiled.diagnostics.some(({ severity }) => severity === "error")) {
    const { held: _, advice: _advice, ...parts } = compiled;
    host.kept?.put(key, JSON.stringify(parts));
  }
  return compiled;
}

async function compileJson(source: string, id: string, host: BundleHost): Promise<Compiled> {
  try {
    JSON.parse(source);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const diagnostic: Diagnostic = {
      severity: "error",
      message: `not JSON: ${message}`,
      id,
      line: 1,
      column: 1,
    };
    return {
      code: "",
      map: "",
      imports: [],
      json: [],
      dynamicImports: [],
      hasDefault: true,
      diagnostics: [diagnostic],
      advice: () => [],
      held: () => ({ functions: [], module: [], registered: [] }),
    };
  }
  return compiledBy(host, `export default JSON.parse(${JSON.stringify(source)});`, { id, typescript: false });
}

/** Where a specifier stands in the source, as well as can be told from its text. */
function placeOf(specifier: string, source: string): { line: number; column: number } {
  const offset = Math.max(0, source.search(new RegExp(`["']${specifier.replace(/[^\w]/g, "\\$&")}["']`)));
  const before = source.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/** A module that no cycle of imports leads back to needs fewer checks; it is compiled again with that knowledge. */
async function finish(
  id: string,
  module: Found,
  found: ReadonlyMap<string, Found>,
  host: BundleHost,
  how: How,
): Promise<BundledModule> {
  const { source, links } = module;
  const isProject = links.some((link) => link.kind === "compiled");
  const compiled =
    isProject && !reaches(id, id, found, new Set())
      ? await compiledBy(host, source, { id, cyclic: false, ...how, ...settingsOf(host, id) })
      : module.compiled;
  const dynamic = Object.fromEntries(
    module.compiled.dynamicImports.map((specifier, index) => [specifier, module.dynamic[index]!]),
  );
  const more = module.dynamic.length === 0 ? {} : { dynamic };
  return { id, code: compiled.code, map: compiled.map, source, links, ...more };
}

function reaches(from: string, goal: string, found: ReadonlyMap<string, Found>, seen: Set<string>): boolean {
  for (const link of found.get(from)?.links ?? []) {
    if (link.kind !== "compiled" || seen.has(link.id)) continue;
    if (link.id === goal) return true;
    seen.add(link.id);
    if (reaches(link.id, goal, found, seen)) return true;
  }
  return false;
}
