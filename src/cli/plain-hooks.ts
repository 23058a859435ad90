/**
 * Module hooks of `run --plain`: types are stripped, `using` is written out where Node does not know it, and classes with private members are made so that
 * their instances can be copied; everything else is Node's own.
 */
import { readFile } from "node:fs/promises";
import { type InitializeHook, isBuiltin, type LoadHook, type ResolveHook } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type AnyNode, parse } from "acorn";
import type { TransformOptions } from "oxc-transform";
import { helperModules, strip, transformOptions } from "../compiler/index.ts";
import { candidatesOf, isFile, isPath } from "./files.ts";
import { withCopies } from "./plain-privates.ts";
import { TsConfigs } from "./tsconfig.ts";

const configs = new TsConfigs();
const helperUrl = "continua:helper/";

/** Whether modules say what they declare, so that functions can be named in another process (`--workers`). */
let declares = false;

export const initialize: InitializeHook<{ readonly declares: boolean } | undefined> = (given) => {
  declares = given?.declares ?? false;
};

export const resolve: ResolveHook = (specifier, context, next) => {
  if (specifier === "continua")
    return { url: new URL("../api/index.js", import.meta.url).href, shortCircuit: true };
  if (specifier === "continua:plain")
    return { url: new URL("../api/plain.js", import.meta.url).href, shortCircuit: true };
  // What the transform imports where it has written out `using`.
  if (specifier === "@oxc-project/runtime/helpers/usingCtx")
    return { url: new URL("./plain-using.js", import.meta.url).href, shortCircuit: true };
  if (helperModules.has(specifier)) return { url: `${helperUrl}${specifier}`, shortCircuit: true };
  if (context.parentURL?.startsWith("file:") && !context.parentURL.includes("/node_modules/")) {
    const from = fileURLToPath(context.parentURL);
    const found = isPath(specifier)
      ? candidatesOf(fileURLToPath(new URL(specifier, context.parentURL))).find(isFile)
      : isBuiltin(specifier)
        ? undefined
        : configs.resolve(specifier, from);
    if (found !== undefined) return next(pathToFileURL(found).href, context);
  }
  return next(specifier, context);
};

export const load: LoadHook = async (url, context, next) => {
  if (url.startsWith(helperUrl)) {
    const source = helperModules.get(url.slice(helperUrl.length))!;
    return { format: "module", source, shortCircuit: true };
  }
  const isTypescript = /^file:.*\.([cm]?ts|[jt]sx)$/.test(url);
  const isScript = /^file:.*\.m?js$/.test(url) && !url.includes("/node_modules/") && !url.startsWith(own);
  if (!isTypescript && !isScript) return next(url, context);
  const path = fileURLToPath(url);
  const source = await readFile(path, "utf8");
  // It has compiled as a module, whatever package.json calls it.
  const isRenamed = isScript && context.format === "commonjs" && isModule(source);
  if (isScript && context.format === "commonjs" && !isRenamed) return next(url, context);
  const isWritten = isTypescript || /\baccessor\b/.test(source) || (!knowsUsing && /\busing\b/.test(source));
  const { text, map } = isWritten ? transformed(path, source) : { text: source, map: "" };
  const code = withCopies(text);
  if (!isWritten && !declares && !isRenamed && code === source) return next(url, context);
  return { format: "module", source: code + declarations(text) + map, shortCircuit: true };
};

/** Whether it imports or exports something. */
function isModule(source: string): boolean {
  try {
    const { body } = parse(source, { ecmaVersion: "latest", sourceType: "module" });
    return body.some(({ type }) => /^(?:Import|Export)/.test(type));
  } catch {
    return false;
  }
}

/** From Node 24 on. */
const knowsUsing = isSyntax("{ using x = null; }");
const writtenOut = knowsUsing ? {} : ({ target: "es2025", helpers: { mode: "Runtime" } } as TransformOptions);

function transformed(path: string, source: string): { readonly text: string; readonly map: string } {
  const options = { ...transformOptions(undefined, configs.settingsFor(path)), ...writtenOut };
  const { code, map, errors } = strip(source, path, options);
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.codeframe ?? errors[0]?.message}`);
  const bytes = map === undefined ? "" : Buffer.from(JSON.stringify(map)).toString("base64");
  return {
    text: code,
    map: map === undefined ? "" : `\n//# sourceMappingURL=data:application/json;base64,${bytes}`,
  };
}

function isSyntax(text: string): boolean {
  try {
    return new Function(text) !== undefined;
  } catch {
    return false;
  }
}

/** Where this package is. */
const own = new URL("..", import.meta.url).href;

function declarations(code: string): string {
  if (!declares) return "";
  const names = (
    parse(code, { ecmaVersion: "latest", sourceType: "module" }) as { body: AnyNode[] }
  ).body.flatMap(declared);
  return `\nimport { declareModule as continua$declare } from "continua:plain";\ncontinua$declare(import.meta.url, () => ({ ${names.join(", ")} }));`;
}

/** Names of functions and classes, and of variables that may hold some. */
function declared(statement: AnyNode): string[] {
  switch (statement.type) {
    case "ExportNamedDeclaration":
    case "ExportDefaultDeclaration":
      return statement.declaration ? declared(statement.declaration as AnyNode) : [];
    case "FunctionDeclaration":
    case "ClassDeclaration":
      return statement.id ? [statement.id.name] : [];
    case "VariableDeclaration":
      return statement.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
    default:
      return [];
  }
}
