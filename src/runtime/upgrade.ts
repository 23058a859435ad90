/**
 * Whether what a task has written down can go on in another version of its program (design T6).
 *
 * U1. Code that is suspended, or captures variables, has to be the same: a call that waits, a function made inside another one. The same means
 *     the same tokens, wherever they stand, and the same variables around it (compiler, site-hash.ts).
 * U2. A function over nothing but its module's variables is code and no state: it becomes what the new version has under its name. So do the methods of such a
 *     class; what else it says, its objects are made of: that has to be the same.
 * U3. Variables of modules keep their values. One that the new version has no more is forgotten. A new one is made when it is looked at first, by its
 *     initialiser, if that waits for nothing; hoisted functions are there at once.
 * U4. Nothing of either version runs to find this out.
 * U5. New modules that those which have run import are evaluated when the task goes on, before anything else of it, in one go: so none of them may await, nor
 *     may any module be under way. One that only `import()` names runs when it is imported.
 * U6. A module that is gone is forgotten with its variables, if nothing but these holds what it has made: whatever can be reached must be read as it was written.
 */
import type { ModuleDefinition, ModuleVariable, Site } from "../protocol/abi.ts";
import type { Bundle } from "../protocol/bundle.ts";
import { abi } from "./abi.ts";
import { evaluationOrder } from "./evaluation-order.ts";
import { mainLabel, mainSite } from "./main-fiber.ts";
import { foreignName } from "./modules.ts";
import { holderOf } from "./snapshot/holders.ts";
import { isSnapshot, Node, readNodes } from "./snapshot/nodes.ts";
import { shownName } from "./snapshot/shown.ts";
import { again, kinds, modeCheckpoint } from "./snapshot/tags.ts";
import type { ProgramHost } from "./types.ts";

/** What a version of a program has, as data. */
export interface ProgramCode {
  readonly sites: Readonly<Record<string, SiteCode>>;
  readonly modules: Readonly<Record<string, ModuleCode>>;
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

interface ModuleCode {
  readonly variables: readonly VariableCode[];
  /** Modules of the program, in the order in which it imports them. */
  readonly imports: readonly string[];
  /** At its top level. */
  readonly awaits: boolean;
}

interface VariableCode {
  readonly name: string;
  readonly kind: ModuleVariable["kind"];
  readonly again: boolean;
}

export function codeOf(bundle: Bundle, host: Pick<ProgramHost, "compile">): ProgramCode {
  const sites: Record<string, SiteCode> = {};
  const modules: Record<string, ModuleCode> = {};
  const foreign = new Set<string>();
  const templates: string[] = [];
  for (const module of bundle.modules) {
    const definition = host.compile(module.code, `${bundle.root}/${module.id}`)(abi) as ModuleDefinition;
    for (const { id, kind, hash, labels = [] } of [...definition.sites, definition.body])
      sites[id] = { kind, hash, labels: labels.map((label) => label?.slots ?? null) };
    modules[module.id] = {
      variables: definition.variables.map(({ name, kind, again: remade }) => ({
        name,
        kind,
        again: remade !== undefined,
      })),
      imports: module.links.flatMap((link) => (link.kind === "compiled" ? [link.id] : [])),
      awaits: definition.awaits === true,
    };
    for (const { name } of definition.templates ?? []) templates.push(`${module.id}#template ${name}`);
    for (const link of [...module.links, ...Object.values(module.dynamic ?? {})])
      if (link.kind === "foreign") foreign.add(foreignName(link));
  }
  return { sites, modules, foreign: [...foreign], templates };
}

/** Why bytes of the program's former version cannot go on in this one; none: they can. @throws SnapshotError if they are no snapshot. */
export function obstacles(bytes: Uint8Array, code: ProgramCode): string[] {
  const { mode, root, all } = readNodes(bytes);
  const found = new Set<string>();
  // What a task has been given and not read yet, instances of classes that the program has registered.
  for (const node of all) {
    const held = node.kind === kinds.buffer ? node.refs[0] : undefined;
    if (held instanceof Uint8Array && isSnapshot(held))
      for (const reason of obstacles(held, code)) found.add(reason);
  }
  const elsewhere = heldElsewhere(root, all, code);
  for (const node of all) {
    const reason = obstacleOf(node, { code, elsewhere, all });
    if (reason !== undefined) found.add(reason);
  }
  if (mode === modeCheckpoint && root instanceof Node)
    for (const reason of ofModules(root, all, code)) found.add(reason);
  return [...found];
}

interface Seen {
  readonly code: ProgramCode;
  readonly elsewhere: ReadonlySet<Node>;
  readonly all: readonly Node[];
}

/** Functions and classes that something else than a variable of a module holds. What is itself held by nothing else, and is gone, does not count (U6). */
function heldElsewhere(root: unknown, all: readonly Node[], code: ProgramCode): ReadonlySet<Node> {
  const held = new Set<Node>();
  const open: Node[] = [];
  const note = (value: unknown): void => {
    if (value instanceof Node && value.kind === kinds.closure) open.push(value);
  };
  note(root);
  for (const node of all) {
    if (node.kind === kinds.record) continue;
    const counts = !(isOfModule(node) && isGone(node, code));
    // A class with private members of its own names itself: without it they cannot be read.
    for (const value of node.values())
      if ((counts && !isOwnEnvironment(node, value)) || value === node) note(value);
  }
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (held.has(node)) continue;
    held.add(node);
    for (const value of node.values()) note(value);
  }
  return held;
}

