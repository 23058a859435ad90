/**
 * Expressions without a suspension keep their shape; only what has another home in the output changes: names (reach.ts), function values
 * (function-values.ts), and
 *
 * | source                          | output |
 * | ------------------------------- | ------ |
 * | `f(1)` (captured or imported)   | `(0, $e2.f)(1)` |
 * | `c = 1` (a constant)            | `(1, $rt.constant("c"))` |
 * | `f(1)` (a known async function) | `$k.fiber($b2, $m, 1)` |
 * | `fs.read(p)` (foreign)          | `$k.adopt(fs.read, fs, p)` |
 * | `f.bind(o, 1)`                  | `$rt.bind(f, o, 1)` |
 * | `xs.entries()`                  | `$rt.iterator(xs, "entries", "xs.entries")` |
 * | `import.meta`, `import(s)`      | `$m.$meta`, `$k.import("src/app.ts", s)` |
 *
 * E1. The order of evaluation is the source's.
 */
import { assert } from "../../base/errors.ts";
import type { Binding, ClassInfo } from "../2-analyze/scope.ts";
import { b, isClass, isFixedKey, isFunction, type Node } from "../node.ts";
import { calleeText } from "./callee-text.ts";
import { captureByValue } from "./captures.ts";
import { clockWord } from "./clock.ts";
import { enclosingEnv } from "./context.ts";
import { isForeignCallee } from "./foreign-callee.ts";
import { FunctionValues } from "./function-values.ts";
import { knownCallee } from "./known-callee.ts";
import { brokenChain } from "./optional-chain.ts";

/** A place that only functions reach. */
export interface Outside {
  /** The object or key on which it depends. */
  readonly part: Node;
  get(): Node;
  set(value: Node): Node;
  put(value: Node): Node;
  /** Assignment, given the part. */
  write(part: Node, value: Node): Node;
}

const iteratorMethods: ReadonlySet<string> = new Set(["entries", "keys", "values"]);

/** Builtins that use up their first argument before they return, if it is an iterator. */
const consumers: ReadonlySet<string> = new Set(["Map", "Set", "Array.from", "Object.fromEntries"]);

export class ExpressionRewriter extends FunctionValues {
  // --- expressions ----------------------------------------------------------------------------------------------

