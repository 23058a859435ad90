/**
 * A program of several modules (modules.ts): `m1.js` and so on export what they have, `hub.js` hands some of it on, helpers stand in modules of their own, and
 * the entry runs. Who imports what from whom, and how, is drawn for each pair.
 *
 * D1. What a module does while it is evaluated depends only on modules that are evaluated before it; in a circle of imports others are reached by functions.
 * D2. What `import()` names is loaded while nothing else runs (`lazy`): how many ticks that takes is an engine's own business.
 */
import { foreignImports, framed, helpers, mentions, neededBy, shared } from "./helpers.ts";
import { type Imported, outermost, type Place, type Writer } from "./writer.ts";

/** Statements within an export, fewer than in a statement of the entry. */
const room = 4;

interface Shape {
  readonly number: number;
  readonly file: string;
  /** Names that it exports, by what they are. */
  readonly names: Readonly<
    Record<"value" | "setter" | "later" | "async", string> &
      Partial<Record<"generator" | "asyncGenerator" | "class", string>>
  >;
  readonly byDefault: "async" | "sync" | "class" | undefined;
  readonly isLazy: boolean;
}

/** What a module imports, and how it names it. */
interface Imports {
  readonly lines: string[];
  readonly found: Imported[];
}

/** Of every module that mentions it one, since it is assigned to. */
const own: ReadonlySet<string> = new Set(["chain"]);

export function dividedProgram(w: Writer): string {
  const circular = w.rarely(2);
  const shapes = Array.from({ length: 1 + w.next(2) }, (_, index) => shapeOf(w, index + 1));
  const eager = shapes.filter(({ isLazy }) => !isLazy);
  const hub = hubOf(eager);
  const modules = new Map<string, string>();
  for (const shape of shapes) {
    const others = eager.filter(
      (each) => each !== shape && (circular || shape.isLazy || each.number < shape.number),
    );
    const base = shape.isLazy || !circular ? others : [];
    const imports = importsOf(
      w,
      others.filter(() => w.rarely(2)),
      shape.isLazy,
    );
    if (circular && !shape.isLazy && w.rarely(2)) {
      imports.lines.push('import { a, b as second } from "./program.js";');
      imports.found.push(
        { kind: "value", text: "a", value: "a" },
        { kind: "value", text: "second", value: "b" },
      );
    }
    modules.set(shape.file, `${imports.lines.join("\n")}\n${bodyOf(w, shape, imports, base)}`);
  }
  const imports = importsOf(w, eager, true);
  for (const { file, names } of shapes)
    if (w.rarely(2)) imports.found.push({ kind: "lazy", text: `./${file}`, value: names.value });
  const run = w.beside(room, ["a", "b", "c"], imports.found, () => w.outermost(outermost, 4));
  const [release, end] = framed(true);
  const entry = `${imports.lines.join("\n")}\nlet a = 1, b = 2, c = 0;\nconst run = async () => {\n${run}\n};\nexport { a, b, c };\nexport default async function main() {\n${release}${end}\n}\n`;
  if (hub !== "") modules.set("hub.js", hub);
  return joined(w, entry, modules);
}

/** All modules, with those of the helpers and the imports of these. */
function joined(w: Writer, entry: string, modules: ReadonlyMap<string, string>): string {
  const known: Record<string, string> = { ...helpers, ...shared };
  const needed = neededBy([entry, ...modules.values()].join("\n"), known);
  const homes = new Map(
    needed.filter((name) => !own.has(name)).map((name) => [name, w.pick(["h1.js", "h2.js"])]),
  );
  homes.set("log", "trace.js");
  const files = new Map([...modules, ["trace.js", trace]]);
  for (const file of new Set(homes.values())) {
    if (file === "trace.js") continue;
    const names = [...homes.keys()].filter((name) => homes.get(name) === file);
    files.set(file, `${names.map((name) => known[name]).join("\n")}\nexport { ${names.join(", ")} };\n`);
  }
  const withImports = (file: string, text: string): string => {
    const wanted = [...homes].filter(([name, home]) => home !== file && mentions(text, name));
    const lines = [...new Set(wanted.map(([, home]) => home))].map(
      (home) =>
        `import { ${wanted
          .filter((each) => each[1] === home)
          .map(([name]) => name)
          .join(", ")} } from "./${home}";\n`,
    );
    const chain = mentions(text, "chain") ? `${helpers["chain"]}\n` : "";
    return `${foreignImports(text)}${file === "trace.js" ? "" : lines.join("")}${chain}${text}`;
  };
  const rest = [...files].map(([file, text]) => `//// ${file}\n${withImports(file, text)}`);
  return `${withImports("program.js", entry)}${rest.join("\n")}`;
}

