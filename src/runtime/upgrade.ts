/**
 * Whether what a task has written down can go on in another version of its program (design T6).
 *
 * U1. Code that is suspended, or captures variables, has to be the same: a call that waits, a function made inside another one, a class. The same means
 *     the same tokens, wherever they stand.
 * U2. A function over nothing but its module's variables is code and no state: it becomes what the new version has under its name.
 * U3. Variables of modules keep their values. One that the new version has no more is forgotten. A new one is made when it is looked at first, by its
 *     initialiser, if that waits for nothing; hoisted functions are there at once.
 * U4. Nothing of either version runs to find this out.
 */
import type { ModuleDefinition, ModuleVariable, Site } from "../protocol/abi.ts";
import type { Bundle } from "../protocol/bundle.ts";
import { abi } from "./abi.ts";
import { foreignName } from "./modules.ts";
import { isSnapshot, Node, readNodes } from "./snapshot/nodes.ts";
import { shownName } from "./snapshot/shown.ts";
import { again, kinds, modeCheckpoint } from "./snapshot/tags.ts";
import type { ProgramHost } from "./types.ts";

/** What a version of a program has, as data. */
export interface ProgramCode {
  readonly sites: Readonly<Record<string, SiteCode>>;
  readonly modules: Readonly<Record<string, readonly VariableCode[]>>;
  /** How values of foreign modules, and strings of templates, are named. */
  readonly foreign: readonly string[];
  readonly templates: readonly string[];
}

interface SiteCode {
  readonly kind: Site["kind"];
  readonly hash: string;
  /** Names of the slots of each label. */
  readonly labels: readonly (readonly string[] | null)[];
}

interface VariableCode {
  readonly name: string;
  readonly kind: ModuleVariable["kind"];
  readonly again: boolean;
}

export function codeOf(bundle: Bundle, host: Pick<ProgramHost, "compile">): ProgramCode {
  const sites: Record<string, SiteCode> = {};
  const modules: Record<string, readonly VariableCode[]> = {};
  const foreign = new Set<string>();
  const templates: string[] = [];
  for (const module of bundle.modules) {
    const definition = host.compile(module.code, `${bundle.root}/${module.id}`)(abi) as ModuleDefinition;
    for (const { id, kind, hash, labels = [] } of [...definition.sites, definition.body])
      sites[id] = { kind, hash, labels: labels.map((label) => label?.slots ?? null) };
    modules[module.id] = definition.variables.map(({ name, kind, again: remade }) => ({
      name,
      kind,
      again: remade !== undefined,
    }));
    for (const { name } of definition.templates ?? []) templates.push(`${module.id}#template ${name}`);
    for (const link of [...module.links, ...Object.values(module.dynamic ?? {})])
      if (link.kind === "foreign") foreign.add(foreignName(link));
  }
  return { sites, modules, foreign: [...foreign], templates };
}

/** Why bytes of the program's former version cannot go on in this one; none: they can. @throws SnapshotError if they are no snapshot. */
export function obstacles(bytes: Uint8Array, code: ProgramCode): string[] {
  const { mode, all } = readNodes(bytes);
  const found = new Set<string>();
  // What a task has been given and not read yet, instances of classes that the program has registered.
  for (const node of all) {
    const held = node.kind === kinds.buffer ? node.refs[0] : undefined;
    if (held instanceof Uint8Array && isSnapshot(held))
      for (const reason of obstacles(held, code)) found.add(reason);
  }
  const elsewhere = heldElsewhere(all);
  for (const node of all) {
    const reason = obstacleOf(node, code, elsewhere);
    if (reason !== undefined) found.add(reason);
  }
  if (mode === modeCheckpoint) for (const reason of newModules(all, code)) found.add(reason);
  return [...found];
}

/** Functions that something else than a variable of a module holds. */
function heldElsewhere(all: readonly Node[]): ReadonlySet<Node> {
  const held = new Set<Node>();
  for (const node of all) {
    if (node.kind === kinds.record) continue;
    for (const value of node.values())
      if (value instanceof Node && value.kind === kinds.closure) held.add(value);
  }
  return held;
}