  expr(node: Node): Node {
    if (isFunction(node)) return this.closure(node);
    if (isClass(node)) return this.classValue(node);
    const clock = clockWord(node, this.cx.analysis);
    if (clock !== null)
      return b.at(b.call(b.member(this.kernel("clock"), clock.word), this.global(clock.date)), node);
    switch (node.type) {
      case "Identifier":
      case "ThisExpression":
      case "MetaProperty":
        return this.identifier(node);
      case "MemberExpression":
        return this.memberExpression(node);
      case "CallExpression":
        return this.callExpression(node);
      case "NewExpression":
        return { ...node, callee: this.expr(node["callee"]), arguments: this.#arguments(node) };
      case "ChainExpression":
        return brokenChain(this, node) ?? this.map(node);
      case "TaggedTemplateExpression":
        return this.expr(this.templateCall(node));
      case "TemplateStrings":
        return b.index(this.cx.id("templates"), b.literal(node["index"]));
      case "AssignmentExpression":
        return this.assignment(node);
      case "UpdateExpression":
        return this.update(node);
      case "ObjectExpression":
        return this.objectExpression(node);
      case "SpreadElement":
        return { ...node, argument: this.consumed(node["argument"]) };
      case "ImportExpression":
        return this.importExpression(node, this.all([node["source"], node["options"] ?? null]));
      case "BinaryExpression":
        if (node["left"].type === "PrivateIdentifier") return this.privateIn(node);
        return this.map(node);
      case "UnaryExpression": {
        const { operator, argument } = node as Node & { operator: string; argument: Node };
        if (
          operator === "typeof" &&
          argument.type === "Identifier" &&
          !this.cx.analysis.bindingOf.has(argument)
        )
          return this.globalRead(argument, (value) => ({ ...node, argument: value }));
        if (operator !== "delete") return this.map(node);
        // `this` may become a variable, or a field of an environment: neither is to be deleted.
        if (argument.type !== "MemberExpression" && argument.type !== "ChainExpression")
          return b.at(b.sequence(this.expr(argument), b.literal(true)), node);
        if (argument.type === "ChainExpression") return { ...node, argument: this.map(argument) };
        if (clockWord(argument, this.cx.analysis) !== null)
          return { ...node, argument: this.memberExpression(argument) };
        if (!this.cx.analysis.superOwner.has(argument["object"])) return this.map(node);
        return b.at(
          this.superDelete(argument, argument["computed"] ? this.expr(argument["property"]) : null),
          node,
        );
      }
      case "PrivateIdentifier":
      case "TemplateElement":
      case "Literal":
      case "Super":
        return node;
      default:
        return this.map(node);
    }
  }

  /** The options of an import say what kind of module it is, which the bundle knows already. */
  importExpression(node: Node, operands: readonly (Node | null)[]): Node {
    const given = operands.filter((each) => each !== null);
    return b.at(b.call(this.kernel("import"), b.literal(this.cx.parsed.id), ...given), node);
  }

  all(nodes: readonly (Node | null)[]): Node[] {
    return nodes.map((node) => (node === null ? (null as unknown as Node) : this.expr(node)));
  }

  /** The same node over rewritten children. */
  map(node: Node): Node {
    const copy: Node = { ...node };
    for (const key in node) {
      const value = node[key];
      if (typeof value !== "object" || value === null || key === "loc") continue;
      if (Array.isArray(value))
        copy[key] = value.map((item) => (typeof item?.type === "string" ? this.expr(item) : item));
      else if (typeof value.type === "string") copy[key] = this.expr(value);
    }
    return copy;
  }

  identifier(node: Node): Node {
    const binding = this.cx.analysis.bindingOf.get(node);
    if (binding !== undefined) return this.read(binding, node);
    if (node.type === "ThisExpression") return b.at(b.void0(), node);
    if (node.type === "MetaProperty") return b.at(b.member(this.module(), "$meta"), node);
    return this.global(node);
  }

  memberExpression(node: Node): Node {
    const { object, property } = node as Node & { object: Node; property: Node };
    const superOwner = this.cx.analysis.superOwner.get(object);
    if (superOwner !== undefined) {
      const key = node["computed"] ? this.expr(property) : b.literal(property["name"]);
      return b.at(
        b.call(this.cx.helper("superGet"), this.home(superOwner), key, this.superThis(object)),
        node,
      );
    }
    const owner = this.cx.analysis.privateOwner.get(property);
    if (owner !== undefined)
      return b.at(b.call(this.privateAccess(owner, "get", property), this.expr(object)), node);
    return {
      ...node,
      object: this.expr(object),
      property: node["computed"] ? this.expr(property) : property,
    };
  }

  // Private members and `super`, used outside the text of their class, go through the class's environment.

  privateAccess(owner: ClassInfo, action: "get" | "set" | "has", name: Node): Node {
    owner.outsidePrivate.add(name["name"]);
    return b.member(b.member(this.envRef(owner.scope.env), "$private"), `${action}_${name["name"]}`);
  }

  privateIn(node: Node): Node {
    const owner = this.cx.analysis.privateOwner.get(node["left"]);
    if (owner === undefined) return { ...node, right: this.expr(node["right"]) };
    return b.at(this.privateHas(owner, node["left"], this.expr(node["right"])), node);
  }

  /** Before a class is there, nothing has its private members. */
  privateHas(owner: ClassInfo, name: Node, object: Node): Node {
    const has = b.call(this.privateAccess(owner, "has", name), object);
    if (!owner.early) return has;
    const isThere = b.binary(b.member(this.envRef(owner.scope.env), "$private"), "!==", b.void0());
    return b.logical(isThere, "&&", has);
  }

  home(of: { owner: ClassInfo; isStatic: boolean }): Node {
    const cls = b.member(this.envRef(of.owner.scope.env), "$class");
    return of.isStatic ? cls : b.member(cls, "prototype");
  }

  superThis(node: Node): Node {
    return this.read(this.cx.analysis.bindingOf.get(node)!, node);
  }

  /** `delete super.x` is an error, but what it needs is evaluated before. */
  superDelete(place: Node, key: Node | null): Node {
    const refuse = b.call(this.cx.helper("superDelete"));
    const self = this.superThis(place["object"]);
    return key === null ? b.sequence(self, refuse) : b.sequence(self, key, refuse);
  }

  // --- calls ----------------------------------------------------------------------------------------------------

  callExpression(node: Node): Node {
    const callee: Node = node["callee"];
    if (callee.type === "Super") return this.superCall(node);
    if (callee.type === "MemberExpression") {
      const outside =
        this.cx.analysis.superOwner.has(callee["object"]) ||
        this.cx.analysis.privateOwner.has(callee["property"]);
      if (!outside && this.isIteratorCall(node)) {
        return this.iteratorCall(node, this.expr(callee["object"]));
      }
      if (!outside && this.isBind(node, callee)) {
        const args = this.all([callee["object"], ...node["arguments"]]);
        return b.at(b.call(this.cx.rt("bind"), ...args), node);
      }
      if (outside || (!node["optional"] && this.isForeign(callee))) {
        const [fn, self] = this.calleeParts(callee);
        const args = this.all(node["arguments"]);
        const called = node["optional"] ? fn : this.named(fn, callee);
        if (outside) return b.at(b.call(b.member(called, "call"), self, ...args), node);
        return b.at(b.call(this.kernel("adopt"), called, self, ...args), node);
      }
    } else if (!node["optional"] && this.isForeign(callee)) {
      return b.at(
        b.call(this.kernel("adopt"), this.expr(callee), b.void0(), ...this.all(node["arguments"])),
        node,
      );
    }
    const known = this.known("fiber", node);
    if (known !== null) return b.at(known(this.all(node["arguments"])), node);
    return {
      ...node,
      callee: this.calleeExpression(callee, node["optional"]),
      arguments: this.#arguments(node),
    };
  }

  /**
   * `$k.direct(body, env, …)` if the call is awaited on the spot, `$k.fiber(body, env, …)` if it is not; null where the callee is not known, or the
   * kernel not at hand: a closure would have to look for it whenever it is made.
   */
  known(method: "direct" | "fiber", call: Node): ((args: readonly Node[]) => Node) | null {
    const fn = this.fn.lowered && this.fn.async ? knownCallee(call, this.cx.analysis) : null;
    if (fn === null) return null;
    return (args) => {
      const env = enclosingEnv(fn);
      const { body } = this.cx.site(fn.node, "async", env);
      return b.call(this.kernel(method), b.id(body!), this.envRef(env), ...args);
    };
  }

  /** `xs.entries()`, `map[Symbol.iterator]()`: the iterator may be held across a suspension, so the runtime makes it. */
  isIteratorCall(node: Node): boolean {
    const { callee, optional } = node as Node & { callee: Node; optional: boolean };
    if (node.type !== "CallExpression" || optional) return false;
    const [operand, ...more]: Node[] = node["arguments"];
    const isMatch = operand !== undefined && operand.type !== "SpreadElement" && !this.cx.suspends(operand);
    if (operand !== undefined && (more.length > 0 || !isMatch)) return false;
    if (callee.type !== "MemberExpression" || callee["optional"] || callee["object"].type === "Super")
      return false;
    if (this.cx.analysis.privateOwner.has(callee["property"]) || this.isForeign(callee)) return false;
    if (isMatch) return !callee["computed"] && callee["property"].name === "matchAll";
    if (!callee["computed"]) return iteratorMethods.has(callee["property"].name);
    const key: Node = callee["property"];
    return (
      isFixedKey(key) &&
      key["property"]?.name === "iterator" &&
      !this.cx.analysis.bindingOf.has(key["object"])
    );
  }

  /** `object`: the receiver, rewritten. */
  iteratorCall(node: Node, object: Node): Node {
    const callee: Node = node["callee"];
    const key = callee["computed"] ? callee["property"] : b.literal(callee["property"].name);
    const name = /^[\w$.]*$/.test(this.cx.textOf(callee)) ? this.cx.textOf(callee) : "(intermediate value)";
    const operands = this.all(node["arguments"]);
    const start = [object, key, b.literal(name)];
    if (operands.length === 0) return b.at(b.call(this.cx.rt("iterator"), ...start), node);
    // The method is looked up before the operand is evaluated.
    return b.at(b.call(b.call(this.cx.rt("iterator"), ...start, b.literal(true)), ...operands), node);
  }

  /** An iterable that is used up on the spot: here the engine's own iterator is as good, and faster. */
  consumed(node: Node): Node {
    if (!this.isIteratorCall(node)) return this.expr(node);
    return { ...node, callee: this.expr(node["callee"]), arguments: this.all(node["arguments"]) };
  }

  #arguments(node: Node): Node[] {
    const { callee, arguments: args } = node as Node & { callee: Node; arguments: Node[] };
    if (callee.type === "MemberExpression") for (const each of args) this.handedOver.add(each);
    const object: Node = callee.type === "MemberExpression" ? callee["object"] : callee;
    const isBuiltin = object.type === "Identifier" && !this.cx.analysis.bindingOf.has(object);
    const consumes = isBuiltin && consumers.has(this.cx.textOf(callee));
    return consumes && args.length > 0
      ? [this.consumed(args[0]!), ...this.all(args.slice(1))]
      : this.all(args);
  }

