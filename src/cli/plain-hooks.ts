/** Module hooks of `run --plain`: types are stripped, everything else is Node's own. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { InitializeHook, LoadHook, ResolveHook } from "node:module";
import { fileURLToPath } from "node:url";
import { type AnyNode, parse } from "acorn";
import { transformSync } from "oxc-transform";

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
  if (/^\.{0,2}\/.*\.js$/.test(specifier) && context.parentURL?.startsWith("file:")) {
    const typescript = new URL(specifier.replace(/\.js$/, ".ts"), context.parentURL);
    if (!existsSync(new URL(specifier, context.parentURL)) && existsSync(typescript))
      return next(typescript.href, context);
  }
  return next(specifier, context);
};

export const load: LoadHook = async (url, context, next) => {
  const isScript = /^file:.*\.m?js$/.test(url) && !url.includes("/node_modules/") && !url.startsWith(own);
  if (declares && isScript && context.format !== "commonjs") {
    const source = await readFile(fileURLToPath(url), "utf8");
    return { format: "module", source: source + declarations(source), shortCircuit: true };
  }
  if (!/^file:.*\.[cm]?tsx?$/.test(url)) return next(url, context);
  const path = fileURLToPath(url);
  const { code, map, errors } = transformSync(path, await readFile(path, "utf8"), { sourcemap: true });
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.codeframe ?? errors[0]?.message}`);
  const inline =
    map === undefined
      ? ""
      : `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString("base64")}`;
  return { format: "module", source: code + declarations(code) + inline, shortCircuit: true };
};

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
