/**
 * What a program's tsconfig.json says that a program means: where names of modules lead (`paths`, `baseUrl`), and what its syntax becomes (`jsx`, decorators,
 * class fields, imports that are types). All else there is the business of whoever checks types.
 *
 * T1. For a file counts the nearest tsconfig.json (or jsconfig.json) above it. If that only refers to others (`references`, and no file of its own), it is the
 *     first of those that includes the file.
 * T2. `extends` is followed through files and packages; of what several say the last one counts. Paths are relative to the file that says them.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, isAbsolute, join, resolve as resolvePath } from "node:path";
import { UserError } from "../base/errors.ts";
import type { SourceSettings } from "../compiler/index.ts";
import { candidatesOf, isFile } from "./files.ts";
import { parseJsonc } from "./jsonc.ts";

interface Options {
  readonly baseUrl?: string;
  readonly paths?: Readonly<Record<string, readonly string[]>>;
  /** The folder that `paths` are relative to, if there is no `baseUrl`. */
  readonly pathsFrom?: string;
  readonly outDir?: string;
  readonly target?: string;
  readonly jsx?: string;
  readonly jsxFactory?: string;
  readonly jsxFragmentFactory?: string;
  readonly jsxImportSource?: string;
  readonly experimentalDecorators?: boolean;
  readonly emitDecoratorMetadata?: boolean;
  readonly useDefineForClassFields?: boolean;
  readonly verbatimModuleSyntax?: boolean;
  readonly [option: string]: unknown;
}

interface ConfigFile {
  readonly extends?: string | readonly string[];
  readonly compilerOptions?: Options;
  readonly files?: readonly string[];
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly references?: readonly { readonly path: string }[];
}

/** With all that it extends; its paths are absolute. */
interface Config extends Omit<ConfigFile, "extends" | "compilerOptions"> {
  readonly path: string;
  readonly options: Options;
}

/** Options that say where modules are, and are not followed. */
const unfollowed = ["rootDirs", "moduleSuffixes", "customConditions"] as const;

export class TsConfigs {
  readonly #byFolder = new Map<string, Config | undefined>();
  readonly #read = new Map<string, Config>();
  readonly #settings = new Map<Config, SourceSettings>();

  /** What becomes of the syntax of a file. */
  settingsFor(file: string): SourceSettings | undefined {
    const config = this.#configFor(file);
    if (config === undefined) return undefined;
    let settings = this.#settings.get(config);
    if (settings === undefined) {
      settings = settingsOf(config.options);
      this.#settings.set(config, settings);
    }
    return settings;
  }

  /** The file that a name means by `paths` or `baseUrl`; undefined if they do not lead to one. */
  resolve(specifier: string, from: string): string | undefined {
    const { baseUrl, paths, pathsFrom } = this.#configFor(from)?.options ?? {};
    const folder = baseUrl ?? pathsFrom;
    const [pattern, part] = paths === undefined ? [] : bestPattern(Object.keys(paths), specifier);
    const targets = pattern === undefined ? [] : paths![pattern]!;
    const places = targets.map((target) =>
      resolvePath(
        folder!,
        target.replace("*", () => part!),
      ),
    );
    if (baseUrl !== undefined) places.push(join(baseUrl, specifier));
    return places
      .flatMap(candidatesOf)
      .find((path) => isFile(path) && /\.([cm]?[jt]sx?|json)$/.test(path) && !/\.d\.[cm]?ts$/.test(path));
  }

  /** What there is to say of a name that leads nowhere. */
  hintFor(specifier: string, from: string): string | undefined {
    const config = this.#configFor(from);
    if (config === undefined) return undefined;
    const { paths, baseUrl } = config.options;
    const [pattern] = paths === undefined ? [] : bestPattern(Object.keys(paths), specifier);
    if (pattern !== undefined)
      return `"paths" of ${config.path} has it as "${pattern}", and there is no file at ${paths![pattern]!.join(" or ")} (relative to ${baseUrl ?? config.options.pathsFrom})`;
    const name = unfollowed.find((option) => config.options[option] !== undefined);
    return name && `"${name}" of ${config.path} is not followed`;
  }

  #configFor(file: string): Config | undefined {
    const nearest = this.#nearest(dirname(file));
    if (nearest?.references === undefined || includes(nearest, file)) return nearest;
    for (const { path } of nearest.references) {
      const place = resolvePath(dirname(nearest.path), path);
      const isFolder = statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
      const found = this.#open(
        isFolder ? join(place, "tsconfig.json") : place,
        `"references" of ${nearest.path}`,
      );
      if (includes(found, file)) return found;
    }
    return nearest;
  }

  #nearest(folder: string): Config | undefined {
    if (this.#byFolder.has(folder)) return this.#byFolder.get(folder);
    const own = ["tsconfig.json", "jsconfig.json"].map((name) => join(folder, name)).find(isFile);
    const above = dirname(folder);
    const isPackages = basename(folder) === "node_modules";
    const found =
      own !== undefined ? this.#open(own) : above === folder || isPackages ? undefined : this.#nearest(above);
    this.#byFolder.set(folder, found);
    return found;
  }

  /** @throws {UserError} if it cannot be read. */
  #open(path: string, asked = "", seen: readonly string[] = []): Config {
    const known = this.#read.get(path);
    if (known !== undefined) return known;
    const by = asked === "" ? "" : `, which ${asked} names`;
    if (seen.includes(path)) throw new UserError(`${path}: "extends" leads back to itself; break the circle`);
    let file: ConfigFile;
    try {
      file = (parseJsonc(readFileSync(path, "utf8")) ?? {}) as ConfigFile;
    } catch (error) {
      throw new UserError(
        `${path}${by}: cannot be read: ${(error as Error).message}; mend it or take it away`,
      );
    }
    const bases = [file.extends ?? []].flat().map((name) => {
      const base = extended(name, path);
      if (base !== undefined) return this.#open(base, `"extends" of ${path}`, [...seen, path]);
      throw new UserError(`${path}: "extends" names "${name}", which is not there; is it installed?`);
    });
    const config = merged(path, file, bases);
    this.#read.set(path, config);
    return config;
  }
}