  /** `f.bind(x)`: the result can be saved only if the runtime makes it. */
  isBind(node: Node, callee: Node): boolean {
    const isNamed =
      !callee["computed"] && callee["property"].name === "bind" && callee["object"].type !== "Super";
    return isNamed && !node["optional"] && !callee["optional"];
  }

  /** A callee that passes the `this` it passes in the source. */
  calleeExpression(callee: Node, optional: boolean): Node {
    const binding = callee.type === "Identifier" ? this.cx.analysis.bindingOf.get(callee) : undefined;
    if (binding !== undefined) captureByValue(this.cx, binding, this.fn, this.unit, true);
    // With operands, or `?.`: what has been put in its place may look at its receiver.
    const isClock = clockWord(callee, this.cx.analysis)?.word === "reader";
    const asWritten = callee.type === "ChainExpression" ? this.map(callee) : null;
    const rewritten = asWritten ?? (isClock ? this.memberExpression(callee) : this.expr(callee));
    if (callee.type !== "Identifier" || rewritten.type === "Identifier") return rewritten;
    if (optional) return b.bare(rewritten);
    const named = this.named(rewritten, callee);
    return named === rewritten ? b.bare(rewritten) : named;
  }

  /** What is called, so that the source's words tell if it is no function. */
  named(fn: Node, callee: Node): Node {
    const text = calleeText(callee, this.cx.analysis);
    return text === null ? fn : b.call(this.cx.helper("callee"), fn, b.literal(text));
  }

