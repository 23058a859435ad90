/**
 * Style as a program: the rules of the house that a formatter cannot know. `npm run tidy` prints one line for each
 * breach and exits with 1 if there is any.
 *
 *   floors      imports go down only; rooms of one floor do not know each other; a room is entered by its door
 *   cycles      no file reaches itself through imports of values (types are erased)
 *   exports     what is exported is imported somewhere (public doors excepted, and types that the file's own exports speak of)
 *   size        a file has at most 800 lines, a function at most 80 lines of code
 *   pure        floors 0-2 have no clock, chance, timer or I/O
 *   words       left-over markers
 *   docs        links and paths named in Markdown exist
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { type AnyNode, parse } from "acorn";
import { transformSync } from "oxc-transform";

const floors: Readonly<Record<string, number>> = {
  base: 0,
  protocol: 1,
  compiler: 2,
  runtime: 2,
  coordinator: 2,
  store: 3,
  platform: 3,
  server: 4,
  worker: 4,
  api: 5,
  client: 5,
  std: 6,
  cli: 7,
  dashboard: 7,
};

/** Files of a room that other rooms may import besides `index.ts`: the seams, and rooms that are lists of words. */
const doors = [
  /^src\/(base|protocol)\//,
  /\/index\.ts$/,
  /^src\/store\/store\.ts$/,
  /^src\/platform\/platform\.ts$/,
  /^src\/runtime\/types\.ts$/,
  // What a program needs of the compiler when all its modules are compiled already.
  /^src\/compiler\/(bundle|diagnostic)\.ts$/,
  /^src\/api\/plain\.ts$/,
];

/** What the package offers to others; exports of these files need no importer here. */
const publicDoors = [
  "src/cli/main.ts", // bin/continua.js
  "src/cli/plain-hooks.ts", // Node's loader
  "src/api/index.ts",
  "src/compiler/index.ts",
];

/** Files whose exports are for tests alone, or for programs that are not part of the project. */
const unread = /^examples\/|^tests\/conformance\/packages\/adapters\/|\.test\.ts$/;

const fileLinesMax = 800;
const functionLinesMax = 80;

