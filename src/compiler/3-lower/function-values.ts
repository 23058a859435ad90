/**
 * Values that are made of functions: closures, classes, and object literals, whose methods and accessors are closures.
 *
 * | source                          | output |
 * | ------------------------------- | ------ |
 * | `function () {}`, `() => {}`    | `$C($L[3], $e2)` |
 * | `class A extends B {}`          | `$C($L[4], $e2, B)`, or through a factory when it has static parts |
 * | `{ m() {}, get x() {} }`        | `$accessor({ m: $C(…) }, "x", $C(…))` |
 *
 * F1. No closure is left to the engine: a function value is made by a site, or belongs to the text of its class.
 */
import { assert } from "../../base/errors.ts";
import type { ClassInfo, Env } from "../2-analyze/scope.ts";
import { b, computedMembers, isAnonymous, type Node, staticKey } from "../node.ts";
import { type SiteEntry, siteKind } from "./context.ts";
import { Reach } from "./reach.ts";

export abstract class FunctionValues extends Reach {
  /** Operands of a method call. */
  protected readonly handedOver = new Set<Node>();

  abstract expr(node: Node): Node;

  closure(node: Node): Node {
    const fn = this.cx.fnOf(node);
    const nameScope = this.cx.analysis.nameScopeOf.get(node);
    const env = nameScope?.env ?? this.env;
    const entry = this.cx.site(node, siteKind(fn), env);
    // Made by name where that can be: so the engine sees which function it is, and can put it into what calls it.
    const make = (over: Node): Node =>
      entry.kind === "function"
        ? this.#stamped(b.call(b.id(entry.make), over), entry, over)
        : b.call(this.cx.id("C"), this.cx.siteRef(entry), over);
    if (nameScope?.env == null) {
      const over = this.envRef(env);
      return b.at(
        entry.kind === "function" && this.handedOver.has(node) ? this.#seen(entry, over) : make(over),
        node,
      );
    }
    // The function's own name is a variable of its own, around the function.
    const own = this.cx.id("n");
    const binding = [...nameScope.bindings.values()][0]!;
    assert(binding.storage.kind === "env", "the name of a function expression lives in an environment");
    const set = b.assign(b.member(own, binding.storage.field), b.at(make(own), node));
    return b.call(b.arrow([own], set), this.envLiteral(nameScope, new Map()));
  }