  /** Function and receiver of `o.f(…)`, as two expressions to be evaluated in this order, before the arguments. */
  calleeParts(callee: Node): [fn: Node, self: Node] {
    const superOwner = this.cx.analysis.superOwner.get(callee["object"]);
    if (superOwner !== undefined) return [this.memberExpression(callee), this.superThis(callee["object"])];
    if (callee["object"].type === "Super") return [this.memberExpression(callee), { type: "ThisExpression" }];
    const object = this.expr(callee["object"]);
    const [first, again] = this.twice(object);
    const owner = this.cx.analysis.privateOwner.get(callee["property"]);
    if (owner !== undefined)
      return [b.call(this.privateAccess(owner, "get", callee["property"]), first), again];
    const property: Node = callee["property"];
    return [
      { ...callee, object: first, property: callee["computed"] ? this.expr(property) : property },
      again,
    ];
  }

  superCall(node: Node, args = this.all(node["arguments"])): Node {
    const outer = this.cx.analysis.bindingOf.get(node["callee"]);
    if (outer?.storage.kind === "env") {
      const through = b.member(this.envRef(outer.storage.env), "$super");
      return b.at(b.call(b.call(this.cx.helper("superCall"), through), ...args), node);
    }
    const call: Node = { ...node, arguments: args };
    const self = this.fn.scope.bindings.get("this");
    if (self?.storage.kind !== "env") return call;
    return b.sequence(call, b.assign(this.place(self), { type: "ThisExpression" }));
  }

  /** A tagged template is a call, whose first argument is the same list of strings whenever it is evaluated. */
  templateCall(node: Node): Node {
    return this.cx.templateCall(node);
  }