const impure = [
  { pattern: /\bDate\.now\(|\bnew Date\(\)/, instead: "time handed in" },
  { pattern: /\bMath\.random\(/, instead: "a seeded generator handed in" },
  { pattern: /(?<![.\w"'%])(setTimeout|setInterval|setImmediate)\((?!.*\{$)/, instead: "a clock handed in" },
  { pattern: /from "node:(?!assert|util)/, instead: "a seam" },
  { pattern: /(?<![.\w"'%`])process\.\w/, instead: "a value handed in" },
];

const root = process.cwd();
const breaches: string[] = [];
const report = (file: string, line: number | undefined, text: string): void => {
  breaches.push(`${file}${line === undefined ? "" : `:${line}`}: ${text}`);
};

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
  readonly names: readonly string[];
  readonly line: number;
}
interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const sources = ["src", "tests", "scripts", "bench", "examples"]
  .flatMap((folder) => list(join(root, folder)))
  .map((path) => relative(root, path))
  .filter((path) => path.endsWith(".ts") && !path.startsWith("tests/samples/"))
  .map(readSource);
const byPath = new Map(sources.map((source) => [source.path, source]));

checkFloors();
checkCycles();
checkExports();
for (const source of sources) {
  checkSize(source);
  checkPurity(source);
  checkWords(source);
}
checkDocs();

if (breaches.length > 0) {
  console.error(breaches.sort().join("\n"));
  console.error(`tidy: ${breaches.length} to mend`);
  process.exitCode = 1;
} else {
  console.log(`tidy: ${sources.length} files in order`);
}

function list(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules" || entry.name.startsWith(".")) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? list(path) : [path];
  });
}

function readSource(path: string): Source {
  const text = readFileSync(path, "utf8");
  const imports: Import[] = [];
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s+(type\s+)?([\w*{}\s,$]*?)\s*(?:from\s*)?"(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"\s*\)/g;
  for (const match of text.matchAll(pattern)) {
    const [, type, clause = "", from, dynamic] = match;
    const target = normalize(join(dirname(path), from ?? dynamic ?? ""));
    const line = text.slice(0, match.index + 1).split("\n").length;
    const braces = /\{([^}]*)\}/.exec(clause)?.[1]?.trim();
    const typeOnly = type !== undefined || (braces !== undefined && /^(type [^,]+,?\s*)+$/.test(braces));
    imports.push({ target, names: importedNames(clause), line, typeOnly });
  }
  return { path, text, imports };
}

/** `{ a, type b as c }` → a, b; everything else uses all names. */
function importedNames(clause: string | undefined): string[] {
  const braces = clause === undefined ? undefined : /\{([^}]*)\}/.exec(clause)?.[1];
  if (braces === undefined) return ["*"];
  return braces
    .split(",")
    .map((part) => part.trim().replace(/^type\s+/, ""))
    .map((part) => part.split(/\s+as\s+/)[0] ?? "")
    .filter((name) => name !== "");
}

function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

function checkFloors(): void {
  for (const { path, imports } of sources) {
    const room = roomOf(path);
    if (room === undefined) continue;
    const floor = floors[room];
    if (floor === undefined) {
      report(path, undefined, `room "${room}" has no floor; add it to scripts/tidy.ts`);
      continue;
    }
    const isTest = /\.(test|contract)\.ts$/.test(path);
    for (const { target, line } of imports) {
      const other = roomOf(target);
      if (other === undefined || other === room || isTest) continue;
      const otherFloor = floors[other];
      if (otherFloor !== undefined && otherFloor >= floor) {
        report(
          path,
          line,
          `${room} (floor ${floor}) imports ${other} (floor ${otherFloor}); imports go down only`,
        );
      }
      if (!doors.some((door) => door.test(target))) {
        report(path, line, `imports ${target} past the door; import src/${other}/index.ts`);
      }
    }
  }
}

function checkCycles(): void {
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      report(path, undefined, `import cycle: ${[...trail.slice(at), path].join(" → ")}`);
      return;
    }
    if (done.has(path)) return;
    for (const { target, typeOnly } of byPath.get(path)?.imports ?? []) {
      if (!typeOnly) visit(target, [...trail, path]);
    }
    done.add(path);
  };
  for (const { path } of sources) visit(path, []);
}

function checkExports(): void {
  const used = new Map<string, Set<string>>();
  for (const { imports } of sources) {
    for (const { target, names } of imports) {
      const set = used.get(target) ?? new Set<string>();
      for (const name of names) set.add(name);
      used.set(target, set);
    }
  }
  for (const { path, text } of sources) {
    if (publicDoors.includes(path) || unread.test(path)) continue;
    const names = used.get(path);
    if (names?.has("*")) continue;
    for (const match of text.matchAll(
      /^export (?:abstract )?(?:async )?(?:function\*?|const|let|class|interface|type) (\w+)/gm,
    )) {
      const name = match[1] ?? "";
      const spokenOf =
        /(interface|type) \w+$/.test(match[0]) &&
        (text.match(new RegExp(`\\b${name}\\b`, "g"))?.length ?? 0) > 1;
      if (names?.has(name) || spokenOf) continue;
      report(path, text.slice(0, match.index).split("\n").length, `export "${name}" is imported nowhere`);
    }
  }
}

function checkSize({ path, text }: Source): void {
  const lines = text.split("\n").length - 1;
  if (lines > fileLinesMax) report(path, undefined, `${lines} lines; at most ${fileLinesMax}`);
  const { code, errors } = transformSync(path, text, { typescript: { onlyRemoveTypeImports: true } });
  if (errors.length > 0) return report(path, undefined, `does not parse: ${errors[0]?.message}`);
  const tree = parse(code, { ecmaVersion: "latest", sourceType: "module", locations: true });
  walk(tree, (node, name) => {
    const length = (node.loc?.end.line ?? 0) - (node.loc?.start.line ?? 0) + 1;
    if (length > functionLinesMax && !path.endsWith(".test.ts")) {
      report(path, undefined, `function ${name} has ${length} lines of code; at most ${functionLinesMax}`);
    }
  });
}

function walk(node: AnyNode, visit: (node: AnyNode, name: string) => void, name = "(anonymous)"): void {
  if (/Function/.test(node.type))
    visit(node, ("id" in node && node.id && "name" in node.id ? node.id.name : name) as string);
  for (const [key, child] of Object.entries(node)) {
    const named =
      "key" in node && "name" in (node.key as object)
        ? (node.key as { name: string }).name
        : "id" in node && node.id
          ? ((node.id as { name?: string }).name ?? name)
          : name;
    if (key === "loc") continue;
    for (const part of Array.isArray(child) ? child : [child]) {
      if (part !== null && typeof part === "object" && typeof part.type === "string")
        walk(part as AnyNode, visit, named);
    }
  }
}

function checkPurity({ path, text }: Source): void {
  const floor = floors[roomOf(path) ?? ""];
  if (floor === undefined || floor > 2 || /(\.test|\/fixture)\.ts$/.test(path)) return;
  withoutComments(text).forEach((line, index) => {
    for (const { pattern, instead } of impure) {
      const found = pattern.exec(line);
      if (found !== null) report(path, index + 1, `floor ${floor} is pure: \`${found[0]}\` needs ${instead}`);
    }
  });
}

function withoutComments(text: string): string[] {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "))
    .split("\n")
    .map((line) => line.replace(/\/\/.*$/, ""));
}

function checkWords({ path, text }: Source): void {
  if (path === "scripts/tidy.ts") return;
  text.split("\n").forEach((line, index) => {
    const found = /\b(TODO|FIXME|XXX|HACK)\b/.exec(line);
    if (found !== null)
      report(path, index + 1, `"${found[0]}": do it, or say in docs/internals/left-out.md why not`);
  });
}

function checkDocs(): void {
  const pages = [
    ...readdirSync(root).filter((name) => name.endsWith(".md")),
    ...list(join(root, "docs")),
    ...list(join(root, "examples")),
  ]
    .map((path) => (path.startsWith("/") ? relative(root, path) : path))
    .filter((path) => path.endsWith(".md"));
  for (const page of pages) {
    const text = readFileSync(page, "utf8");
    text.split("\n").forEach((line, index) => {
      for (const match of line.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)) {
        if (!existsSync(join(dirname(page), match[1] ?? "")))
          report(page, index + 1, `link to ${match[1]}: not there`);
      }
      for (const match of line.matchAll(/`((?:src|docs|tests|scripts|bench|examples)\/[\w./-]*)`/g)) {
        if (!existsSync(match[1] ?? "")) report(page, index + 1, `names ${match[1]}: not there`);
      }
    });
  }
  if (!statSync("README.md", { throwIfNoEntry: false })) report("README.md", undefined, "not there");
}
