/** Module hooks of `run --plain`: types are stripped, everything else is Node's own. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { LoadHook, ResolveHook } from "node:module";
import { fileURLToPath } from "node:url";
import { transformSync } from "oxc-transform";

export const resolve: ResolveHook = (specifier, context, next) => {
  if (specifier === "continua")
    return { url: new URL("../api/index.js", import.meta.url).href, shortCircuit: true };
  if (/^\.{0,2}\/.*\.js$/.test(specifier) && context.parentURL?.startsWith("file:")) {
    const typescript = new URL(specifier.replace(/\.js$/, ".ts"), context.parentURL);
    if (!existsSync(new URL(specifier, context.parentURL)) && existsSync(typescript))
      return next(typescript.href, context);
  }
  return next(specifier, context);
};

export const load: LoadHook = async (url, context, next) => {
  if (!/^file:.*\.[cm]?tsx?$/.test(url)) return next(url, context);
  const path = fileURLToPath(url);
  const { code, map, errors } = transformSync(path, await readFile(path, "utf8"), { sourcemap: true });
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.codeframe ?? errors[0]?.message}`);
  const inline =
    map === undefined
      ? ""
      : `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString("base64")}`;
  return { format: "module", source: code + inline, shortCircuit: true };
};
