/**
 * The tables of a compiled module, which nobody reads before it runs: its sites and its variables, as text that costs a tenth of
 * the objects that it stands for. The compiler writes them, the runtime reads them.
 *
 * A site is a line of words:
 *
 *     checkOut a0 35:8 W8ZPSgQRJyc ids,total,id 3:2:01 4:18:012
 *
 * | word          | meaning |
 * | ------------- | ------- |
 * | `checkOut`    | its id; `~` stands for `(anonymous)`, `id=` is a method of a class, `id=name=shown` what its id does not say |
 * | `a1`          | its kind by a letter; `a1`: an async function of one parameter whose public function the runtime makes, `a1+` if it passes on the others, too |
 * | `35:8`        | line and column, which is not told if it is 0 |
 * | `W8ZPSgQRJyc` | hash of the text |
 * | `ids,total,…` | names of slots; a label picks from them. Slot 0 is `$e` and not told |
 * | `3:2:01`     | a label: lines below the first, column, and its slots, each by a letter or digit |
 * | `3:2*:01`    | the same where a loop goes on at its head: slot 0 is called `$head` there |
 * | `3:2:01:ar,n` | one that is quiet: letters for `answer`, `halves` and `returns`, and what has to be simple |
 *
 * The functions of the sites are in a list, in their order: the factory, unless there is none, and the body, if there is one.
 *
 * A variable is a word: `total=l3:6`, `default=f#2` (with the closure of site 2, declared where that is), `=f#2` (and called as that),
 * `S=C4:6` (a constant that can be made again; how, is in a list).
 *
 * T1. What is read is what was written, whatever the names are: characters with a meaning here are percent-encoded.
 * T2. What is asked for while a program runs is read without iterating lists, since the program may have replaced how that is done.
 */
import {
  atHead,
  type Environment,
  type ImportedName,
  type Label,
  type ModuleDefinition,
  type ModuleParts,
  type ModuleRecord,
  type ModuleVariable,
  type QuietRest,
  type Site,
  type SiteFunctions,
  type SourcePosition,
} from "./abi.ts";

const kinds = {
  m: "async",
  f: "function",
  a: "async",
  g: "generator",
  s: "asyncGenerator",
  c: "class",
} as const;
const letters = { function: "f", async: "a", generator: "g", asyncGenerator: "s", class: "c" } as const;
const variableKinds = { v: "var", l: "let", c: "const", f: "function", k: "class" } as const;
const variableLetters = { var: "v", let: "l", const: "c", function: "f", class: "k" } as const;
const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const anonymous = "(anonymous)";
const own = "$e";

/** A site without its functions, as the compiler knows it. */
export interface SiteData {
  readonly id: string;
  readonly name: string;
  readonly shown?: string | undefined;
  /** `module`: its body, which is a body alone. */
  readonly kind: Site["kind"] | "module";
  readonly position: SourcePosition;
  readonly hash: string;
  readonly labels?: readonly (Label | null)[] | undefined;
  readonly computed?: readonly string[] | undefined;
  /** Of an async function whose public function the runtime makes. */
  readonly starter?: Starter | undefined;
}

/** A public function that only passes on what it is given: so many parameters, and `rest` of the others too. */
export interface Starter {
  readonly parameters: number;
  readonly rest: boolean;
}

