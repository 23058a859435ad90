/** What a runner's settings have it load before each file of tests: `setupFiles` of jest and vitest, `require` of mocha. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";

const settings = [
  ...["ts", "mts", "js", "mjs", "cjs"].flatMap((kind) => [`vitest.config.${kind}`, `jest.config.${kind}`]),
  ...["jest.config.json", "package.json", "test/mocha.opts", "tests/mocha.opts"],
  ...[".mocharc.json", ".mocharc.js", ".mocharc.cjs", ".mocharc.yml", ".mocharc.yaml"],
];
/** What makes Node read TypeScript and the like is not needed. */
const translator = /register|loader|babel|^tsx$|^ts-node$/;
const source = /\.[cm]?[jt]sx?$/;

/** Their paths below `root`. `folders`: of the package, and of the repository. */
export function setupsOf(root: string, folders: readonly string[]): string[] {
  const found = new Set<string>();
  for (const folder of folders) {
    for (const name of settings) {
      const file = join(root, folder, name);
      if (!existsSync(file)) continue;
      for (const path of named(name, readFileSync(file, "utf8"))) {
        const id = posix.join(folder, path);
        const there = [id, `${id}.js`, `${id}.ts`].find((each) => isSource(join(root, each)));
        if (there !== undefined && !translator.test(path)) found.add(there);
      }
    }
  }
  return [...found];
}

function named(settingsName: string, text: string): string[] {
  if (settingsName.endsWith(".opts"))
    return [...text.matchAll(/^\s*(?:--require|-r)[ =](\S+)/gm)].map(([, path = ""]) => path);
  const isMocha = settingsName.startsWith(".mocharc");
  const lists = isMocha
    ? text.matchAll(/\brequire["']?:\s*(\[[^\]]*\]|(?:\n?\s*-\s*\S+)+|\S+)/g)
    : text.matchAll(/\bsetupFiles(?:AfterEnv)?["']?:\s*(\[[^\]]*\]|["'][^"']*["'])/g);
  const paths = [...lists].flatMap(([, list = ""]) => [...list.matchAll(/[\w@<][\w@<>./-]*/g)]);
  return paths.map(([path]) => path.replace(/^<rootDir>\//, ""));
}

function isSource(path: string): boolean {
  return source.test(path) && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