const trace = 'import { print } from "fuzz:trace";\nexport const log = (...values) => print(values);\n';

function shapeOf(w: Writer, number: number): Shape {
  return {
    number,
    file: `m${number}.js`,
    names: {
      value: `x${number}`,
      setter: `set${number}`,
      later: `later${number}`,
      async: `f${number}`,
      ...(w.rarely(2) && { generator: `g${number}` }),
      ...(w.rarely(2) && { asyncGenerator: `ag${number}` }),
      ...(!w.rarely(3) && { class: `K${number}` }),
    },
    byDefault: w.pick([undefined, "async", "sync", "class"] as const),
    isLazy: number > 1 && w.rarely(4),
  };
}

function hubOf(shapes: readonly Shape[]): string {
  return shapes
    .map(({ number, file, names: { value, async, setter } }) =>
      [
        `export * from "./${file}";`,
        `export * as all${number} from "./${file}";`,
        `export { ${value} as seen${number}, ${async} as again${number} } from "./${file}";`,
        `import { ${setter} } from "./${file}"; export { ${setter} as put${number} };`,
      ].join("\n"),
    )
    .join("\n");
}

function importsOf(w: Writer, shapes: readonly Shape[], mayHub: boolean): Imports {
  const lines: string[] = [];
  const found: Imported[] = [];
  for (const { number, file, names, byDefault } of shapes) {
    const from = `from "./${file}";`;
    const style = w.pick(
      mayHub ? ["named", "renamed", "namespace", "hub", "all"] : ["named", "renamed", "namespace"],
    );
    const here = w.fresh("i");
    const text = (name: string): string => {
      if (style === "namespace") return `ns${here}.${name}`;
      if (style === "all") return `all${number}.${name}`;
      return style === "renamed" ? `${name}_${here}` : name;
    };
    const all = Object.values(names);
    if (style === "namespace") lines.push(`import * as ns${here} ${from}`);
    else if (style === "all") lines.push(`import { all${number} } from "./hub.js";`);
    else if (style === "renamed")
      lines.push(`import { ${all.map((name) => `${name} as ${text(name)}`).join(", ")} } ${from}`);
    else if (style === "named") lines.push(`import { ${all.join(", ")} } ${from}`);
    else
      lines.push(
        `import { ${all.join(", ")}, seen${number}, again${number}, put${number} } from "./hub.js";`,
      );
    const { value } = names;
    for (const [kind, name] of Object.entries(names) as [keyof Shape["names"], string][])
      found.push({ kind, text: text(name), value: text(value) });
    if (style === "namespace" || style === "all")
      found.push({ kind: "namespace", text: style === "all" ? `all${number}` : `ns${here}`, value });
    if (style === "hub") {
      found.push(
        { kind: "value", text: `seen${number}`, value },
        { kind: "async", text: `again${number}`, value },
      );
      found.push({ kind: "setter", text: `put${number}`, value });
    }
    if (byDefault !== undefined) {
      lines.push(`import d${here} ${from}`);
      found.push({ kind: byDefault, text: `d${here}`, value });
    }
  }
  return { lines, found };
}

