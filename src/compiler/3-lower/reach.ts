/**
 * Where a function finds what it names: the record of its module, its task's kernel, environments, variables, globals. The layer below the rewriting of
 * expressions, which asks it for every name.
 *
 * | source                    | output |
 * | ------------------------- | ------ |
 * | `x` (captured)            | `$e2.x`, or `x` if it is taken along by value (captures.ts) |
 * | `x` (of the module)       | `$m.x` |
 * | `x` (imported)            | `$m.$i[0].x` |
 * | `x` (perhaps uninitialised) | `$e2.x === $u ? $rt.deadZone("x") : $e2.x` |
 * | `Promise`, `setTimeout`, … | `$k.globals.Promise` |
 *
 * R1. Whatever is reached is noted in the unit, so that the function begins by fetching it (function.ts).
 * R2. A variable that may be uninitialised is asked before it is read, unless its declaration lies before in the same function.
 */
import { durableGlobals } from "../../protocol/abi.ts";
import type { Binding, Env, Fn, Scope } from "../2-analyze/scope.ts";
import { b, type Node } from "../node.ts";
import { captureByValue } from "./captures.ts";
import type { Context, Unit } from "./context.ts";

const durable: ReadonlySet<string> = new Set(durableGlobals);
const globalObjects: ReadonlySet<string> = new Set(["globalThis", "global"]);
/** That nobody puts something else in the place of. */
export const languageGlobals: ReadonlySet<string> = new Set(
  "undefined NaN Infinity Object Function Array Number String Boolean Symbol BigInt Math JSON Reflect Proxy RegExp Error TypeError Map Set eval arguments".split(
    " ",
  ),
);

export class Reach {
  readonly cx: Context;
  readonly fn: Fn;
  readonly unit: Unit;
  /** Variables to declare at the top of the function. */
  readonly locals: Set<string>;
  /** The environment that a closure made here gets; null: the module's record. */
  env: Env | null;
  /** Inside a parameter list that the engine takes apart: parameters have their native names. */
  inParams = false;
  /** Environments that are at hand under their names. */
  readonly bound = new Set<Env>();

  constructor(cx: Context, fn: Fn, unit: Unit, env: Env | null, locals = new Set<string>()) {
    this.cx = cx;
    this.fn = fn;
    this.unit = unit;
    this.env = env;
    this.locals = locals;
  }

  // --- what a function reaches ----------------------------------------------------------------------------------

  module(): Node {
    if (this.unit.env === null) return this.cx.id("e");
    this.unit.usesModule = true;
    return this.cx.id("m");
  }

  kernel(method: string): Node {
    this.unit.usesKernel = true;
    return b.member(this.cx.id("k"), method);
  }

  envRef(env: Env | null): Node {
    if (env === null) return this.module();
    if (this.bound.has(env)) return b.id(this.cx.envName(env));
    const isOwn = env.scope.kind !== "name" && (env.scope.kind !== "class" || this.#isEarly(env.scope));
    if (env.scope.fn === this.fn && isOwn) {
      if (this.fn.kind === "field") return this.envLiteral(env.scope, new Map());
      const name = this.cx.envName(env);
      this.locals.add(name);
      return b.id(name);
    }
    if (env === this.unit.env) return this.cx.id("e");
    this.unit.outer.add(env);
    return b.id(this.cx.envName(env));
  }

  #isEarly(scope: Scope): boolean {
    return this.cx.analysis.classOf.get(scope.node)!.early;
  }