/** The file that `extends` means. */
function extended(name: string, from: string): string | undefined {
  if (isAbsolute(name) || /^\.{1,2}(\/|$)/.test(name)) {
    const path = resolvePath(dirname(from), name);
    return [path, `${path}.json`, join(path, "tsconfig.json")].find(isFile);
  }
  const require = createRequire(from);
  for (const folder of require.resolve.paths(name) ?? []) {
    const path = join(folder, name);
    const manifest = join(path, "package.json");
    const { tsconfig } = existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")) : {};
    const places = [path, `${path}.json`, join(path, tsconfig ?? "tsconfig.json")];
    const found = places.find(isFile);
    if (found !== undefined) return found;
  }
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

function merged(path: string, file: ConfigFile, bases: readonly Config[]): Config {
  const folder = dirname(path);
  const absolute = (place: string): string => resolvePath(folder, place);
  const given = file.compilerOptions ?? {};
  const options: Options = {
    ...Object.assign({}, ...bases.map((base) => base.options)),
    ...given,
    ...(given.baseUrl !== undefined && { baseUrl: absolute(given.baseUrl) }),
    ...(given.outDir !== undefined && { outDir: absolute(given.outDir) }),
    ...(given.paths !== undefined && { pathsFrom: folder }),
  };
  const of = <K extends "files" | "include" | "exclude">(key: K): readonly string[] | undefined =>
    file[key]?.map(absolute) ?? bases.findLast((base) => base[key] !== undefined)?.[key];
  const [files, include, exclude] = [of("files"), of("include"), of("exclude")];
  const { references } = file;
  const parts = {
    ...(files && { files }),
    ...(include && { include }),
    ...(exclude && { exclude }),
    ...(references && { references }),
  };
  return insideOf(folder, { path, options, ...parts });
}

/** `${configDir}` is the folder of the file that is used, also where one that it extends says it. */
function insideOf<T>(folder: string, value: T): T {
  if (typeof value === "string") return value.replace(/^.*\$\{configDir\}/, () => folder) as T;
  if (Array.isArray(value)) return value.map((each) => insideOf(folder, each)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, insideOf(folder, each)])) as T;
}

function includes({ path, options, files, include, exclude = [] }: Config, file: string): boolean {
  if (files?.includes(file)) return true;
  if (files !== undefined && include === undefined) return false;
  const folder = dirname(path);
  const isIn = (patterns: readonly string[]): boolean => patterns.some((each) => globOf(each).test(file));
  if (options.outDir !== undefined && isIn([options.outDir])) return false;
  const left = exclude.length > 0 ? exclude : [join(folder, "**/node_modules")];
  return isIn(include ?? [join(folder, "**/*")]) && !isIn(left);
}

/** A pattern of `include`: a folder means all in it. */
function globOf(pattern: string): RegExp {
  const text = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*\*\/?|\*|\?/g, (found) =>
      found.startsWith("**") ? "(?:.*/)?" : found === "*" ? "[^/]*" : "[^/]",
    );
  return new RegExp(`^${text}(/.*)?$`);
}

/** The pattern with the longest beginning, and what its `*` stands for. */
function bestPattern(patterns: readonly string[], specifier: string): [pattern: string, part: string] | [] {
  if (patterns.includes(specifier)) return [specifier, ""];
  let best: [string, string] | [] = [];
  let longest = -1;
  for (const pattern of patterns) {
    const star = pattern.indexOf("*");
    if (star < 0) continue;
    const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
    const fits =
      specifier.length >= before.length + after.length &&
      specifier.startsWith(before) &&
      specifier.endsWith(after);
    if (!fits || before.length <= longest) continue;
    longest = before.length;
    best = [pattern, specifier.slice(before.length, specifier.length - after.length)];
  }
  return best;
}

function settingsOf(options: Options): SourceSettings {
  const { jsx, jsxFactory, jsxFragmentFactory, jsxImportSource, target } = options;
  // As of ES2022 a field is defined; before, it was assigned.
  const isOld = target !== undefined && /^es(3|5|6|20(1\d|2[01]))$/i.test(target);
  return {
    ...(jsx !== undefined && {
      jsx:
        jsx === "react"
          ? { factory: jsxFactory ?? "React.createElement", fragment: jsxFragmentFactory ?? "React.Fragment" }
          : { importSource: jsxImportSource ?? "react" },
    }),
    ...(options.experimentalDecorators === true && {
      decorators: options.emitDecoratorMetadata === true ? ("described" as const) : ("older" as const),
    }),
    ...((options.useDefineForClassFields ?? !isOld) === false && { assignsFields: true as const }),
    ...(options.verbatimModuleSyntax === true && { keepsImports: true as const }),
  };
}
