/**
 * The program's files on disk: where its project begins, how a specifier is resolved, what is compiled and what is
 * foreign. Gives the compiler the eyes it does not have.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { dirname, join, relative, resolve as resolvePath, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { resolve as resolveModule } from "import-meta-resolve";
import { UserError } from "../base/errors.ts";
import { type BundleResult, bundle } from "../compiler/bundle.ts";
import { type Diagnostic, formatDiagnostic } from "../compiler/diagnostic.ts";
import type { Bundle, ForeignPackage, ModuleLink } from "../protocol/bundle.ts";
import { candidatesOf, isFile, isPath } from "./files.ts";
import { type ModuleKeeper, openKeptModules } from "./kept-modules.ts";
import { TsConfigs } from "./tsconfig.ts";

export interface Project {
  /** Absolute path of the folder that holds the nearest package.json; the program's own folder if there is none. */
  readonly root: string;
  /** Absolute path of the program. */
  readonly program: string;
}

/** @throws {UserError} if `path` is not a readable source file. */
export function openProject(path: string): Project {
  let program: string;
  try {
    program = realpathSync(path);
    if (statSync(program).isDirectory())
      throw new UserError(`${path}: is a directory; name the program's file, as ${join(path, "main.ts")}`);
    readFileSync(program);
  } catch (error) {
    throw error instanceof UserError
      ? error
      : new UserError(`${path}: ${reason(error)}; give the path of a .ts or .js file`);
  }
  if (!/\.[cm]?[jt]sx?$/.test(program))
    throw new UserError(`${path}: not a program; continua runs .ts, .tsx, .js, .mts and .mjs files`);
  let root = dirname(program);
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) {
      root = folder;
      break;
    }
    if (dirname(folder) === folder) break;
  }
  return { root, program };
}

/**
 * Compiles the program and what it imports, as far as it has changed. `tell` gets what is likely not meant in the modules that have.
 * @throws {UserError} with every compile error, or if it exports nothing to run.
 */
export async function compileProject(project: Project, tell?: (warning: string) => void): Promise<Bundle> {
  const kept = openKeptModules(project.root, idOf(project.root, project.program));
  const result = await compileFrom(project, { kept });
  const made = bundleOf(result);
  if (!result.hasDefault)
    throw new UserError(
      `${made.entry}: has no default export, which is what runs; write: export default async function main(input) { ... }`,
    );
  if (tell !== undefined)
    for (const each of result.advice()) tell(formatDiagnostic(each, result.sources.get(each.id)));
  kept.save();
  return made;
}

/** Compiles it for tasks that have begun with another version. @throws {UserError} with every compile error. */
export async function compileForUpgrade(project: Project): Promise<Bundle> {
  return bundleOf(await compileFrom(project, { remakes: true }));
}

function bundleOf({ bundle, diagnostics, sources }: Awaited<ReturnType<typeof compileFrom>>): Bundle {
  if (bundle !== undefined) return bundle;
  const format = (each: Diagnostic): string => formatDiagnostic(each, sources.get(each.id));
  throw new UserError(diagnostics.map(format).join("\n"));
}

/** Compiles all of it, with what an adviser that knows types wants to know. `unsaved`: texts that are not on the disk yet, by absolute path. */
export function compileWithAdvice(
  project: Project,
  unsaved?: ReadonlyMap<string, string>,
): ReturnType<typeof compileFrom> {
  return compileFrom(project, unsaved === undefined ? {} : { unsaved });
}

interface CompileHow {
  readonly kept?: ModuleKeeper;
  readonly remakes?: boolean;
  readonly unsaved?: ReadonlyMap<string, string>;
}

async function compileFrom(
  project: Project,
  { kept, remakes = false, unsaved }: CompileHow = {},
): Promise<BundleResult & { readonly sources: ReadonlyMap<string, string> }> {
  const { root } = project;
  const sources = new Map<string, string>();
  const configs = new TsConfigs();
  const result = await bundle(
    idOf(root, project.program),
    {
      async read(id) {
        const path = join(root, id);
        const source = unsaved?.get(path) ?? (await readFile(path, "utf8"));
        sources.set(id, source);
        return source;
      },
      async resolve(specifier, from) {
        return resolveFrom(root, specifier, join(root, from), configs);
      },
      settings: (id) => (/\.([cm]?ts|[jt]sx)$/.test(id) ? configs.settingsFor(join(root, id)) : undefined),
      packageOf: (link) => packageOf(root, link),
      hash: (text) => createHash("sha256").update(text).digest("hex"),
      ...(kept === undefined ? {} : { kept }),
    },
    { root, nodeMajor, remakes },
  );
  return { ...result, sources };
}

export const nodeMajor = Number(process.versions.node.split(".")[0]);

/** The package of a foreign module, as it is installed. */
function packageOf(root: string, { path }: ModuleLink & { kind: "foreign" }): ForeignPackage | undefined {
  if (path === undefined) return undefined;
  for (let folder = dirname(path); folder.includes("node_modules/"); folder = dirname(folder)) {
    const { name, version } = packageFile(join(root, folder)) ?? {};
    if (name !== undefined && version !== undefined) return { name, version, path: folder };
  }
  return undefined;
}

/** What a folder's package.json says of itself. */
export function packageFile(
  folder: string,
): { readonly name?: string; readonly version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  } catch {
    return undefined;
  }
}

function idOf(root: string, path: string): string {
  return relative(root, path).split(sep).join("/");
}

/** Modules of the project are compiled; packages, built-ins and `continua` itself are foreign. */
function resolveFrom(root: string, specifier: string, from: string, configs: TsConfigs): ModuleLink {
  if (isBuiltin(specifier) || /^continua(\/|$)/.test(specifier)) return { kind: "foreign", name: specifier };
  const path = resolveFile(specifier, from, configs);
  const id = idOf(root, path);
  // Of a package beside this one in a repository Node could not run the types.
  const isBeside = id.startsWith("../") && !/\.[cm]?tsx?$/.test(id);
  if (/(^|\/)node_modules\//.test(id) || isBeside) return { kind: "foreign", name: specifier, path: id };
  return { kind: "compiled", id };
}

function resolveFile(specifier: string, from: string, configs: TsConfigs): string {
  if (isPath(specifier)) {
    const path = resolvePath(dirname(from), specifier);
    const found = candidatesOf(path).find(isFile);
    if (found !== undefined) return found;
    throw new UserError(`there is no ${path}`);
  }
  const mapped = configs.resolve(specifier, from);
  if (mapped !== undefined) return realpathSync(mapped);
  try {
    return fileURLToPath(resolveModule(specifier, pathToFileURL(from).href));
  } catch (error) {
    const way =
      configs.hintFor(specifier, from) ??
      (/^[@~]?\//.test(specifier) ? `is it in "paths" of tsconfig.json?` : "is it installed?");
    throw new UserError(`${(error as Error).message.replace(/ imported from .*/, "")}; ${way}`);
  }
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "no such file";
  if (code === "EACCES" || code === "EPERM") return "no permission to read it";
  return message;
}