  isForeign(callee: Node): boolean {
    return isForeignCallee(callee, this.fn, this.cx.analysis);
  }

  // --- assignment -----------------------------------------------------------------------------------------------

  assignment(node: Node): Node {
    const { left, operator } = node as Node & { left: Node; operator: string };
    if (left.type === "Identifier") {
      const binding = this.cx.analysis.bindingOf.get(left);
      if (binding !== undefined)
        return b.at(this.assignTo(binding, left, operator, this.expr(node["right"])), node);
      return { ...node, left: this.globalPlace(left), right: this.expr(node["right"]) };
    }
    if (left.type === "MemberExpression") {
      const outside = this.outsideAssignment(node);
      if (outside !== null) return b.at(outside, node);
    }
    return { ...node, left: this.target(left), right: this.expr(node["right"]) };
  }

  /** Assignment to a variable; `value` has been rewritten. */
  assignTo(binding: Binding, node: Node, operator: string, value: Node): Node {
    const { storage } = binding;
    if (storage.kind === "native") return b.assign(b.id(storage.name), value, operator);
    if (storage.kind === "dead")
      return operator === "=" ? b.sequence(value, this.place(binding)) : this.place(binding);
    const logical = operator === "&&=" || operator === "||=" || operator === "??=";
    if (this.isConstant(binding)) {
      const refuse = b.call(this.cx.rt("constant"), b.literal(binding.name));
      if (operator === "=")
        return this.needsCheck(binding, node)
          ? b.sequence(value, this.read(binding, node), refuse)
          : b.sequence(value, refuse);
      if (logical)
        return b.logical(this.read(binding, node), operator.slice(0, -1), b.sequence(value, refuse));
      return b.sequence(this.read(binding, node), value, refuse);
    }
    const place = this.place(binding);
    if (!this.needsCheck(binding, node)) return b.assign(place, value, operator);
    if (operator === "=") {
      return b.assign(
        place,
        b.call(this.cx.helper("live"), value, this.place(binding), b.literal(binding.name)),
      );
    }
    return b.sequence(this.read(binding, node), b.assign(place, value, operator));
  }

  /**
   * `o.#x` or `super.x` outside the text of its class, to be read and then written (`get` and `set` in this order), or only
   * written (`put`); null if it is another place.
   */
  outside(place: Node): Outside | null {
    const name: Node = place["property"];
    const superOwner = this.cx.analysis.superOwner.get(place["object"]);
    if (superOwner !== undefined) {
      const key = place["computed"]
        ? b.call(this.cx.helper("key"), this.expr(name))
        : b.literal(name["name"]);
      const [first, again] = place["computed"] ? this.twice(key) : [key, key];
      return this.superPlace(place["object"], first, again);
    }
    const owner = this.cx.analysis.privateOwner.get(name);
    if (owner === undefined) return null;
    const [first, again] = this.twice(this.expr(place["object"]));
    return this.privatePlace(owner, name, first, again);
  }

  /** `first` and `again`: the key, for its first and its second use. */
  superPlace(node: Node, first: Node, again: Node): Outside {
    const owner = this.cx.analysis.superOwner.get(node)!;
    const set = (key: Node, value: Node): Node =>
      b.call(this.cx.helper("superSet"), this.home(owner), key, value, this.superThis(node));
    return {
      part: first,
      get: () => b.call(this.cx.helper("superGet"), this.home(owner), first, this.superThis(node)),
      set: (value) => set(again, value),
      put: (value) => set(first, value),
      write: set,
    };
  }

  /** `first` and `again`: the object. */
  privatePlace(owner: ClassInfo, name: Node, first: Node, again: Node): Outside {
    const set = (object: Node, value: Node): Node =>
      b.call(this.privateAccess(owner, "set", name), object, value);
    return {
      part: first,
      get: () => b.call(this.privateAccess(owner, "get", name), first),
      set: (value) => set(again, value),
      put: (value) => set(first, value),
      write: set,
    };
  }

