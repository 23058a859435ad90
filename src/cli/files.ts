/** Which file a relative path of an import means: the same where a program is compiled and where it runs plainly. */
import { statSync } from "node:fs";

/** TypeScript lets `./words.js` mean words.ts, and `./words` either. */
export function candidatesOf(path: string): readonly string[] {
  return [path, path.replace(/\.([cm]?)js(x?)$/, ".$1ts$2"), `${path}.ts`, `${path}.js`];
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
