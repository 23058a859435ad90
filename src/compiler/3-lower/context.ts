/**
 * What the lowering of one module shares: generated names, the table of sites, the texts hoisted to the top of the output,
 * and the helpers it turned out to need.
 *
 * C1. A site is numbered when its first creation is rewritten, and its text is made once, later, from a queue; so rewriting
 *     an expression twice (an initialiser and its `again`) gives the same code twice and one site.
 */
import type { Label, QuietRest, Site, SourcePosition } from "../../protocol/abi.ts";
import type { Starter } from "../../protocol/tables.ts";
import type { Parsed } from "../1-parse/parse.ts";
import { quietAwaits } from "../2-analyze/quiet.ts";
import type { Report } from "../2-analyze/resolve.ts";
import type { Analysis, Binding, Env, Fn } from "../2-analyze/scope.ts";
import { siteNames } from "../2-analyze/site-names.ts";
import { hashText } from "../hash.ts";
import { b, type Node } from "../node.ts";
import { namesOfFunctions } from "./captures.ts";
import type { HeldVariables } from "./held.ts";
import { type HelperName, helpers } from "./helpers.ts";

export interface SiteEntry {
  readonly index: number;
  readonly node: Node;
  readonly kind: Site["kind"];
  readonly make: string;
  /** Environment over which the site is made. */
  readonly env: Env | null;
  body?: string;
  /** The runtime makes the public function. */
  starter?: Starter;
  labels?: (Label | null)[];
  computed?: readonly string[];
}

/** A text at the top of the output, or the body of one: what it takes from its environment `$e`. */
export interface Unit {
  readonly env: Env | null;
  readonly outer: Set<Env>;
  /** Scratch variables of expressions that stand where no function body is: parameter lists, class fields. */
  readonly locals: Set<string>;
  /** Variables that the function takes along by value, if it is one that does (captures.ts). */
  readonly captures: Map<Binding, { readonly name: string; readonly field: string }> | null;
  usesModule: boolean;
  usesKernel: boolean;
}

export class Context {
  readonly parsed: Parsed;
  readonly analysis: Analysis;
  readonly report: Report;
  /** The program may put globals of its own on `globalThis`. */
  readonly ownRealm: boolean;
  readonly sites: SiteEntry[] = [];
  readonly texts: Node[] = [];
  readonly queue: SiteEntry[] = [];
  readonly helpers = new Set<HelperName>();
  readonly quiet: ReadonlyMap<Node, QuietRest>;
  /** Asked only by advisers, so worked out only then. */
  readonly held: (() => readonly HeldVariables[])[] = [];
  readonly #prefix: string;
  /** Texts of the lists of strings of tagged templates, and their names in snapshots. */
  readonly templates: { readonly name: string; readonly quasi: Node }[] = [];
  readonly #templateCalls = new Map<Node, Node>();
  readonly #siteOf = new Map<Node, SiteEntry>();
  readonly #names: ReturnType<typeof siteNames>;
  readonly #suspending = new Set<Node>();
  #namesOf: ReadonlyMap<Fn, ReadonlySet<string>> | undefined;
  #fresh = 0;

  constructor(parsed: Parsed, analysis: Analysis, report: Report, ownRealm: boolean) {
    this.ownRealm = ownRealm;
    this.parsed = parsed;
    this.analysis = analysis;
    this.report = report;
    this.#prefix = generatedPrefix(analysis.names);
    this.#names = siteNames(analysis);
    this.quiet = quietAwaits(analysis);
  }

  /** A generated name: no name of the program begins with its prefix. */
  name(name: string): string {
    return this.#prefix + name;
  }

