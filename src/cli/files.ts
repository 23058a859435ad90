/** Which file a relative path of an import means: the same where a program is compiled and where it runs plainly. */
import { statSync } from "node:fs";

/** TypeScript lets `./words.js` mean words.ts, and `./words` either, or a file of a folder. */
export function candidatesOf(path: string): readonly string[] {
  const kinds = [".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs"];
  return [
    path,
    path.replace(/\.([cm]?)js(x?)$/, ".$1ts$2"),
    ...(path.endsWith(".js") ? [`${path.slice(0, -3)}.tsx`] : []),
    ...kinds.map((kind) => path + kind),
    ...kinds.map((kind) => `${path.replace(/\/$/, "")}/index${kind}`),
  ];
}

/** A path, and no name of a package. */
export function isPath(specifier: string): boolean {
  return /^(\.{0,2}\/|\.{1,2}$)/.test(specifier);
}

export function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    // Below what is a file itself.
    return false;
  }
}