/** Whether a function or a class is made over nothing but its module's variables. */
function isOfModule(node: Node): boolean {
  const [env] = node.refs;
  if (node.kind !== kinds.closure || !(env instanceof Node)) return false;
  return env.kind === kinds.record || (isRecord(env.refs[0]) && isOwnEnvironment(env, node));
}

/** Of a class, which is in it. */
function isOwnEnvironment(env: Node, value: unknown): boolean {
  return env.kind === kinds.environment && value instanceof Node && env.field("$class") === value;
}

function isRecord(value: unknown): boolean {
  return value instanceof Node && value.kind === kinds.record;
}

function isGone({ site }: Node, code: ProgramCode): boolean {
  return site !== undefined && !site.text.startsWith("%") && code.sites[site.text] === undefined;
}

function obstacleOf(node: Node, seen: Seen): string | undefined {
  const { code } = seen;
  switch (node.kind) {
    case kinds.frame:
      return ofFrame(node, code);
    case kinds.closure:
      return ofFunction(node, seen, isOfModule(node), seen.elsewhere.has(node));
    case kinds.moduleValue:
      return ofFunction(node, seen, node.count === 0, true);
    case kinds.record:
      return ofRecord(node, code);
    case kinds.namespace:
      return node.text in code.modules
        ? undefined
        : `the module ${node.text}, which ${holderOf(node, seen.all)} holds, is gone`;
    case kinds.named:
      return ofName(node.text, code);
    case kinds.constant: {
      const [module = "", name] = node.text.split(" ");
      const variable = code.modules[module]?.variables.find((each) => each.name === name);
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

/** U1, U2, U6. */
function ofFunction(node: Node, { code, all }: Seen, ofModule: boolean, isHeld: boolean): string | undefined {
  const site = node.site!;
  const id = site.text;
  if (id.startsWith("%")) return undefined;
  const now = code.sites[id];
  const what = `${now?.kind === "class" ? "the class" : "the function"} ${shownName(id)} of ${moduleOf(id)}`;
  if (now === undefined)
    return ofModule && !isHeld
      ? undefined
      : `${shownName(id)} of ${moduleOf(id)}, which ${holderOf(node, all)} holds, is gone`;
  if (now.hash === hashOf(site)) return undefined;
  if (!ofModule) return `${what}, which was made with variables around it, has changed`;
  return now.kind === "class"
    ? `${what} has changed, and in more than what its methods do: leave its fields, constructor and members as they were, or give the new one another name`
    : undefined;
}

/** U3. */
function ofRecord(record: Node, code: ProgramCode): string | undefined {
  const module = record.text;
  const { variables } = code.modules[module] ?? {};
  // U6. What it has made is looked at for itself.
  if (variables === undefined) return undefined;
  const known = new Set<unknown>();
  for (const { key, value } of record.entries) {
    known.add(key);
    const variable = variables.find(({ name }) => name === key);
    if (variable === undefined) continue;
    if (value === again && !variable.again)
      return `the variable ${String(key)} of ${module} cannot be made again by its new initialiser`;
    const isFunction = value instanceof Node && value.site !== undefined;
    if (
      (isFunction && isGone(value, code)) ||
      ((variable.kind === "function" || variable.kind === "class") && !isFunction)
    )
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

/** U5. */
function ofModules(root: Node, all: readonly Node[], code: ProgramCode): string[] {
  const order = (module: string): readonly string[] =>
    module in code.modules ? evaluationOrder(module, (id) => code.modules[id]!.imports) : [];
  const evaluated = new Set(listIn(root, "evaluated"));
  const known = new Set(all.filter(isRecord).map(({ text }) => text));
  const toEvaluate = new Set([...evaluated].flatMap(order).filter((id) => !evaluated.has(id)));
  const underWay = all.filter(isLoading).map((frame) => listIn(frame, "order"));
  if (underWay.length > 0) {
    for (const list of underWay) for (const id of list) toEvaluate.delete(id);
    // A list ends with its module, and an empty name.
    const areSame = underWay.every(
      (list) => list.length === 0 || order(list.at(-2)!).join() === list.slice(0, -1).join(),
    );
    return areSame && toEvaluate.size === 0
      ? []
      : [
          "modules of it are still being evaluated, and these are others now, or in another order: upgrade it when it has got over the await at their top level",
        ];
  }
  return [...toEvaluate].flatMap((id) => {
    if (known.has(id))
      return [`the module ${id} has not been run in it, and is imported in another way now: use import()`];
    return code.modules[id]!.awaits
      ? [`the module ${id} is new, and awaits at its top level: do that in a function that is called`]
      : [];
  });
}

/** Whether it is one of the runtime's own frames in which modules are evaluated (main-fiber.ts). */
function isLoading({ layout }: Node): boolean {
  if (layout === undefined) return false;
  const { site, label } = layout;
  return site.text === mainSite.id ? label !== mainLabel : ["%import", "%module"].includes(site.text);
}

/** A list of texts in a field. */
function listIn(node: Node, field: string): string[] {
  const list = node.field(field);
  return list instanceof Node ? list.entries.map(({ value }) => String(value)) : [];
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