function obstacleOf(node: Node, code: ProgramCode, elsewhere: ReadonlySet<Node>): string | undefined {
  switch (node.kind) {
    case kinds.frame:
      return ofFrame(node, code);
    case kinds.closure: {
      const isOfModule = node.refs[0] instanceof Node && node.refs[0].kind === kinds.record;
      return ofFunction(node, code, isOfModule, elsewhere.has(node));
    }
    case kinds.moduleValue:
      return ofFunction(node, code, node.count === 0, true);
    case kinds.record:
      return ofRecord(node, code);
    case kinds.namespace:
      return node.text in code.modules ? undefined : `the module ${node.text}, which it holds, is gone`;
    case kinds.named:
      return ofName(node.text, code);
    case kinds.constant: {
      const [module = "", name] = node.text.split(" ");
      const variable = code.modules[module]?.find((each) => each.name === name);
      return variable?.again
        ? undefined
        : `the constant ${name} of ${module}, which it holds, cannot be made again`;
    }
    default:
      return undefined;
  }
}

/** U1. */
function ofFrame(node: Node, code: ProgramCode): string | undefined {
  const { site, label, position, slots } = node.layout!;
  if (site.text.startsWith("%")) return undefined;
  const place = `${moduleOf(site.text)}:${position.line}:${position.column + 1}`;
  const now = code.sites[site.text];
  const waits = `a call of ${shownName(site.text)} waits at ${place}`;
  if (now === undefined) return `${waits}, and the function is gone`;
  if (now.hash !== hashOf(site)) return `${waits}, and the function has changed`;
  const same = now.labels[label]?.join() === slots.join();
  return same ? undefined : `${waits}, and variables of it are kept in another way now`;
}

/** U1, U2. */
function ofFunction(node: Node, code: ProgramCode, isOfModule: boolean, isHeld: boolean): string | undefined {
  const site = node.site!;
  const id = site.text;
  if (id.startsWith("%")) return undefined;
  const now = code.sites[id];
  const what = `${now?.kind === "class" ? "the class" : "the function"} ${shownName(id)} of ${moduleOf(id)}`;
  if (now === undefined) return isOfModule && !isHeld ? undefined : `${what}, which it holds, is gone`;
  if (now.hash === hashOf(site)) return undefined;
  if (now.kind === "class") return `${what} has changed`;
  return isOfModule ? undefined : `${what}, which was made with variables around it, has changed`;
}

/** U3. */
function ofRecord(record: Node, code: ProgramCode): string | undefined {
  const module = record.text;
  const variables = code.modules[module];
  if (variables === undefined) return `the module ${module} is gone`;
  const known = new Set<unknown>();
  for (const { key, value } of record.entries) {
    known.add(key);
    const variable = variables.find(({ name }) => name === key);
    if (variable === undefined) continue;
    if (value === again && !variable.again)
      return `the variable ${String(key)} of ${module} cannot be made again by its new initialiser`;
    const isFunction = value instanceof Node && value.site !== undefined;
    const isGone =
      isFunction && !value.site!.text.startsWith("%") && code.sites[value.site!.text] === undefined;
    if (isGone || ((variable.kind === "function" || variable.kind === "class") && !isFunction))
      return `the variable ${String(key)} of ${module} is something else now`;
  }
  // Of a value nothing but its name is written.
  if (record.entries.length === 0 && variables.length > 0) return undefined;
  const missing = variables.find(
    ({ name, kind, again: remade }) => !(known.has(name) || remade || kind === "function" || kind === "var"),
  );
  return missing === undefined
    ? undefined
    : `the ${missing.kind === "class" ? "class" : "variable"} ${missing.name} of ${module} is new, and nothing would make it in a task that has begun; write it as const ${missing.name} = ..., without await`;
}

function newModules(all: readonly Node[], code: ProgramCode): string[] {
  const known = new Set(all.filter(({ kind }) => kind === kinds.record).map(({ text }) => text));
  return Object.keys(code.modules)
    .filter((id) => !known.has(id))
    .map(
      (id) =>
        `the module ${id} is new, and nothing would run it in a task that has begun; put what is in it into a module that it has`,
    );
}

function ofName(name: string, code: ProgramCode): string | undefined {
  if (name.startsWith("%")) return undefined;
  const isThere = / /.test(name.slice(name.lastIndexOf("#")))
    ? code.templates.includes(name)
    : code.foreign.includes(name.slice(0, name.lastIndexOf("#")));
  return isThere ? undefined : `${name}, which it holds, is not part of the program any more`;
}

function hashOf(site: Node): unknown {
  return site.refs[0];
}

function moduleOf(site: string): string {
  const at = site.indexOf("#");
  return at < 0 ? site : site.slice(0, at);
}