  #stamped(made: Node, entry: SiteEntry, env: Node): Node {
    return b.call(this.cx.id("F"), made, this.cx.siteRef(entry), env);
  }

  /** What goes into a method, perhaps one of the engine's: it sees the function even where it does not look into `stamp`. */
  #seen(entry: SiteEntry, env: Node): Node {
    const held = b.id(this.brief());
    const made = b.assign(held, b.call(b.id(entry.make), env));
    return b.sequence(this.#stamped(made, entry, env), held);
  }

  classValue(node: Node): Node {
    const info = this.cx.analysis.classOf.get(node)!;
    const env = info.scope.env ?? this.env;
    const entry = this.cx.site(node, "class", env);
    if (info.early) return this.#earlyClass(node, info, entry.index);
    const heritage = node["superClass"] === null ? b.void0() : this.expr(node["superClass"]);
    const keys = computedMembers(node).map((member) =>
      b.call(this.cx.helper("key"), this.expr(member["key"])),
    );
    return this.makeClass(node, entry.index, heritage, keys);
  }

  /** A class whose heritage or keys see its environment. */
  #earlyClass(node: Node, info: ClassInfo, site: number): Node {
    const env = info.scope.env!;
    const literal = this.earlyEnv(info);
    const isField = this.fn.kind === "field";
    if (isField) this.bound.add(env);
    const made = this.inEarly(env, () => {
      const heritage = node["superClass"] === null ? b.void0() : this.expr(node["superClass"]);
      const keys = computedMembers(node).map((member) =>
        b.call(this.cx.helper("key"), this.expr(member["key"])),
      );
      return this.makeClass(node, site, heritage, keys);
    });
    if (isField) return b.call(b.arrow([b.id(this.cx.envName(env))], made), literal);
    return b.sequence(b.assign(this.envRef(env), literal), made);
  }

  /** `{ $up: $e1, C: $u, $class: $u }` */
  earlyEnv(info: ClassInfo): Node {
    const literal = this.envLiteral(info.scope, new Map());
    literal["properties"].push(b.property("$class", this.cx.uninitialized()));
    return literal;
  }

  /** Runs `inside` where closures are made over the environment of a class that is still to come. */
  inEarly<T>(env: Env, inside: () => T): T {
    const outer = this.env;
    this.env = env;
    const result = inside();
    this.env = outer;
    return result;
  }

  /** The class from its heritage and its computed keys, all evaluated. */
  makeClass(node: Node, site: number, heritage: Node, keys: Node[]): Node {
    const info = this.cx.analysis.classOf.get(node)!;
    const outer = this.envRef(this.env);
    if (info.scope.env === null && !hasStaticParts(node)) {
      const more = node["superClass"] === null ? [] : [heritage];
      return b.at(b.call(this.cx.id("C"), b.index(this.cx.id("L"), b.literal(site)), outer, ...more), node);
    }
    return b.at(b.call(this.cx.id(`class${site}`), heritage, outer, ...keys), node);
  }

  /** An object literal; with its environment, if methods in it use `super`. */
  objectExpression(node: Node): Node {
    const env = this.cx.analysis.scopeOf.get(node)?.env ?? null;
    if (env === null) return this.objectLiteral(node);
    const own = b.id(this.cx.envName(env));
    if (this.fn.kind !== "field") {
      return b.sequence(
        b.assign(this.envRef(env), this.homeLiteral(env)),
        this.setHome(env, this.objectLiteral(node)),
      );
    }
    const literal = this.homeLiteral(env);
    this.bound.add(env);
    return b.call(b.arrow([own], this.setHome(env, this.objectLiteral(node))), literal);
  }

  homeLiteral(env: Env): Node {
    const up = b.property("$up", this.envRef(env.up));
    return b.object([up, b.property("$class", this.cx.uninitialized())]);
  }

  setHome(env: Env, object: Node): Node {
    return b.assign(b.member(this.envRef(env), "$class"), object);
  }

  objectLiteral(node: Node): Node {
    const properties: Node[] = node["properties"];
    if (!properties.some(isAccessor))
      return { ...node, properties: properties.map((each) => this.property(each, node)) };
    let result: Node | null = null;
    let part: Node[] = [];
    const flush = (): void => {
      if (part.length === 0 && result !== null) return;
      const literal = b.object(part);
      result = result === null ? literal : b.call(this.cx.helper("define"), result, literal);
      part = [];
    };
    for (const property of properties) {
      if (result !== null && isProto(property)) {
        flush();
        result = b.call(this.cx.helper("proto"), result, this.expr(property["value"]));
      } else if (!isAccessor(property)) {
        part.push(this.property(property, node));
      } else {
        flush();
        const key = property["computed"] ? this.expr(property["key"]) : b.literal(staticKey(property)!);
        const [first, again] = property["computed"]
          ? this.twice(b.call(this.cx.helper("key"), key))
          : [key, key];
        result = this.accessor(result!, property, node, first, again);
      }
    }
    flush();
    return b.at(result!, node);
  }

  /** `first` and `again`: the key, for its first and its second use. */
  accessor(object: Node, property: Node, literal: Node, first: Node, again: Node): Node {
    const made = this.method(property, literal);
    const closure = property["computed"]
      ? b.call(this.cx.helper("dynamicName"), again, made, b.literal(`${property["kind"]} `))
      : made;
    const functions = property["kind"] === "get" ? [closure, b.void0()] : [b.void0(), closure];
    return b.call(this.cx.helper("accessor"), object, first, ...functions);
  }

  /** The function of a method or accessor, over the environment of its object literal if that has one. */
  method(property: Node, literal: Node): Node {
    const { env } = this;
    this.env = this.cx.analysis.scopeOf.get(literal)?.env ?? env;
    const closure = this.closure(property["value"]);
    this.env = env;
    return closure;
  }

  property(property: Node, literal: Node): Node {
    if (property.type === "SpreadElement") return { ...property, argument: this.expr(property["argument"]) };
    const value: Node = property["value"];
    const made = property["method"] ? this.method(property, literal) : this.expr(value);
    const all = { ...property, method: false, shorthand: false };
    if (isNamedProto(property)) return { ...all, computed: true, key: b.literal("__proto__"), value: made };
    if (!property["computed"]) return { ...all, value: made };
    const key = this.expr(property["key"]);
    if (!isAnonymous(value)) return { ...all, key, value: made };
    const [first, again] = this.twice(b.call(this.cx.helper("key"), key));
    return { ...all, key: first, value: b.call(this.cx.helper("dynamicName"), again, made) };
  }
}

export function isAccessor(property: Node): boolean {
  return property.type === "Property" && property["kind"] !== "init";
}

/** `__proto__: value`, which sets the prototype. */
export function isProto(property: Node): boolean {
  return (
    property.type === "Property" &&
    property["kind"] === "init" &&
    !property["method"] &&
    !property["shorthand"] &&
    staticKey(property) === "__proto__"
  );
}

/** `__proto__() {}` and `{ __proto__ }`, which make a property: written out like other methods, they would set the prototype. */
export function isNamedProto(property: Node): boolean {
  return (
    property.type === "Property" &&
    !isAccessor(property) &&
    staticKey(property) === "__proto__" &&
    !isProto(property)
  );
}

export function hasStaticParts(node: Node): boolean {
  return node["body"].body.some(
    (member: Node) =>
      member.type === "StaticBlock" || (member.type === "PropertyDefinition" && member["static"]),
  );
}
