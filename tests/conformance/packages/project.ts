/**
 * A test file and all that it imports as one program: the package, its tests, its dependencies and the adapters of the test runners are compiled;
 * what is part of Node stays foreign.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, extname, join, posix, relative, resolve as resolvePath } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type AnyNode, parse } from "acorn";
import { resolve as resolveModule } from "import-meta-resolve";
import { transformSync } from "oxc-transform";
import { bundle, formatDiagnostic } from "../../../src/compiler/index.ts";
import type { Bundle, ModuleLink } from "../../../src/protocol/bundle.ts";
import { edited, injectedTests } from "../prepare.ts";
import { evalCalls, importedModule, readCommonJs, requiredMark, requiredModule } from "./commonjs.ts";
import { setupsOf } from "./setups.ts";

/** Where the compiled adapters stand. */
const adaptersFolder = fileURLToPath(new URL("./adapters/", import.meta.url));
const adapterPrefix = "(adapters)/";

/** What is imported under these names is an adapter. */
const adapters: Readonly<Record<string, string>> = {
  ava: "ava",
  "node:test": "node-test",
  test: "node-test",
  mocha: "mocha",
  vitest: "vitest",
  "@jest/globals": "jest",
  "bun:test": "jest",
  uvu: "uvu",
  "uvu/assert": "uvu-assert",
  tape: "tap",
  tap: "tap",
  assert: "assert-loose",
  "node:assert": "assert-loose",
  "assert/strict": "assert-strict",
  "node:assert/strict": "assert-strict",
  "@sinonjs/fake-timers": "fake-timers",
  "timers/promises": "timers-promises",
  "node:timers/promises": "timers-promises",
};

/** What runners provide without an import, and the adapter that has it. */
const globals: readonly (readonly [string, readonly string[]])[] = [
  [
    "mocha",
    [
      ...[
        "describe",
        "it",
        "test",
        "suite",
        "context",
        "specify",
        "before",
        "after",
        "beforeAll",
        "afterAll",
      ],
      ...[
        "beforeEach",
        "afterEach",
        "setup",
        "teardown",
        "suiteSetup",
        "suiteTeardown",
        "xit",
        "xtest",
        "xdescribe",
      ],
    ],
  ],
  ["expect", ["expect", "jest", "vi", "expectTypeOf", "assertType"]],
  ["qunit", ["QUnit"]],
];

/** Names of packages that run tests, check code or build: the adapters take the place of the first, and the others are not needed. */
export function isAdapted(name: string): boolean {
  return Object.hasOwn(adapters, name);
}

/** The package whose tests these are. */
export interface Own {
  /** Holds `checkout/` and `node_modules/`. */
  readonly root: string;
  readonly name: string;
  /** The folder of the package below `root`: the checkout, or a part of one that holds several packages. */
  readonly home: string;
}

/** They only compare, and hold what cannot be written down in variables of their modules: they stay foreign. */
const checkers = ["chai", "sinon", "sinon-chai", "chai-as-promised", "should", "expect.js", "power-assert"];

export interface Refusal {
  readonly refused: string;
}

const sourceKinds = /\.[cm]?[jt]sx?$/;

/** Files that look like tests, below the package's folder. */
export function findTests(checkout: string): string[] {
  const skipped =
    /(^|\/)(node_modules|\.git|fixtures?|helpers?|examples?|bench(marks?)?|dist|types?|test-d)(\/|$)/;
  const files = (readdirSync(checkout, { recursive: true }) as string[])
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => sourceKinds.test(path) && !/\.d\.[cm]?ts$/.test(path) && !/\.test-d\./.test(path))
    .filter(
      (path) =>
        !skipped.test(dirname(path)) || (/(^|\/)(test|tests|__tests__)\//.test(path) && !skipped.test(path)),
    );
  const isTest =
    /(^|\/)(tests?|specs?|__tests__)\/|(^|[./-])(test|spec|tests)\.[cm]?[jt]sx?$|(^|\/)test-[^/]*$/;
  const isMeasured = /(^|[./-])(bench(mark)?s?|perf(ormance)?)[.-][^/]*$/;
  return files
    .filter((path) => isTest.test(path) && !isMeasured.test(path) && registers(join(checkout, path)))
    .sort();
}