/** What a module declares and exports, and what it does while it is evaluated. `bases`: those whose classes are there by then. */
function bodyOf(
  w: Writer,
  { number, file, names, byDefault, isLazy }: Shape,
  { found }: Imports,
  bases: readonly Shape[],
): string {
  const { value, setter, later, async } = names;
  const hidden = `own${number}`;
  const beside = (write: () => string, ...more: string[]): string =>
    w.beside(room, [value, hidden, ...more], found, write);
  const block = (own: Partial<Pick<Place, "waits" | "yields">>): string =>
    beside(() => w.block(w.body(outermost, { ...own, ownThis: true })), "p").replace("{", "{ step();");
  const expression = (waits: boolean): string =>
    beside(() => w.expression(w.body(outermost, { waits })), "p");
  const wait = w.pick(["await null;", "await w(0);", "await after(1, 0);"]);
  const classes = found.filter(
    ({ kind, text }) =>
      kind === "class" && bases.some(({ names: each }) => each.class && text.includes(each.class)),
  );
  const base = w.pick([undefined, "Base", ...classes.map(({ text }) => text)]);
  const defaults = {
    async: () => w.pick([() => `async (p) => ${expression(true)};`, () => `${async};`])(),
    sync: () =>
      w.pick([() => `(p) => ${expression(false)};`, () => `function (p) { return n(p) + ${value}; }`])(),
    class: () => classText(w, "", base, beside),
  };
  const head = w.pick([`async function ${async}(p)`, `const ${async} = async (p) =>`]);
  const parts = [
    `export let ${value} = ${number}; let ${hidden} = 0;`,
    w.pick([
      `export const ${setter} = (v) => (${value} = n(v));`,
      `export function ${setter}(v) { ${hidden}++; ${value} = n(v); return ${value} - 1; }`,
    ]),
    `export const ${later} = async (v) => { ${wait} ${value} = n(v) + ${hidden}; ${w.pick(["", wait])} return ${value}; };`,
    `export ${head} ${block({ waits: true })};`,
    names.generator && `export function* ${names.generator}(p = 1) ${block({ yields: true })}`,
    names.asyncGenerator &&
      `async function* ${names.asyncGenerator}(p = 1) ${block({ yields: true, waits: true })}\nexport { ${names.asyncGenerator} };`,
    names.class && `export ${classText(w, names.class, base, beside)}`,
    byDefault && `export default ${defaults[byDefault]()}`,
  ];
  return [...parts, ...evaluated(w, file, value, isLazy)].filter((part) => part).join("\n");
}

/** What it does while it is evaluated. */
function evaluated(w: Writer, file: string, value: string, isLazy: boolean): string[] {
  const wait = isLazy ? "await after(2, 0);" : w.pick(["await null;", "await w(1);", "await after(2, 0);"]);
  return [
    w.rarely(2) ? `log("${file}", ${value});` : "",
    w.rarely(3) ? `${wait} ${value} += 2; log("${file} goes on", ${value});` : "",
    w.rarely(4) ? `setTimeout(() => { ${value}++; log("${file} later", ${value}); }, 3);` : "",
  ];
}

function classText(
  w: Writer,
  name: string,
  base: string | undefined,
  beside: (write: () => string, ...more: string[]) => string,
): string {
  const self = name === "" ? "this" : name;
  const slow = beside(() => w.statement(w.body(outermost, { waits: true, ownThis: true })), "v");
  const members = [
    "#own; static #made = 0;",
    `constructor(v) { ${base === undefined ? "" : "super(v);"} this.#own = n(v); ${name === "" ? "" : `${name}.#made += 1;`} }`,
    `static get made() { return ${self}.#made; } static has(v) { return #own in v; }`,
    `get h() { return this.#own; } set h(v) { log("set", v); this.#own = n(v); }`,
    `async go(v) { ${slow} this.#own = n(v); return this.#own; }`,
  ];
  // `this.#made` of one that is extended is no member of what extends it.
  if (name === "") members[2] = "static get made() { return 0; } static has(v) { return #own in v; }";
  return `class ${name} ${base === undefined ? "" : `extends ${base} `}{ ${members.join(" ")} }`;
}