function quoted(text: string): string {
  return text.replace(/[\s%=,:;#~`\\{]/g, (found) => `%${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function plain(text: string): string {
  return text.includes("%")
    ? text.replace(/%([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : text;
}

const quotedId = (id: string): string => id.split(anonymous).map(quoted).join("~");
const plainId = (id: string): string => id.split("~").map(plain).join(anonymous);

/** The name that an id ends with: `deposit` of `Account/deposit.2`. */
function lastOf(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1).replace(/\.\d+$/, "");
}

/** `Account.deposit` of `Account/deposit.2`. */
function lastTwoOf(id: string): string {
  const parts = id.split("/");
  return `${parts.length < 2 ? "" : lastOf(parts.at(-2)!)}.${lastOf(id)}`;
}

export function writeSites(sites: readonly SiteData[]): string {
  return sites.map(writeSite).join("\n");
}

function writeSite({
  id,
  name,
  shown,
  kind,
  position,
  hash,
  labels = [],
  computed,
  starter,
}: SiteData): string {
  const words = [quotedId(id)];
  if (shown === lastTwoOf(id) && name === lastOf(id)) words[0] += "=";
  else if (shown !== undefined) words[0] += `=${quoted(name)}=${quoted(shown)}`;
  else if (name !== lastOf(id)) words[0] += `=${quoted(name)}`;
  words.push(
    `${kind === "module" ? "m" : letters[kind]}${starter?.parameters ?? ""}${starter?.rest ? "+" : ""}`,
    writePosition(position),
    quoted(hash),
  );
  const names = [...new Set(labels.flatMap((label) => label?.slots.slice(1) ?? []))];
  if (names.length > 0) words.push(names.map(quoted).join());
  for (const label of labels) {
    if (label === null) continue;
    const places = label.slots.slice(1).map((slot) => names.indexOf(slot));
    const slots =
      names.length > digits.length
        ? places.map((place) => `.${place}`).join("")
        : places.map((place) => digits[place]).join("");
    const quiet = writeQuiet(label.quiet);
    const rest = quiet === "" ? (slots === "" ? "" : `:${slots}`) : `:${slots}${quiet}`;
    const head = label.slots[0] === atHead ? "*" : "";
    words.push(`${label.line - position.line}:${label.column}${head}${rest}`);
  }
  if (computed !== undefined) words.push(`;${computed.map(quoted).join()}`);
  return words.join(" ");
}

/** `starter`: makes the factory of a public function; its name is the one that people would see. */
export function readSites(
  module: string,
  text: string,
  functions: SiteFunctions,
  starter: (how: Starter, name: string) => Site["make"],
): Site[] {
  let at = 0;
  const next = <T>(): T => functions[at++] as T;
  return text.split("\n").map((line) => {
    const [head = "", kind = "", ...words] = line.split(" ");
    const [id = "", ...names] = head.split("=");
    const last = lastOf(plainId(id));
    const name = names.length === 0 || names[0] === "" ? last : plain(names[0]!);
    let make: Site["make"];
    if (kind === "m") make = () => undefined;
    else if (kind.length > 1)
      make = starter(
        { parameters: Number(kind[1]), rest: kind.endsWith("+") },
        /~(\.\d+)?$/.test(id) ? "" : name,
      );
    else make = next();
    const body = kind === "f" || kind === "c" ? undefined : next<NonNullable<Site["body"]>>();
    const whole = plainId(id);
    const shown = names.length === 2 ? plain(names[1]!) : names[0] === "" ? lastTwoOf(whole) : undefined;
    return new TableSite(
      `${module}#${whole}`,
      name,
      shown,
      kinds[kind[0] as keyof typeof kinds],
      make,
      body,
      words,
    );
  });
}

/** A site whose lesser parts are read when somebody asks. */
class TableSite implements Site {
  readonly id: string;
  readonly name: string;
  readonly kind: Site["kind"];
  readonly make: Site["make"];
  // Every site has all fields, in one order: so the engine knows them by one shape.
  readonly body: Site["body"];
  readonly shown: string | undefined;
  readonly #words: readonly string[];
  #labels: readonly (Label | null)[] | undefined;

  constructor(
    id: string,
    name: string,
    shown: string | undefined,
    kind: Site["kind"],
    make: Site["make"],
    body: Site["body"],
    words: readonly string[],
  ) {
    this.id = id;
    this.name = name;
    this.kind = kind;
    this.make = make;
    this.body = body;
    this.shown = shown;
    this.#words = words;
  }

  get position(): SourcePosition {
    return readPosition(this.#words[0]!);
  }

  get hash(): string {
    return plain(this.#words[1]!);
  }

  get labels(): readonly (Label | null)[] {
    this.#labels ??= readLabels(this.position.line, this.#words.slice(2));
    return this.#labels;
  }

  get computed(): readonly string[] | undefined {
    if (this.kind !== "class") return undefined;
    return this.#words
      .find((each) => each.startsWith(";"))
      ?.slice(1)
      .split(",")
      .map(plain);
  }
}

function writeQuiet(quiet: QuietRest | undefined): string {
  if (quiet === undefined) return "";
  const letters = `${quiet.answer ? "a" : ""}${quiet.halves ? "h" : ""}${quiet.returns ? "r" : ""}`;
  return `:${[letters, ...quiet.simple.map(quoted)].join()}`;
}

function readQuiet(text: string): QuietRest {
  const [letters = "", ...simple] = text.split(",");
  return {
    answer: letters.includes("a"),
    halves: letters.includes("h"),
    returns: letters.includes("r"),
    simple: simple.map(plain),
  };
}

function writePosition({ line, column }: SourcePosition): string {
  return column === 0 ? `${line}` : `${line}:${column}`;
}

function readPosition(word: string): SourcePosition {
  const colon = word.indexOf(":");
  if (colon < 0) return { line: Number(word), column: 0 };
  return { line: Number(word.slice(0, colon)), column: Number(word.slice(colon + 1)) };
}

/** No name begins so. */
function isLabel(word: string): boolean {
  return word[0] === "-" || (word[0]! >= "0" && word[0]! <= "9");
}

/** Asked while a program runs, which may have replaced what lists are iterated by. */
function readLabels(line: number, words: readonly string[]): (Label | null)[] {
  const first = words[0] ?? "";
  const names = first === "" || isLabel(first) || first.startsWith(";") ? [] : first.split(",").map(plain);
  const labels: (Label | null)[] = [null];
  words.forEach((word) => {
    if (!isLabel(word)) return;
    const parts = word.split(":");
    const [, column = "", picked = "", quiet] = parts;
    const places = picked.startsWith(".")
      ? picked.slice(1).split(".").map(Number)
      : picked.split("").map((digit) => digits.indexOf(digit));
    const environment = column.endsWith("*") ? atHead : own;
    const slots = [environment].concat(places.map((place) => names[place]!));
    const at = { slots, line: line + Number(parts[0]), column: Number.parseInt(column, 10) };
    labels.push(quiet === undefined ? at : { ...at, quiet: readQuiet(quiet) });
  });
  return labels;
}

/** A variable of a module, as the compiler knows it. */
export interface VariableData {
  readonly name: string;
  readonly kind: ModuleVariable["kind"];
  readonly position: SourcePosition;
  /** The site whose closure it holds from the beginning. */
  readonly site?: number | undefined;
  /** Its initialiser can be evaluated again. */
  readonly again: boolean;
}

export function writeVariables(variables: readonly VariableData[], sites: readonly SiteData[]): string {
  return variables
    .map(({ name, kind, position, site, again }) => {
      const letter = again ? variableLetters[kind].toUpperCase() : variableLetters[kind];
      const made = site === undefined ? undefined : sites[site]!;
      const same = made?.position.line === position.line && made.position.column === position.column;
      const at = same ? "" : writePosition(position);
      return `${name === made?.id ? "" : quoted(name)}=${letter}${at}${made === undefined ? "" : `#${site}`}`;
    })
    .join(" ");
}

interface ReadVariable extends ModuleVariable {
  readonly site?: Site;
}

function readVariables(
  module: string,
  text: string,
  sites: readonly Site[],
  again: readonly NonNullable<ModuleVariable["again"]>[],
): ReadVariable[] {
  let made = 0;
  const words = text === "" ? [] : text.split(" ");
  return words.map((word) => {
    const [name, how] = word.split("=");
    const [what, number] = how!.split("#");
    const letter = what![0]!.toLowerCase() as keyof typeof variableKinds;
    const site = number === undefined ? undefined : sites[Number(number)]!;
    return {
      name: name === "" ? site!.id.slice(module.length + 1) : plain(name!),
      kind: variableKinds[letter],
      position: what!.length === 1 ? site!.position : readPosition(what!.slice(1)),
      ...(what![0] === letter ? {} : { again: again[made++]! }),
      ...(site === undefined ? {} : { site }),
    };
  });
}

/** Words by two. */
function pairs(text: string): [string, string][] {
  const words = text === "" ? [] : text.split(" ");
  return Array.from({ length: words.length / 2 }, (_, at) => [words[2 * at]!, words[2 * at + 1]!]);
}

/** The names that a module imports from one other. */
export function writeImported(names: readonly ImportedName[]): string {
  return names
    .map(({ name, line, column }) => `${quoted(name)} ${writePosition({ line, column })}`)
    .join(" ");
}

/** Fields of the record by the names under which they are exported: `main`, or `twice=other`. */
export function writeExports(exports: Readonly<Record<string, string>>): string {
  return Object.entries(exports)
    .map(([name, field]) => (name === field ? quoted(name) : `${quoted(name)}=${quoted(field)}`))
    .join(" ");
}

function readExports(text: string): Record<string, string> {
  const words = text === "" ? [] : text.split(" ");
  return Object.fromEntries(
    words.map((word) => {
      const [name, field = name] = word.split("=");
      return [plain(name!), plain(field!)];
    }),
  );
}

/** `closure`: makes the function value of a site. */
export function readModule(
  id: string,
  sites: readonly Site[],
  { imports = [], imported = [], variables = "", exports = "", again = [], ...parts }: ModuleParts,
  closure: (site: Site, env: Environment) => unknown,
): ModuleDefinition {
  const read = readVariables(id, variables, sites, again);
  const hoisted = read.filter(({ site }) => site !== undefined);
  return {
    id,
    imports,
    imported: imported.map((names) =>
      pairs(names).map(([name, at]) => ({ name: plain(name), ...readPosition(at) })),
    ),
    variables: read,
    exports: readExports(exports),
    reexports: [],
    stars: [],
    ...parts,
    sites,
    instantiate(record: ModuleRecord) {
      hoisted.forEach(({ name, site }) => {
        record[name] = closure(site!, record);
      });
    },
    body: sites[0]!,
  };
}