/** Whether a file mentions a runner. */
function registers(path: string): boolean {
  const text = readFileSync(path, "utf8");
  const runner = /["'](ava|node:test|test|mocha|vitest|@jest\/globals|bun:test|tape|tap|uvu)["']/.test(text);
  return runner || /^\s*(describe|it|test|suite|QUnit\.(module|test))(\.\w+)?\(/m.test(text);
}

/** The files of tests, and what is loaded before them. */
export function testsAndSetups(own: Own): string[] {
  const base = join(own.root, own.home);
  const setups = setupsOf(own.root, [own.home]).map((file) => join(own.root, file));
  return [...findTests(base).map((file) => join(base, file)), ...setups];
}

/** Names of the packages that some files, and what they import of the checkout, import. */
export function importedBy(own: Own, files: readonly string[]): Set<string> {
  const found = new Set<string>();
  const pending = [...files];
  const seen = new Set(pending);
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    const text = readFileSync(file, "utf8");
    for (const [, specifier = ""] of text.matchAll(
      /(?:from|import|require|import\()\s*\(?\s*["']([^"'\n]+)["']/g,
    )) {
      if (isBuiltin(specifier) || isAdapted(specifier)) continue;
      const path = localFile(own, specifier, file);
      if (path === undefined && isRelative(specifier)) {
        // A build would have made it: what is published has been built.
        found.add(own.name);
      } else if (path === undefined) {
        const name = /^(@[\w.-]+\/)?[\w-][\w.-]*(?=\/|$)/.exec(specifier)?.[0];
        if (name !== undefined) found.add(name);
      } else if (sourceKinds.test(path) && !seen.has(path)) {
        seen.add(path);
        pending.push(path);
      }
    }
  }
  return found;
}

/** Undefined: a package. */
function localFile(own: Own, specifier: string, from: string): string | undefined {
  try {
    if (isRelative(specifier)) return resolveFile(own, specifier, from);
    return sourceUnderName(specifier, own);
  } catch {
    return undefined;
  }
}

const isRelative = (specifier: string): boolean => /^\.{0,2}\//.test(specifier) || /^\.\.?$/.test(specifier);

const entryId = "(conformance).js";

/** `test`: its path below the package. */
export async function bundleTest(
  own: Own,
  test: string,
  foreign: readonly string[],
  { inject = false, isProgram = false }: { readonly inject?: boolean; readonly isProgram?: boolean } = {},
): Promise<Bundle | Refusal> {
  const { root, home } = own;
  const file = posix.join(home, test);
  const place = JSON.stringify(`./${file}`);
  const setups = setupsOf(root, [...new Set([home, "checkout"])])
    .map((path) => `import ${JSON.stringify(`./${path}`)}; `)
    .join("");
  const entry = isProgram
    ? `import { add, runAll } from "${adapterPrefix}suite.js"; add("(the program)", () => import(${place})); export default (input) => runAll(input);`
    : `import { runAll } from "${adapterPrefix}suite.js"; ${setups}import ${place}; export default (input) => runAll(input);`;
  const texts = new Map<string, string>([[entryId, entry]]);
  const read = async (id: string): Promise<string> => {
    const known =
      texts.get(id) ?? (inject && id === file ? awaiting(sourceOf(own, id), id) : sourceOf(own, id));
    texts.set(id, known);
    return known;
  };
  try {
    const { bundle: made, diagnostics } = await bundle(
      entryId,
      {
        read,
        resolve: async (specifier, from) => resolveFrom(own, specifier, from, foreign),
        hash: (text) => createHash("sha256").update(text).digest("hex"),
      },
      { root, nodeMajor: Number(process.versions.node.split(".")[0]), ownRealm: true },
    );
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    if (made !== undefined && errors.length === 0) return made;
    return { refused: errors.map((each) => formatDiagnostic(each, texts.get(each.id))).join("\n") };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

function sourceOf(own: Own, id: string): string {
  if (id.startsWith(adapterPrefix))
    return readFileSync(join(adaptersFolder, id.slice(adapterPrefix.length)), "utf8");
  const path = join(own.root, id);
  const required = path.endsWith(requiredMark) ? path.slice(0, -requiredMark.length) : undefined;
  const text = readFileSync(required ?? path, "utf8");
  const isOwn = !id.includes("node_modules/");
  if (required !== undefined) {
    const exists = (name: string): boolean => isThere(own, name, id);
    return requiredModule(readCommonJs(text)!, exists, isOwn ? globalsHead(text) : "");
  }
  if (!sourceKinds.test(id)) return text;
  if (isCommonJs(path, text)) return importedModule(readCommonJs(text)!, requiredMark);
  return isOwn
    ? withFolder(withGlobals(withDefaults(own, id, withCalls(withoutTypes(own, id, withIndirectEval(text))))))
    : text;
}

/** Of what TypeScript imports and exports from a file, types go: the text of the other file says which those are. */
function withoutTypes(own: Own, id: string, text: string): string {
  if (!/\.[cm]?tsx?$/.test(id)) return text;
  return text.replaceAll(
    /\b(import|export)\s+((?:\w+\s*,\s*)?)\{([^{}]*)\}\s*from\s*(["'])(\.[^"']*)\4/g,
    (found, kind: string, first: string, names: string, quote: string, specifier: string) => {
      const path = localFile(own, specifier, join(own.root, id));
      if (path === undefined || !/\.[cm]?tsx?$/.test(path)) return found;
      const kept = names.split(",").filter((each) => !isTypeIn(own, path, each.trim().split(/\s+as\s+/)[0]!));
      if (kept.length === names.split(",").length) return found;
      // Lines keep their numbers.
      const lines = "\n".repeat(found.split("\n").length - 1);
      return `${kind} ${first}{${kept.join(",").replaceAll("\n", " ")}} from ${quote}${specifier}${quote}${lines}`;
    },
  );
}

function isTypeIn(own: Own, path: string, name: string): boolean {
  if (!/^\w+$/.test(name)) return false;
  const kinds = declarationsOf(own, path, name, new Set());
  return kinds.has("type") && !kinds.has("value");
}

/** What a name is in a file, and in those that it exports whole. */
function declarationsOf(own: Own, path: string, name: string, seen: Set<string>): Set<"type" | "value"> {
  const found = new Set<"type" | "value">();
  if (seen.has(path)) return found;
  seen.add(path);
  const text = readFileSync(path, "utf8");
  const declared = (kinds: string): boolean =>
    new RegExp(`^\\s*(export\\s+)?(declare\\s+)?(${kinds})\\s+${name}\\b`, "m").test(text);
  if (declared("type|interface")) found.add("type");
  if (declared("const|let|var|(async\\s+)?function\\*?|(abstract\\s+)?class|(const\\s+)?enum|namespace"))
    found.add("value");
  for (const [, specifier = ""] of text.matchAll(/^\s*export\s+\*\s+from\s*["'](\.[^"']*)["']/gm)) {
    const other = localFile(own, specifier, path);
    if (other !== undefined) for (const kind of declarationsOf(own, other, name, seen)) found.add(kind);
  }
  return found;
}

/** Names that a CommonJS package makes when it runs are properties of its default export, as for builders. */
function withDefaults(own: Own, id: string, source: string): string {
  let count = 0;
  const text = source.replaceAll(
    /^import\s+(?:(\w+)\s*,\s*)?\{([^{}]*)\}\s*from\s*(["'])([^."'][^"']*)\3;?/gm,
    (found, first: string | undefined, names: string, _quote, specifier: string) => {
      if (isBuiltin(specifier) || isAdapted(specifier) || specifier.startsWith("(")) return found;
      if (!isCommonJsPackage(own, specifier, id)) return found;
      const all = first ?? `$default${++count}`;
      const kept = names.split(",").filter((each) => each.trim() !== "" && !/^\s*type\s/.test(each));
      const parts = kept.map((each) => each.trim().replace(/\s+as\s+/, ": ")).join(", ");
      const lines = "\n".repeat(found.split("\n").length - 1);
      return `import ${all} from ${JSON.stringify(specifier)}; const { ${parts} } = ${all};${lines}`;
    },
  );
  return text.replaceAll(
    /^import\s+\*\s+as\s+(\w+)\s+from\s*(["'])([^."'][^"']*)\2;?/gm,
    (found, name: string, _quote, specifier: string) => {
      if (isBuiltin(specifier) || isAdapted(specifier) || specifier.startsWith("(")) return found;
      if (!isCommonJsPackage(own, specifier, id)) return found;
      const whole = `$default${++count}`;
      return `import ${whole} from ${JSON.stringify(specifier)}; const ${name} = { ...${whole}, default: ${whole} };`;
    },
  );
}

function isCommonJsPackage(own: Own, specifier: string, from: string): boolean {
  try {
    const path = resolveFile(own, specifier, join(own.root, from));
    return sourceKinds.test(path) && isCommonJs(path, readFileSync(path, "utf8"));
  } catch {
    return false;
  }
}

function isThere(own: Own, specifier: string, from: string): boolean {
  try {
    resolveFrom(own, specifier, from, []);
    return true;
  } catch {
    return false;
  }
}

/** Types have to go first, to find the tests. */
function awaiting(text: string, id: string): string {
  const head = `import { stop as $stop } from "${adapterPrefix}suite.js"; `;
  return (
    head + injectedTests(/\.[cm]?tsx?$/.test(id) ? transformSync(id, text).code : text, "await $stop(); ")
  );
}

/** Compiled code has no direct `eval`; helpers of tests evaluate what needs none of their variables. */
function withIndirectEval(text: string): string {
  if (!/(?<![.\w$])eval\(/.test(text)) return text;
  let program: AnyNode;
  try {
    program = parse(text, { ecmaVersion: "latest", sourceType: "module", allowHashBang: true });
  } catch {
    return text;
  }
  return edited(text, evalCalls(program));
}

/** `import * as assert` of what is then called: TypeScript means the CommonJS module itself by it. */
function withCalls(text: string): string {
  return text.replaceAll(/import \* as (\w+) from/g, (found, name: string) =>
    new RegExp(`(?<![.\\w])${name}\\(`).test(text) ? `import ${name} from` : found,
  );
}

/** Runners give tests the names that CommonJS has. */
function withFolder(text: string): string {
  const used = (["dirname", "filename"] as const).filter(
    (name) => text.includes(`__${name}`) && !new RegExp(`(const|let|var) __${name}\\b`).test(text),
  );
  const folder = used.map((name) => `const __${name} = import.meta.${name}; `).join("");
  const requires = /(?<![.\w"'`])require\(/.test(text) && !declares(text, "require");
  return requires
    ? `import { createRequire as $createRequire } from "node:module"; const require = $createRequire(import.meta.url); ${folder}${text}`
    : folder + text;
}

/** The runner's globals become imports, on the first line, so that lines keep their numbers. */
function withGlobals(text: string): string {
  const head = globalsHead(text);
  return head === "" ? text : text.startsWith("#!") ? text.replace("\n", `\n${head}`) : head + text;
}

/** Titles of tests are full of words. */
function declares(text: string, name: string): boolean {
  const declared = `^(export\\s+)?(const|let|var|function\\*?|class|async\\s+function)\\b[^;()=\\n"'\`]*\\b${name}\\b`;
  const imported = `^import\\b[^;()"'\`]*\\b${name}\\b[^;()"'\`]*\\bfrom\\b`;
  return new RegExp(`${declared}|${imported}`, "m").test(text);
}

function globalsHead(text: string): string {
  let head = "";
  for (const [adapter, names] of globals) {
    const used = names.filter(
      (name) =>
        new RegExp(
          // Called, or handed on: `(later ? it.skip : it)(title, ...)`.
          `(?<![.\\w"'])${name}(\\.\\w+)*\\(|[?:=(]\\s*${name}(\\.\\w+)?\\s*[):,;]`,
        ).test(text) && !declares(text, name),
    );
    if (used.length > 0) head += `import { ${used.join(", ")} } from "${adapterPrefix}${adapter}.js"; `;
  }
  return head;
}

/** By its name, else by its package, else by its text. */
function isCommonJs(path: string, text: string): boolean {
  const extension = extname(path);
  if (extension === ".cjs") return true;
  if (extension !== ".js" || packageType(path) === "module") return false;
  const isModule = /^\s*(import(\s*["'{*]|\s+\w)|export(\s*[{*]|\s+\w))/m.test(text);
  return !isModule;
}

function packageType(path: string): string | undefined {
  for (let folder = dirname(path); dirname(folder) !== folder; folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (existsSync(file)) return (JSON.parse(readFileSync(file, "utf8")) as { type?: string }).type;
  }
  return undefined;
}

function resolveFrom(own: Own, specifier: string, from: string, foreign: readonly string[]): ModuleLink {
  if (Object.hasOwn(adapters, specifier) && !from.startsWith(adapterPrefix)) {
    return { kind: "compiled", id: `${adapterPrefix}${adapters[specifier]}.js` };
  }
  if (specifier.startsWith(adapterPrefix)) return { kind: "compiled", id: specifier };
  if (from.startsWith(adapterPrefix) && specifier.startsWith("./"))
    return { kind: "compiled", id: adapterPrefix + specifier.slice(2) };
  if (isBuiltin(specifier) || specifier === "continua:conformance")
    return { kind: "foreign", name: specifier };
  if (specifier === requiredMark) return { kind: "compiled", id: from + requiredMark };
  const { root } = own;
  const path = resolveFile(own, specifier, join(root, from));
  const id = relative(root, path).replaceAll("\\", "/");
  const foreignLink = { kind: "foreign", name: specifier, path: id } as const;
  const left = [...foreign, ...checkers].some(
    (name) => specifier === name || specifier.startsWith(`${name}/`),
  );
  if (left) return foreignLink;
  if (path.endsWith(".json")) return { kind: "compiled", id };
  if (!sourceKinds.test(path)) return foreignLink;
  const text = readFileSync(path, "utf8");
  if (!isCommonJs(path, text)) return { kind: "compiled", id };
  if (readCommonJs(text) === undefined) return foreignLink;
  // Modules that require each other go round who imports them.
  return { kind: "compiled", id: from.endsWith(requiredMark) ? id + requiredMark : id };
}

function resolveFile(own: Own, specifier: string, from: string): string {
  if (!isRelative(specifier)) {
    // Of the same commit as the package, which may be ahead of what is published.
    const beside = specifier.startsWith(own.name) ? undefined : sourceUnderName(specifier, own);
    if (beside !== undefined) return beside;
    try {
      const found = fileURLToPath(resolveModule(specifier, pathToFileURL(from).href));
      return existsSync(found) ? found : sourceOfBuilt(found, own);
    } catch (error) {
      const source = sourceUnderName(specifier, own) ?? required(specifier, from);
      if (source !== undefined) return source;
      throw new Error(`"${specifier}" is not there: ${(error as Error).message}`);
    }
  }
  const path = resolvePath(dirname(from), specifier);
  return fileAt(path) ?? sourceOfBuilt(mainOf(path) ?? path, own);
}

/** What a folder with a manifest would be, if it were built. */
function mainOf(folder: string): string | undefined {
  const file = join(folder, "package.json");
  if (!existsSync(file)) return undefined;
  const { main } = JSON.parse(readFileSync(file, "utf8")) as { readonly main?: string };
  return main === undefined ? undefined : join(folder, main);
}

/** What `require` finds, which need not name a file's kind. */
function required(specifier: string, from: string): string | undefined {
  try {
    return createRequire(pathToFileURL(from)).resolve(specifier);
  } catch {
    return undefined;
  }
}

/** Tests import the package by its name, and others of its repository by theirs; what that leads to is often built. */
function sourceUnderName(specifier: string, own: Own): string | undefined {
  const [name = ""] = /^(@[^/]+\/)?[^/]+/.exec(specifier) ?? [];
  const home = name === own.name ? own.home : foldersOf(own).get(name);
  if (home === undefined) return undefined;
  const { root } = own;
  const rest = specifier.slice(name.length + 1);
  const told = exportOf(join(root, home), rest);
  if (told !== undefined) {
    const path = join(root, home, told);
    const found = fileAt(path) ?? builtFrom(path, { root, name, home });
    if (found !== undefined) return found;
  }
  const places = sourceFolders.map((folder) => join(root, home, folder, rest));
  return [...places, join(root, home, rest)].map(fileAt).find((found) => found !== undefined);
}

const repositories = new Map<string, ReadonlyMap<string, string>>();

/** Packages of the repository, each with its folder below `root`. */
function foldersOf({ root }: Own): ReadonlyMap<string, string> {
  const known = repositories.get(root);
  if (known !== undefined) return known;
  const found = new Map<string, string>();
  const checkout = join(root, "checkout");
  const paths = existsSync(checkout) ? (readdirSync(checkout, { recursive: true }) as string[]) : [];
  for (const path of paths) {
    if (!/(^|[\\/])package\.json$/.test(path) || /(^|[\\/])node_modules[\\/]/.test(path)) continue;
    const { name } = JSON.parse(readFileSync(join(checkout, path), "utf8")) as { name?: string };
    if (name !== undefined && !found.has(name)) found.set(name, posix.join("checkout", dirname(path)));
  }
  repositories.set(root, found);
  return found;
}

/** The file that a manifest's `exports` name for a part of the package, for Node and `import`. */
function exportOf(folder: string, rest: string): string | undefined {
  const file = join(folder, "package.json");
  if (!existsSync(file)) return undefined;
  const { exports } = JSON.parse(readFileSync(file, "utf8")) as { exports?: unknown };
  let at: unknown = exports;
  const key = rest === "" ? "." : `./${rest}`;
  if (typeof at === "object" && at !== null && key in at) at = (at as Record<string, unknown>)[key];
  else if (rest !== "") return undefined;
  while (typeof at === "object" && at !== null) {
    const each = at as Record<string, unknown>;
    at = each["node"] ?? each["import"] ?? each["module"] ?? each["default"] ?? each["require"];
  }
  return typeof at === "string" ? at : undefined;
}

function builtFrom(path: string, own: Own): string | undefined {
  try {
    return sourceOfBuilt(path, own);
  } catch {
    return undefined;
  }
}

function fileAt(path: string): string | undefined {
  const found = candidates(path).find((each) => statSync(each, { throwIfNoEntry: false })?.isFile());
  if (found !== undefined || !existsSync(join(path, "package.json"))) return found;
  const { source, main } = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as {
    readonly source?: string;
    readonly main?: string;
  };
  return [source, main]
    .filter((each) => typeof each === "string")
    .map((each) => fileAt(join(path, each)))
    .find((each) => each !== undefined);
}

function candidates(path: string): string[] {
  const typed = path.replace(/\.([cm]?)js(x?)$/, ".$1ts$2");
  // Builders write `.mjs` and `.cjs` of `.ts`, too.
  const plain = path.replace(/\.[cm]js$/, "");
  const sources = plain === path ? [] : [".ts", ".tsx", ".js"].map((extension) => plain + extension);
  const more = [".ts", ".tsx", ".mts", ".js", ".mjs", ".cjs", ".json"].map((extension) => path + extension);
  return [
    path,
    typed,
    `${typed}x`,
    ...sources,
    ...more,
    ...[".ts", ".js", ".mjs"].map((extension) => join(path, `index${extension}`)),
  ];
}

const sourceFolders = ["src", "source", "lib"];

/** `marked.esm.js` is made of `marked.ts`. */
function plainly(path: string): string {
  return path.replace(/\.(esm|cjs|umd|min|module|common|browser|node)(?=\.)/g, "");
}

/** What a build would have made out of the sources: tests often import that. */
function sourceOfBuilt(path: string, { root, home, name }: Own): string {
  const base = join(root, home);
  const inside = `${path}/`.startsWith(`${base}/`) ? path.slice(base.length + 1) : undefined;
  const built = /^(.*?)\/(dist|lib|build|out|es6|mjs)\/(.*)$/.exec(path.slice(root.length));
  const places: [folder: string, rest: string][] = [];
  if (built !== null) places.push([`${root}${built[1]}`, built[3]!]);
  if (inside !== undefined) places.push([base, inside]);
  for (const [before, rest] of places) {
    for (const folder of sourceFolders) {
      // The parts of the built path, from the longest to the bare name of the file.
      for (let part = rest; ; part = part.slice(part.indexOf("/") + 1)) {
        // `merge/index.mjs` may be made of `merge.js`.
        const names = [part, plainly(part), part.replace(/\/index\.\w+$/, "")];
        const found = names
          .map((name) => fileAt(`${before}/${folder}/${name}`))
          .find((each) => each !== undefined);
        if (found !== undefined) return found;
        if (!part.includes("/")) break;
      }
    }
  }
  // All of a package in one file.
  const wholes = [
    ...(built === null ? [] : [`${root}${built[1]}`]),
    ...(built !== null || inside === "" ? [base] : []),
  ];
  const whole = wholes.map((folder) => fileAt(join(folder, "src/index"))).find((each) => each !== undefined);
  if (whole !== undefined) return whole;
  const published = inside === undefined ? undefined : fileAt(join(root, "node_modules", name, inside));
  if (published !== undefined) return published;
  throw new Error(
    `there is no ${path}; does the package have to be built? Build it and give its folder as --from DIR`,
  );
}