  /** `{ $up: $e1, x: void 0 }`, with the values there are already. */
  envLiteral(scope: Scope, values: ReadonlyMap<string, Node>): Node {
    const env = scope.env!;
    const properties = [b.property("$up", this.envRef(env.up))];
    for (const binding of scope.bindings.values()) {
      if (binding.storage.kind !== "env") continue;
      const { field } = binding.storage;
      properties.push(b.property(field, values.get(field) ?? this.#initialValue(binding)));
    }
    return b.object(properties);
  }

  #initialValue(binding: Binding): Node {
    if (binding.kind === "this" && !binding.scope.fn.derived) return this.ownPseudo(binding);
    if (binding.kind === "arguments" || binding.kind === "newTarget") return this.ownPseudo(binding);
    return binding.checked ? this.cx.uninitialized() : b.void0();
  }

  // --- variables ------------------------------------------------------------------------------------------------

  /** `this`, `arguments`, `new.target` in the function that has them. */
  ownPseudo(binding: Binding): Node {
    if (binding.kind === "this") return { type: "ThisExpression" };
    if (binding.kind === "arguments") return b.id("arguments");
    return { type: "MetaProperty", meta: b.id("new"), property: b.id("target") };
  }

  /** The place of a variable, to be read or written without questions. */
  place(binding: Binding): Node {
    const { storage } = binding;
    if (this.inParams && binding.kind === "param" && binding.scope === this.fn.scope)
      return b.id(binding.name);
    switch (storage.kind) {
      case "native":
        return b.id(storage.name);
      case "hoisted":
        if (binding.scope.fn === this.fn) this.locals.add(storage.name);
        return b.id(storage.name);
      case "env": {
        const constant = captureByValue(this.cx, binding, this.fn, this.unit);
        return constant === null ? b.member(this.envRef(storage.env), storage.field) : b.id(constant);
      }
      case "module":
        return b.member(this.module(), storage.field);
      case "import": {
        const view = b.index(b.member(this.module(), "$i"), b.literal(storage.from));
        return storage.name === null ? view : b.member(view, storage.name);
      }
      case "dead":
        return b.member(b.call(this.cx.rt("deadZone"), b.literal(binding.name)), "value");
    }
  }

  isPseudo(binding: Binding): boolean {
    return binding.kind === "this" || binding.kind === "arguments" || binding.kind === "newTarget";
  }

  read(binding: Binding, node: Node | null): Node {
    if (this.isPseudo(binding) && binding.scope.fn === this.fn) return b.at(this.ownPseudo(binding), node);
    const place = b.at(this.place(binding), node);
    if (!this.needsCheck(binding, node)) return place;
    const name = binding.kind === "this" ? "this" : binding.name;
    return b.conditional(
      b.binary(this.place(binding), "===", this.cx.uninitialized()),
      b.call(this.cx.rt("deadZone"), b.literal(name)),
      place,
    );
  }

  needsCheck(binding: Binding, node: Node | null): boolean {
    if (!binding.checked || (this.inParams && binding.kind === "param")) return false;
    // Behind the declaration in the same function there is nothing to ask, whoever else has to.
    const inline =
      node?.start !== undefined && binding.scope.fn === this.fn && binding.scope.kind !== "switch";
    return !(inline && binding.kind !== "this" && node!.start! >= binding.readyAt);
  }

  isConstant(binding: Binding): boolean {
    return binding.kind === "const" || binding.kind === "import" || binding.kind === "name";
  }

  global(node: Node): Node {
    return this.globalRead(node, (value) => value);
  }

  /** With a realm of its own a program may have put it on `globalThis`. */
  globalRead(node: Node, use: (value: Node) => Node): Node {
    const name: string = node["name"];
    // A script is the realm's, and so is its global object.
    const isScript = this.cx.parsed.program["sourceType"] === "script";
    if (durable.has(name) && !(isScript && globalObjects.has(name)))
      return use(b.at(b.member(this.kernel("globals"), name), node));
    if (isScript || !this.cx.ownRealm || languageGlobals.has(name)) return use(node);
    const owns = b.call(b.member(this.kernel("globals"), "owns"), b.literal(name));
    return b.conditional(owns, use(this.#globalMember(node)), use(node));
  }

  /** A global that is assigned to. */
  globalPlace(node: Node): Node {
    return durable.has(node["name"]) ? this.#globalMember(node) : node;
  }

  #globalMember(node: Node): Node {
    return b.at(b.member(b.member(this.kernel("globals"), "globalThis"), node["name"]), node);
  }

  // --- variables of the rewriting itself --------------------------------------------------------------------------

  /** An expression for a first and a second use of one value. */
  twice(value: Node): [first: Node, again: Node] {
    if (value.type === "Identifier" || value.type === "ThisExpression") return [value, value];
    const name = this.scratch();
    return [b.assign(b.id(name), value), b.id(name)];
  }

  scratch(): string {
    const name = this.cx.fresh("i");
    this.locals.add(name);
    return name;
  }

  /** A variable within one expression, in which nothing else is evaluated meanwhile. */
  brief(): string {
    const name = this.cx.name("v");
    this.locals.add(name);
    return name;
  }
}
