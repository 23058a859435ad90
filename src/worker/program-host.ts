/**
 * How this machine evaluates compiled code, finds foreign modules and shows values: what the runtime, which is pure, is handed.
 */
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { format, types } from "node:util";
import { compileFunction } from "node:vm";
import { UserError } from "../base/errors.ts";
import type { Bundle, ModuleLink } from "../protocol/bundle.ts";
import type { ProgramHost } from "../runtime/types.ts";
import { scriptName } from "./stack.ts";

export type Namespace = Readonly<Record<string, unknown>>;

const strict = '"use strict";';

/** `namespaces`: modules that the composer brings along, by specifier (`continua`). */
export function createProgramHost(options: {
  readonly namespaces: Readonly<Record<string, Namespace>>;
}): ProgramHost {
  return {
    compile(code, path, module) {
      // The directive takes room in the first line only, and the offset takes it back: positions are those of `code`.
      const filename = module === undefined ? path : scriptName(path, module);
      const settings = { filename, columnOffset: -strict.length };
      return compileFunction(`${strict}${code}`, ["$rt"], settings) as (rt: unknown) => unknown;
    },

    async importForeign(link, bundle) {
      const given = Object.hasOwn(options.namespaces, link.name) ? options.namespaces[link.name] : undefined;
      if (given !== undefined) return given as Record<string, unknown>;
      return importFound(link, bundle);
    },

    format: (args) => format(...args),
    isProxy: types.isProxy,
  };
}

async function importFound(
  link: ModuleLink & { kind: "foreign" },
  bundle: Bundle,
): Promise<Record<string, unknown>> {
  const { name, path } = link;
  if (path === undefined) {
    if (isBuiltin(name)) return await import(name);
    // With the code of Node's own error, which programs ask for that can do without a package.
    throw Object.assign(
      new UserError(
        `the module "${name}" was not found when the program was compiled, and is not part of this Node (${process.version}) nor of continua`,
      ),
      { code: "ERR_MODULE_NOT_FOUND" },
    );
  }
  const file = join(bundle.root, path);
  try {
    if (path.endsWith(".json")) return await import(pathToFileURL(file).href, { with: { type: "json" } });
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    const reason = (error as Error).message;
    throw new UserError(`the module "${name}" cannot be imported from ${file}: ${reason}`, { cause: error });
  }
}