  id(name: string): Node {
    return b.id(this.#prefix + name);
  }

  fresh(name: string): string {
    this.#fresh += 1;
    return this.name(`${name}${this.#fresh}`);
  }

  /** `$rt.name` */
  rt(name: string): Node {
    return b.member(this.id("rt"), name);
  }

  helper(name: HelperName): Node {
    this.helpers.add(name);
    for (const needed of helpers[name].needs ?? []) this.helpers.add(needed);
    return this.id(name);
  }

  /** Names of the variables that a function has of its own. */
  namesIn(fn: Fn): ReadonlySet<string> {
    this.#namesOf ??= namesOfFunctions(this.analysis);
    return this.#namesOf.get(fn) ?? new Set();
  }

  uninitialized(): Node {
    return this.id("u");
  }

  site(node: Node, kind: SiteEntry["kind"], env: Env | null): SiteEntry {
    let entry = this.#siteOf.get(node);
    if (entry === undefined) {
      const index = this.sites.length;
      entry = { index, node, kind, env, make: this.name(`m${index}`) };
      if (kind !== "function" && kind !== "class") entry.body = this.name(`b${index}`);
      this.#siteOf.set(node, entry);
      this.sites.push(entry);
      this.queue.push(entry);
    }
    return entry;
  }

  /** The call that a tagged template is. */
  templateCall(node: Node): Node {
    const known = this.#templateCalls.get(node);
    if (known !== undefined) return known;
    const { tag, quasi, start, end, loc } = node as Node & { tag: Node; quasi: Node };
    const strings: Node = {
      type: "TemplateStrings",
      index: this.templates.length,
      start: quasi.start!,
      end: quasi.start!,
    };
    const text = hashText(JSON.stringify(quasi["quasis"].map((each: Node) => each["value"].raw)));
    const equals = this.templates.filter(({ name }) => name.startsWith(text)).length;
    const expressions = quasi["expressions"].map(() => b.literal(0));
    this.templates.push({ name: `${text}.${equals}`, quasi: { ...quasi, expressions } });
    const call = b.call(tag, strings, ...quasi["expressions"]);
    Object.assign(call, { start, end, loc });
    if (this.analysis.suspending.has(node)) this.#suspending.add(call);
    this.#templateCalls.set(node, call);
    return call;
  }

  suspends(node: Node): boolean {
    return this.analysis.suspending.has(node) || this.#suspending.has(node);
  }

  siteRef(entry: SiteEntry): Node {
    return b.index(this.id("L"), b.literal(entry.index));
  }

  siteId(node: Node): string {
    return this.#names.idOf(node);
  }

  siteName(node: Node): string {
    return this.#names.nameOf(node);
  }

  position(node: Node): SourcePosition {
    const start = node.loc?.start ?? { line: 1, column: 0 };
    return this.parsed.trace(start.line, start.column);
  }

  textOf(node: Node): string {
    return this.parsed.text.slice(node.start ?? 0, node.end ?? 0);
  }

  unit(env: Env | null, captures: Unit["captures"] = null): Unit {
    return { env, outer: new Set(), locals: new Set(), captures, usesModule: false, usesKernel: false };
  }

  /** `const $e1 = $e.$up, $m = $e1.$up, $k = $m.$k`: what a unit uses, unpacked once. */
  prelude(unit: Unit): Node[] {
    const found: Node[] = [];
    const usesModule = unit.usesModule || (unit.usesKernel && unit.env !== null);
    let at: Env | null = unit.env;
    let path = this.id("e");
    while (at !== null) {
      if (unit.outer.has(at) && at !== unit.env) {
        found.push(b.const(this.envName(at), path));
        path = b.id(this.envName(at));
      }
      path = b.member(path, "$up");
      at = at.up;
    }
    if (usesModule) found.push(b.const(this.name("m"), path));
    if (unit.usesKernel) {
      const module = unit.env === null ? this.id("e") : this.id("m");
      found.push(b.const(this.name("k"), b.member(module, "$k")));
    }
    for (const name of unit.locals) found.push(b.declare("let", [[b.id(name), null]]));
    return found;
  }

  /** The kernel, by an expression over `$e`. */
  kernelFrom(env: Env | null): Node {
    let path = this.id("e");
    for (let at = env; at !== null; at = at.up) path = b.member(path, "$up");
    return b.member(path, "$k");
  }

  envName(env: Env): string {
    return this.name(`e${env.index}`);
  }

  fnOf(node: Node): Fn {
    return this.analysis.fnOf.get(node)!;
  }
}

/** The environment around a function: what its closures' `$e` is. */
export function enclosingEnv(fn: Fn): Env | null {
  let scope = fn.scope.parent;
  while (scope !== null && scope.env === null) scope = scope.parent;
  return scope?.env ?? null;
}

/** What kind of site a function is. */
export function siteKind(fn: Fn): SiteEntry["kind"] {
  if (!fn.lowered) return "function";
  if (!fn.generator) return "async";
  return fn.async ? "asyncGenerator" : "generator";
}

function generatedPrefix(names: ReadonlySet<string>): string {
  let prefix = "$";
  while ([...names].some((name) => name.startsWith(prefix))) prefix += "$";
  return prefix;
}
