/** Which files of a test262 checkout are run, and what their front matter asks for. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Test {
  /** Below `test/`, with `/`. */
  readonly path: string;
  readonly source: string;
  readonly flags: readonly string[];
  readonly features: readonly string[];
  readonly includes: readonly string[];
  readonly negative: { readonly phase: string; readonly type: string } | null;
}

const under = (folder: string, names: string): string[] =>
  names.split(" ").map((name) => `${folder}/${name}/`);

/** Suspension itself, and what it lives in. */
const tierA = [
  ...under(
    "language/expressions",
    "async-function async-arrow-function await async-generator generators yield class object",
  ),
  ...under("language/statements", "async-function async-generator await-using class for-await-of generators"),
  ...under("language", "module-code/top-level-await arguments-object"),
  ...under(
    "built-ins",
    "AsyncFunction AsyncGeneratorFunction GeneratorFunction AsyncGeneratorPrototype GeneratorPrototype AsyncFromSyncIteratorPrototype AsyncIteratorPrototype",
  ),
];
/** Structure: the statements and expressions round a suspension. */
const tierB = [
  ...under(
    "language/statements",
    "try for-of for for-in switch labeled break continue while do-while if return throw block let const variable using function",
  ),
  ...under(
    "language/expressions",
    "assignment compound-assignment logical-assignment optional-chaining coalesce call new super new.target template-literal tagged-template conditional array delete typeof arrow-function function",
  ),
  ...under(
    "language",
    "destructuring rest-parameters block-scope function-code computed-property-names identifier-resolution",
  ),
];
/** Objects of the runtime. */
const tierC = under("built-ins", "Promise Array/fromAsync DisposableStack AsyncDisposableStack Iterator");

export const tiers: Readonly<Record<string, readonly string[]>> = { A: tierA, B: tierB, C: tierC };

/** Paths below `test/` that match `only`, a glob (`*` within a name, `**` across names, `{a,b}`) or the beginning of a path; or those in `folders`. */
export function collect(test262: string, folders: readonly string[], only: string | undefined): string[] {
  const root = join(test262, "test");
  const pattern = only === undefined ? undefined : globPattern(only);
  const starts = only === undefined ? folders : [only.replace(/[*?{].*$/, "")];
  const paths: string[] = [];
  for (const start of starts) {
    const folder = start.replace(/[^/]*$/, "");
    if (!existsSync(join(root, folder))) continue;
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
      const path = `${folder}${name}`;
      if (!path.endsWith(".js") || path.includes("_FIXTURE")) continue;
      if (pattern === undefined || pattern.test(path)) paths.push(path);
    }
  }
  return [...new Set(paths)].sort();
}

/** A number that a path always has, for samples. */
export function hashOf(path: string): number {
  let hash = 7;
  for (let at = 0; at < path.length; at += 1) hash = (Math.imul(hash, 31) + path.charCodeAt(at)) >>> 0;
  return hash >>> 3;
}

function globPattern(glob: string): RegExp {
  const text = glob.replace(/\*\*|[.+^${}()|[\]\\*?,]/g, (sign) => {
    const meant: Record<string, string> = {
      "**": ".*",
      "*": "[^/]*",
      "?": "[^/]",
      "{": "(?:",
      "}": ")",
      ",": "|",
    };
    return meant[sign] ?? `\\${sign}`;
  });
  return new RegExp(`^${text}`);
}

export function readTest(test262: string, path: string): Test {
  const source = readFileSync(join(test262, "test", path), "utf8");
  const front = /\/\*---([\s\S]*?)---\*\//.exec(source)?.[1]?.replaceAll("\r", "\n") ?? "";
  const negative = /^negative:\s*\n((?:[ \t]+.*\n?)+)/m.exec(front)?.[1];
  return {
    path,
    source,
    flags: list(front, "flags"),
    features: list(front, "features"),
    includes: list(front, "includes"),
    negative:
      negative === undefined
        ? null
        : {
            phase: /phase:\s*(\w+)/.exec(negative)?.[1] ?? "",
            type: /type:\s*(\w+)/.exec(negative)?.[1] ?? "",
          },
  };
}

function list(front: string, key: string): string[] {
  const inline = new RegExp(`^${key}:\\s*\\[([^\\]]*)\\]`, "m").exec(front)?.[1];
  if (inline !== undefined)
    return inline
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
  const block = new RegExp(`^${key}:\\s*\\n((?:\\s*-.*\\n?)+)`, "m").exec(front)?.[1] ?? "";
  return [...block.matchAll(/-\s*(\S+)/g)].map((match) => match[1]!);
}

const excludedFeatures = new Set([
  ...[
    "source-phase-imports",
    "source-phase-imports-module-source",
    "import-defer",
    "import-bytes",
    "import-text",
  ],
  ...[
    "decorators",
    "ShadowRealm",
    "tail-call-optimization",
    "IsHTMLDDA",
    "cross-realm",
    "Temporal",
    "json-modules",
  ],
]);
const excludedFolders =
  /^(annexB|intl402|staging|language\/(eval-code|statements\/with|literals|white-space|comments))\//;

/** Why a test is not run at all; `undefined` if it is. */
export function reasonToSkip(test: Test): string | undefined {
  if (excludedFolders.test(test.path)) return "folder";
  const feature = test.features.find((each) => excludedFeatures.has(each));
  if (feature !== undefined) return `feature ${feature}`;
  if (test.flags.includes("noStrict")) return "sloppy: compiled code is strict";
  if (test.flags.includes("raw") && test.negative === null) return "raw";
  if (test.negative !== null) return undefined;
  if (/-forbidden-ext[-/]|forbidden-ext\//.test(test.path)) return "forbidden extensions of functions";
  if (/\$262\.(agent|createRealm)/.test(test.source)) return "agents and realms";
  if (test.includes.includes("nativeFunctionMatcher.js")) return "text of functions";
  if (/(?<![\w.])(Async|Generator|AsyncGenerator)?Function\(/.test(withoutComments(test.source)))
    return "code from text";
  return undefined;
}

export function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
}