  /** `this.#x = v`, `super.x = v` outside the class text; null if the target is another. */
  outsideAssignment(node: Node): Node | null {
    const { left, operator } = node as Node & { left: Node; operator: string };
    const place = this.outside(left);
    if (place === null) return null;
    if (operator === "=") return place.put(this.expr(node["right"]));
    const old = place.get();
    const plain = operator.slice(0, -1);
    if (plain === "&&" || plain === "||" || plain === "??")
      return b.logical(old, plain, place.set(this.expr(node["right"])));
    // The old value is read before the right side is evaluated, as the binary expression does.
    const held = this.scratch();
    return b.sequence(
      b.assign(b.id(held), old),
      place.set(b.binary(b.id(held), plain, this.expr(node["right"]))),
    );
  }

  update(node: Node): Node {
    const argument: Node = node["argument"];
    if (argument.type === "Identifier") {
      const binding = this.cx.analysis.bindingOf.get(argument);
      if (binding === undefined) return node;
      if (binding.storage.kind !== "native" && this.isConstant(binding)) {
        return b.sequence(
          this.read(binding, argument),
          b.call(this.cx.rt("constant"), b.literal(binding.name)),
        );
      }
      const update = { ...node, argument: this.place(binding) };
      return this.needsCheck(binding, argument) ? b.sequence(this.read(binding, argument), update) : update;
    }
    const place = this.outside(argument);
    return place === null ? { ...node, argument: this.target(argument) } : this.outsideUpdate(node, place);
  }

  outsideUpdate(node: Node, place: Outside): Node {
    const { operator, prefix } = node as Node & { operator: string; prefix: boolean };
    const held = b.id(this.scratch());
    const old = b.assign(held, place.get());
    const next: Node = { type: "UpdateExpression", operator, prefix, argument: held };
    if (prefix) return b.sequence(old, place.set(next));
    const result = b.id(this.scratch());
    return b.sequence(old, b.assign(result, next), place.set(held), result);
  }

  /** A pattern, or a place, that is assigned to. */
  target(node: Node, initialize = false): Node {
    switch (node.type) {
      case "Identifier": {
        const binding = this.cx.analysis.bindingOf.get(node);
        if (binding === undefined) return this.globalPlace(node);
        if (initialize || binding.storage.kind === "native") return b.at(this.place(binding), node);
        if (!this.isConstant(binding))
          return b.at(
            this.needsCheck(binding, node) ? this.checkedPlace(binding) : this.place(binding),
            node,
          );
        return b.member(b.call(this.cx.helper("constant"), b.literal(binding.name)), "value");
      }
      case "ObjectPattern":
        return {
          ...node,
          properties: node["properties"].map((property: Node) =>
            property.type === "RestElement"
              ? { ...property, argument: this.target(property["argument"], initialize) }
              : {
                  ...property,
                  shorthand: false,
                  key: property["computed"] ? this.expr(property["key"]) : property["key"],
                  value: this.target(property["value"], initialize),
                },
          ),
        };
      case "ArrayPattern":
        return {
          ...node,
          elements: node["elements"].map(
            (element: Node | null) => element && this.target(element, initialize),
          ),
        };
      case "AssignmentPattern":
        return { ...node, left: this.target(node["left"], initialize), right: this.expr(node["right"]) };
      case "RestElement":
        return { ...node, argument: this.target(node["argument"], initialize) };
      case "MemberExpression": {
        const place = this.outside(node);
        if (place !== null) {
          const [part, value] = [this.cx.id("o"), this.cx.id("v")];
          const set = b.arrow([part, value], b.block([b.statement(place.write(part, value))]));
          return b.member(b.call(this.cx.helper("target"), place.part, set), "value");
        }
        return this.memberExpression(node);
      }
      default:
        assert(false, `assignment to ${node.type}`);
    }
  }

  /** A place that is assigned to by a pattern, and may be in its dead zone: `({ set value(x) { … } }).value`. */
  checkedPlace(binding: Binding): Node {
    const value = b.id(this.cx.name("x"));
    const live = b.call(this.cx.helper("live"), value, this.place(binding), b.literal(binding.name));
    const set = b.functionExpression([value], b.block([b.set(this.place(binding), live)]));
    const setter: Node = { ...b.property(b.literal("value"), set), kind: "set" };
    return b.member(b.object([setter]), "value");
  }
}
