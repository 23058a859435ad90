/**
 * Expressions that contain a suspension, taken apart from left to right up to the last suspension; the rest stays an
 * expression. What was evaluated before a suspension is held in a temporary.
 *
 * | source                   | before                                        | rest |
 * | ------------------------ | --------------------------------------------- | ---- |
 * | `await f(x)`             | suspend t = call f(x), or f's body directly   | `t` |
 * | `await x`                | suspend t = await x                           | `t` |
 * | `yield x`, `yield* x`    | see lower-yield.ts                            | `t` |
 * | `a() + await b()`        | t1 = a(); suspend t2                          | `t1 + t2` |
 * | `o.f(await x, y)`        | t1 = o; t2 = t1.f; suspend t3                 | `$k.adopt(t2, t1, t3, y)` |
 * | `a.b = await x`          | t1 = a; suspend t2                            | `t1.b = t2` |
 * | `a[k] += await x`        | t1 = a; t2 = k; t3 = t1[t2]; suspend t4  | `t1[t2] = t3 + t4` |
 * | `a && await b`           | t = a; if (t) { suspend t }                   | `t` |
 * | `a ? await b : c`        | if (a) { suspend t } else { t = c }           | `t` |
 * | `a?.b(await x)?.c`       | t = void 0; l: { t1 = a; if (t1 == null) break l; …; t = … } | `t` |
 * | `` `${a}${await b}` ``   | t1 = `${a}`; suspend t2                       | `` `${t1}${t2}` `` |
 * | `[a, ...b, await c]`     | t1 = a; t2 = [...b]; suspend t3               | `[t1, ...t2, t3]` |
 */
import { assert } from "../../base/errors.ts";
import type { Binding, ClassInfo, Env, Fn } from "../2-analyze/scope.ts";
import { b, computedMembers, isAnonymous, isClass, type Node, staticKey } from "../node.ts";
import type { Context, Unit } from "./context.ts";
import { isAccessor, isNamedProto, isProto } from "./function-values.ts";
import { branch, type Ir, plain } from "./ir.ts";
import { lowerDelegate, lowerYield } from "./lower-yield.ts";
import type { Outside } from "./rewrite-expression.ts";
import { StatementRewriter } from "./rewrite-statement.ts";

/** The statement that assigns a value. */
type Write = (value: Node) => Node;

export class ExpressionLowering extends StatementRewriter {
  /** Variables that may live across a suspension; the others of `locals` are for one expression. */
  readonly scratches = new Set<string>();
  /** Temporaries: assigned once, so they need not be held again. */
  readonly #temporaries = new Set<string>();

  constructor(cx: Context, fn: Fn, unit: Unit, env: Env | null) {
    super(cx, fn, unit, env);
  }

  override ownPseudo(binding: Binding): Node {
    if (binding.kind === "this") return this.cx.id("self");
    if (binding.kind === "newTarget") return b.void0();
    this.locals.add(this.cx.name("arguments"));
    return this.cx.id("arguments");
  }

  override scratch(): string {
    const name = super.scratch();
    this.scratches.add(name);
    return name;
  }

  override brief(): string {
    const name = super.brief();
    this.scratches.add(name);
    return name;
  }

  suspends(node: Node | null): boolean {
    return node !== null && this.cx.suspends(node);
  }

  /** `return value` with a value that has been lowered. */
  leave(_value: Node): Node {
    assert(false, "only statements know how to leave a function");
  }

  // --- holding values -------------------------------------------------------------------------------------------

  temporary(): string {
    // Counted in the function, since frames name their slots, which edits elsewhere must not change.
    const name = this.cx.name(`t${this.#temporaries.size + 1}`);
    this.locals.add(name);
    this.#temporaries.add(name);
    return name;
  }

  set(name: string, value: Node, out: Ir[]): Node {
    if (value.type !== "Identifier" || value["name"] !== name) out.push(plain(b.set(b.id(name), value)));
    return b.id(name);
  }

  /** The value now, whatever happens later. `source` is the expression it came from. */
  hold(value: Node, source: Node | null, out: Ir[]): Node {
    if (value.type === "Literal" && !value["regex"]) return value;
    if (value.type === "UnaryExpression" && value["operator"] === "void")
      return this.hold(value["argument"], null, out) === value["argument"] ? value : b.void0();
    if (value.type === "Identifier") {
      if (this.#temporaries.has(value["name"]) || value["name"] === this.cx.name("self")) return value;
      const binding = source?.type === "Identifier" ? this.cx.analysis.bindingOf.get(source) : undefined;
      if (
        binding !== undefined &&
        !binding.assigned &&
        (binding.kind === "const" || binding.kind === "param")
      )
        return value;
    }
    return this.set(this.temporary(), value, out);
  }

  /**
   * Values of several expressions that are evaluated one after the other. Those before the last suspension are held;
   * those behind it are left to be evaluated where they stand.
   */
  operands(nodes: readonly (Node | null)[], out: Ir[], more = false): Node[] {
    const last = more ? nodes.length : nodes.findLastIndex((node) => this.suspends(node));
    return nodes.map((node, index) => {
      if (node === null) return null as unknown as Node;
      if (node.type === "SpreadElement") {
        const value = this.value(node["argument"], out);
        if (index >= last) return b.spread(value);
        return b.spread(this.hold(b.array([b.spread(value)]), null, out));
      }
      const value = this.value(node, out);
      return index < last ? this.hold(value, node, out) : value;
    });
  }

  // --- values ---------------------------------------------------------------------------------------------------

  /** What the expression is worth, after the statements added to `out`. */
  value(node: Node, out: Ir[]): Node {
    if (!this.suspends(node)) return this.expr(node);
    if (isClass(node)) return this.#class(node, out);
    switch (node.type) {
      case "AwaitExpression":
        return this.suspend(node, this.temporary(), out);
      case "YieldExpression":
        return node["delegate"] ? lowerDelegate(this, node, out) : lowerYield(this, node, out);
      case "CallExpression":
        return this.#call(node, out);
      case "NewExpression": {
        const [callee, ...args] = this.operands([node["callee"], ...node["arguments"]], out);
        return { ...node, callee, arguments: args };
      }
      case "MemberExpression":
        return this.#member(node, out);
      case "ChainExpression":
        return this.#chain(node, out);
      case "BinaryExpression":
        return this.#binary(node, out);
      case "LogicalExpression":
        return this.#logical(node, out);
      case "ConditionalExpression":
        return this.#conditional(node, out);
      case "UnaryExpression":
        return this.#unary(node, out);
      case "AssignmentExpression":
        return this.assign(node, out);
      case "UpdateExpression":
        return this.#update(node, out);
      case "SequenceExpression": {
        const all: Node[] = node["expressions"];
        const last = all.findLastIndex((each) => this.suspends(each));
        for (const each of all.slice(0, last)) out.push(plain(b.statement(this.value(each, out))));
        const rest = [this.value(all[last]!, out), ...this.all(all.slice(last + 1))];
        return b.sequence(...rest);
      }
      case "ArrayExpression":
        return { ...node, elements: this.operands(node["elements"], out) };
      case "ObjectExpression":
        return this.#object(node, out);
      case "TemplateLiteral":
        return this.#template(node, out);
      case "TaggedTemplateExpression":
        return this.value(this.templateCall(node), out);
      case "ImportExpression":
        return this.importExpression(node, this.operands([node["source"], node["options"] ?? null], out));
      default:
        assert(false, `no lowering for ${node.type}`);
    }
  }

  suspend(node: Node, target: string | null, out: Ir[]): Node {
    if (node["argument"].type === "ChainExpression" && node["argument"].expression.type === "CallExpression")
      return this.#awaitChain(node, target ?? this.temporary(), out);
    const operation = this.operation(node["argument"], out);
    out.push({ kind: "suspend", operation, target, at: node, label: 0, slots: [] });
    return target === null ? b.void0() : b.id(target);
  }

  /** Something to wait for that does not stand in the source as `await`. */
  wait(operation: Node, at: Node, out: Ir[]): Node {
    const target = this.temporary();
    out.push({ kind: "suspend", operation, target, at, label: 0, slots: [] });
    return b.id(target);
  }

  /** `$k.direct(body, env, ...args)`, `$k.call(fn, self, ...args)` or `$k.await(value)` */
  operation(awaited: Node, out: Ir[]): Node {
    if (awaited.type === "TaggedTemplateExpression") return this.operation(this.templateCall(awaited), out);
    if (awaited.type === "CallExpression" && awaited["callee"].type !== "Super") {
      const known = this.known("direct", awaited);
      if (known !== null) return known(this.operands(awaited["arguments"], out));
      const [fn, self] = this.#callee(awaited["callee"], awaited["arguments"], out);
      const called = this.named(fn, awaited["callee"]);
      return b.call(this.kernel("call"), called, self, ...this.operands(awaited["arguments"], out));
    }
    return b.call(this.kernel("await"), this.value(awaited, out));
  }

  /** Function and receiver; held if an argument suspends. */
  #callee(callee: Node, args: readonly Node[], out: Ir[]): [fn: Node, self: Node] {
    const later = args.some((arg) => this.suspends(arg));
    if (callee.type === "ChainExpression" && callee["expression"].type === "MemberExpression") {
      return this.#chainCallee(callee["expression"], out);
    }
    if (callee.type !== "MemberExpression") {
      const fn = this.value(callee, out);
      return [later ? this.hold(fn, callee, out) : fn, b.void0()];
    }
    if (!later && !this.suspends(callee)) return this.calleeParts(callee);
    if (
      this.cx.analysis.superOwner.has(callee["object"]) ||
      this.cx.analysis.privateOwner.has(callee["property"])
    ) {
      assert(!this.suspends(callee["property"]), "a private name does not suspend");
      const object = this.suspends(callee["object"]) ? this.#heldObject(callee["object"], out) : null;
      const [fn, self] =
        object === null
          ? this.calleeParts(callee)
          : [
              b.call(
                this.privateAccess(
                  this.cx.analysis.privateOwner.get(callee["property"])!,
                  "get",
                  callee["property"],
                ),
                object,
              ),
              object,
            ];
      const heldSelf = this.hold(fn, null, out);
      return [heldSelf, this.hold(self, null, out)];
    }
    const object = this.#heldObject(callee["object"], out);
    const property = callee["computed"] ? this.value(callee["property"], out) : callee["property"];
    const fn: Node = { ...callee, object, property };
    return [later ? this.hold(fn, null, out) : fn, object];
  }

  #heldObject(node: Node, out: Ir[]): Node {
    const value = this.value(node, out);
    return this.hold(value, node, out);
  }

  #call(node: Node, out: Ir[]): Node {
    const { callee, arguments: args } = node as Node & { callee: Node; arguments: Node[] };
    if (callee.type === "Super") return this.superCall(node, this.operands(args, out));
    const later = args.some((arg) => this.suspends(arg));
    if (this.isIteratorCall(node)) return this.iteratorCall(node, this.value(callee["object"], out));
    if (
      !later &&
      callee.type === "MemberExpression" &&
      !this.isForeign(callee) &&
      !this.cx.analysis.privateOwner.has(callee["property"])
    ) {
      return { ...node, callee: this.#member(callee, out), arguments: this.all(args) };
    }
    const known = this.known("fiber", node);
    if (known !== null) return b.at(known(this.operands(args, out)), node);
    const isMethod = callee.type === "MemberExpression" || callee.type === "ChainExpression";
    const [fn, self] = this.#callee(callee, args, out);
    const given = this.operands(args, out);
    if (isMethod || this.isForeign(callee))
      return b.at(b.call(this.kernel("adopt"), this.named(fn, callee), self, ...given), node);
    return { ...node, callee: b.bare(this.named(fn, callee)), arguments: given };
  }

  #member(node: Node, out: Ir[]): Node {
    const owner = this.cx.analysis.privateOwner.get(node["property"]);
    if (owner !== undefined)
      return b.call(this.privateAccess(owner, "get", node["property"]), this.value(node["object"], out));
    if (this.cx.analysis.superOwner.has(node["object"])) {
      const key = this.value(node["property"], out);
      return b.call(
        this.cx.helper("superGet"),
        this.home(this.cx.analysis.superOwner.get(node["object"])!),
        key,
        this.superThis(node["object"]),
      );
    }
    if (!node["computed"]) return { ...node, object: this.value(node["object"], out) };
    const [object, property] = this.operands([node["object"], node["property"]], out);
    return { ...node, object, property };
  }

  #binary(node: Node, out: Ir[]): Node {
    if (node["left"].type === "PrivateIdentifier") {
      const owner = this.cx.analysis.privateOwner.get(node["left"]);
      const right = this.value(node["right"], out);
      return owner === undefined ? { ...node, right } : this.privateHas(owner, node["left"], right);
    }
    const [left, right] = this.operands([node["left"], node["right"]], out);
    return { ...node, left, right };
  }

  #unary(node: Node, out: Ir[]): Node {
    const argument: Node = node["argument"];
    if (node["operator"] === "delete" && argument.type === "MemberExpression") {
      if (this.cx.analysis.superOwner.has(argument["object"]))
        return this.superDelete(
          argument,
          argument["computed"] ? this.value(argument["property"], out) : null,
        );
      return { ...node, argument: this.#member(argument, out) };
    }
    if (node["operator"] === "delete")
      return argument.type === "ChainExpression"
        ? this.#deleteChain(argument["expression"], out)
        : b.sequence(this.value(argument, out), b.literal(true));
    return { ...node, argument: this.value(argument, out) };
  }

  #logical(node: Node, out: Ir[]): Node {
    if (!this.suspends(node["right"])) {
      return { ...node, left: this.value(node["left"], out), right: this.expr(node["right"]) };
    }
    const name = this.#variable();
    this.set(name, this.value(node["left"], out), out);
    const then: Ir[] = [];
    this.set(name, this.value(node["right"], then), then);
    out.push(branch(this.shortCircuit(node["operator"], b.id(name)), then, []));
    return b.id(name);
  }

  /** Whether the right side of a logical operator is evaluated. */
  shortCircuit(operator: string, left: Node): Node {
    if (operator === "&&") return left;
    return operator === "||" ? b.unary("!", left) : isNullish(left);
  }

  /** A temporary that is assigned on more than one path. */
  #variable(): string {
    return this.temporary();
  }

  #conditional(node: Node, out: Ir[]): Node {
    const test = this.value(node["test"], out);
    if (!this.suspends(node["consequent"]) && !this.suspends(node["alternate"])) {
      return {
        ...node,
        test,
        consequent: this.expr(node["consequent"]),
        alternate: this.expr(node["alternate"]),
      };
    }
    const name = this.#variable();
    const then: Ir[] = [];
    const otherwise: Ir[] = [];
    this.set(name, this.value(node["consequent"], then), then);
    this.set(name, this.value(node["alternate"], otherwise), otherwise);
    out.push(branch(test, then, otherwise));
    return b.id(name);
  }

  // --- assignment -----------------------------------------------------------------------------------------------

  assign(node: Node, out: Ir[]): Node {
    const { left, right, operator } = node as Node & { left: Node; right: Node; operator: string };
    if (operator === "&&=" || operator === "||=" || operator === "??=") return this.#logicalAssign(node, out);
    if (left.type === "Identifier") {
      const binding = this.cx.analysis.bindingOf.get(left);
      if (operator === "=") {
        const value = this.value(right, out);
        return binding === undefined
          ? b.assign(this.globalPlace(left), value)
          : this.assignTo(binding, left, "=", value);
      }
      const old = this.set(this.temporary(), this.expr(left), out);
      const value = b.binary(old, operator.slice(0, -1), this.value(right, out));
      return binding === undefined
        ? b.assign(this.globalPlace(left), value)
        : this.assignTo(binding, left, "=", value);
    }
    if (left.type === "ObjectPattern" || left.type === "ArrayPattern") {
      const value = this.hold(this.value(right, out), right, out);
      if (!this.suspends(left)) return b.sequence(b.assign(this.target(left), value), value);
      this.destructure(left, value, false, out);
      return value;
    }
    const outside = this.#outside(left, out);
    if (outside !== null) {
      if (operator === "=") return outside.set(this.value(right, out));
      const old = this.hold(outside.get(), null, out);
      return outside.set(b.binary(old, operator.slice(0, -1), this.value(right, out)));
    }
    const place = this.#place(left, out, operator !== "=" || this.suspends(right));
    if (operator === "=") return b.assign(place, this.value(right, out));
    const old = this.hold(place, null, out);
    return b.assign(place, b.binary(old, operator.slice(0, -1), this.value(right, out)));
  }

  /** A member to be written to; its parts are held if something suspends before that. */
  #place(node: Node, out: Ir[], held = true): Node {
    assert(node.type === "MemberExpression", `no place: ${node.type}`);
    if (!node["computed"]) {
      const object = this.value(node["object"], out);
      return { ...node, object: held ? this.hold(object, node["object"], out) : object };
    }
    const [object, key] = this.operands([node["object"], node["property"]], out, held);
    return { ...node, object, property: key };
  }

  /** `o.#x` or `super.x`, its parts held. */
  #outside(node: Node, out: Ir[]): Outside | null {
    const name: Node = node["property"];
    if (this.cx.analysis.superOwner.has(node["object"])) {
      const key = node["computed"]
        ? this.hold(b.call(this.cx.helper("key"), this.value(name, out)), null, out)
        : b.literal(name["name"]);
      return this.superPlace(node["object"], key, key);
    }
    const owner = this.cx.analysis.privateOwner.get(name);
    if (owner === undefined) return null;
    const object = this.#heldObject(node["object"], out);
    return this.privatePlace(owner, name, object, object);
  }

  #update(node: Node, out: Ir[]): Node {
    const outside = this.#outside(node["argument"], out);
    if (outside !== null) return this.outsideUpdate(node, outside);
    return { ...node, argument: this.#place(node["argument"], out) };
  }

  #logicalAssign(node: Node, out: Ir[]): Node {
    const { left, right } = node as Node & { left: Node; right: Node };
    const operator = (node["operator"] as string).slice(0, -1);
    const name = this.#variable();
    const binding = left.type === "Identifier" ? this.cx.analysis.bindingOf.get(left) : undefined;
    const outside = left.type === "Identifier" ? null : this.#outside(left, out);
    let write: (value: Node) => Node;
    if (left.type === "Identifier") {
      this.set(name, this.expr(left), out);
      write = (value) =>
        binding === undefined ? b.assign(left, value) : this.assignTo(binding, left, "=", value);
    } else if (outside !== null) {
      this.set(name, outside.get(), out);
      write = outside.set;
    } else {
      const place = this.#place(left, out);
      this.set(name, place, out);
      write = (value) => b.assign(place, value);
    }
    const then: Ir[] = [];
    this.set(name, write(this.value(right, then)), then);
    out.push(branch(this.shortCircuit(operator, b.id(name)), then, []));
    return b.id(name);
  }

  // --- destructuring with a suspension in the pattern -----------------------------------------------------------

  /** `value` is held. `write`: assigns to the place of the pattern, which has been evaluated already. */
  destructure(pattern: Node, value: Node, initialize: boolean, out: Ir[], write?: Write | null): void {
    if (pattern.type === "AssignmentPattern") {
      const name = this.#variable();
      this.set(name, value, out);
      const then: Ir[] = [];
      this.set(name, this.value(pattern["right"], then), then);
      out.push(branch(b.binary(b.id(name), "===", b.void0()), then, []));
      this.destructure(pattern["left"], b.id(name), initialize, out, write);
    } else if (write != null) {
      out.push(plain(write(value)));
    } else if (!this.suspends(pattern)) {
      out.push(plain(b.set(this.target(pattern, initialize), value)));
    } else if (pattern.type === "ObjectPattern") {
      this.#destructureObject(pattern, value, initialize, out);
    } else if (pattern.type === "ArrayPattern") {
      this.#destructureArray(pattern, value, initialize, out);
    } else out.push(plain(this.#written(pattern, out)!(value)));
  }

  /** The place that an element of a pattern is assigned to comes before its value; null if it is no place but a variable or a pattern. */
  #written(element: Node, out: Ir[]): Write | null {
    const place: Node = element.type === "AssignmentPattern" ? element["left"] : element;
    if (place.type !== "MemberExpression") return null;
    const outside = this.#outside(place, out);
    if (outside !== null) return (value) => b.statement(outside.set(value));
    const held = this.#place(place, out);
    return (value) => b.set(held, value);
  }

  #destructureObject(pattern: Node, value: Node, initialize: boolean, out: Ir[]): void {
    out.push(plain(b.set({ type: "ObjectPattern", properties: [] }, value)));
    const keys: Node[] = [];
    const hasRest = pattern["properties"].at(-1)?.type === "RestElement";
    for (const property of pattern["properties"] as Node[]) {
      if (property.type === "RestElement") {
        const write = this.#written(property["argument"], out);
        const rest = this.hold(b.call(this.cx.helper("rest"), value, b.array(keys)), null, out);
        this.destructure(property["argument"], rest, initialize, out, write);
        continue;
      }
      let key: Node;
      if (property["computed"]) {
        key = this.hold(b.call(this.cx.helper("key"), this.value(property["key"], out)), null, out);
      } else key = b.literal(String(property["key"].name ?? property["key"].value));
      if (hasRest) keys.push(key);
      const write = this.#written(property["value"], out);
      this.destructure(property["value"], this.hold(b.index(value, key), null, out), initialize, out, write);
    }
  }

  #destructureArray(pattern: Node, value: Node, initialize: boolean, out: Ir[]): void {
    const iterator = b.id(this.#variable());
    const done = b.id(this.#variable());
    out.push(
      plain(b.set(iterator, b.call(this.cx.rt("iterate"), value))),
      plain(b.set(done, b.literal(false))),
    );
    // A step that throws leaves `done` true: then the iterator is not closed.
    const step = (): Node[] => [
      b.set(done, b.literal(true)),
      b.set(done, b.unary("!", b.call(b.member(iterator, "step")))),
    ];
    const block: Ir[] = [];
    for (const element of pattern["elements"] as (Node | null)[]) {
      const item = b.id(this.#variable());
      const write =
        element && this.#written(element.type === "RestElement" ? element["argument"] : element, block);
      if (element?.type === "RestElement") {
        const more = b.block([
          ...step(),
          b.if(b.unary("!", done), b.statement(b.call(b.member(item, "push"), b.member(iterator, "value")))),
        ]);
        block.push(plain(b.set(item, b.array([]))));
        block.push(plain({ type: "WhileStatement", test: b.unary("!", done), body: more }));
        this.destructure(element["argument"], item, initialize, block, write);
        continue;
      }
      block.push(plain(b.set(item, b.void0())));
      const take = b.if(b.unary("!", done), b.set(item, b.member(iterator, "value")));
      block.push(plain(b.if(b.unary("!", done), b.block([...step(), take]))));
      if (element !== null) this.destructure(element, item, initialize, block, write);
    }
    const thrown = this.cx.id("x");
    const close = (failed: boolean): Node =>
      b.if(b.unary("!", done), b.statement(b.call(b.member(iterator, "close"), b.literal(failed))));
    const clause: Node = {
      type: "CatchClause",
      param: thrown,
      body: b.block([close(true), b.throw(thrown)]),
    };
    const guarded: Ir = { kind: "try", block, clause, thrown: "", caught: "", handler: [], low: 0, high: 0 };
    if (!this.fn.generator) {
      out.push(guarded, plain(close(false)));
      return;
    }
    // `return` at a `yield` in the pattern leaves it without an exception, and closes the iterator like the orderly end.
    const failed = b.id(this.#variable());
    clause["body"].body.unshift(b.set(failed, b.literal(true)));
    const finalizer = b.block([b.if(b.unary("!", failed), close(false))]);
    out.push(plain(b.set(failed, b.literal(false))), {
      kind: "finally",
      block: [guarded],
      finalizer,
      low: 0,
      high: 0,
    });
  }

  // --- literals, templates, classes -----------------------------------------------------------------------------

  #object(node: Node, out: Ir[]): Node {
    const env = this.cx.analysis.scopeOf.get(node)?.env ?? null;
    if (env !== null) out.push(plain(b.set(this.envRef(env), this.homeLiteral(env))));
    const properties: Node[] = node["properties"];
    const literal = properties.some(isAccessor)
      ? this.#objectInParts(node, out)
      : { ...node, properties: this.#properties(properties, node, out) };
    return env === null ? literal : this.setHome(env, literal);
  }

  /** With accessors, an object comes into being part by part. */
  #objectInParts(node: Node, out: Ir[]): Node {
    const result = b.id(this.#variable());
    let isThere = false;
    let part: Node[] = [];
    const flush = (): void => {
      if (part.length === 0 && isThere) return;
      const literal = b.object(this.#properties(part, node, out));
      out.push(plain(b.set(result, isThere ? b.call(this.cx.helper("define"), result, literal) : literal)));
      isThere = true;
      part = [];
    };
    for (const property of node["properties"] as Node[]) {
      if (isThere && isProto(property)) {
        flush();
        out.push(
          plain(b.statement(b.call(this.cx.helper("proto"), result, this.value(property["value"], out)))),
        );
      } else if (!isAccessor(property)) part.push(property);
      else {
        flush();
        const key = property["computed"]
          ? this.hold(b.call(this.cx.helper("key"), this.value(property["key"], out)), null, out)
          : b.literal(staticKey(property)!);
        out.push(plain(b.statement(this.accessor(result, property, node, key, key))));
      }
    }
    flush();
    return result;
  }

  #properties(properties: readonly Node[], literal: Node, out: Ir[]): Node[] {
    const last = properties.findLastIndex((each) => this.suspends(each));
    return properties.map((property, index) => {
      const isBefore = index < last;
      if (property.type === "SpreadElement") {
        const value = this.value(property["argument"], out);
        return b.spread(isBefore ? this.hold(b.object([b.spread(value)]), null, out) : value);
      }
      if (index > last) return this.property(property, literal);
      const all = { ...property, method: false, shorthand: false };
      const isNamed = property["computed"] && isAnonymous(property["value"]);
      const computed: boolean = property["computed"] || isNamedProto(property);
      let key: Node = isNamedProto(property) ? b.literal("__proto__") : property["key"];
      if (property["computed"]) {
        key = this.value(key, out);
        if (isBefore || isNamed || this.suspends(property["value"]))
          key = this.hold(b.call(this.cx.helper("key"), key), null, out);
      }
      const made = property["method"] ? this.method(property, literal) : this.value(property["value"], out);
      const value = isNamed ? b.call(this.cx.helper("dynamicName"), key, made) : made;
      return { ...all, computed, key, value: isBefore ? this.hold(value, property["value"], out) : value };
    });
  }

  #template(node: Node, out: Ir[]): Node {
    // Each part becomes a string as soon as it is evaluated.
    const expressions: Node[] = node["expressions"];
    const last = expressions.findLastIndex((each) => this.suspends(each));
    const lowered = expressions.map((each, index) => {
      const value = this.value(each, out);
      return index < last ? this.hold(templateOf(value), null, out) : value;
    });
    return { ...node, expressions: lowered };
  }

  #class(node: Node, out: Ir[]): Node {
    const info = this.cx.analysis.classOf.get(node)!;
    const { env } = info.scope;
    if (!info.early || env === null) return this.#classParts(node, info, out);
    out.push(plain(b.set(this.envRef(env), this.earlyEnv(info))));
    return this.inEarly(env, () => this.#classParts(node, info, out));
  }

  #classParts(node: Node, info: ClassInfo, out: Ir[]): Node {
    const entry = this.cx.site(node, "class", info.scope.env ?? this.env);
    const keyed = computedMembers(node);
    const sources = [node["superClass"] ?? b.void0(), ...keyed.map((member) => member["key"])];
    const last = sources.findLastIndex((each) => this.suspends(each));
    const [heritage, ...keys] = sources.map((source, index) => {
      const raw =
        source.type === "UnaryExpression" && index === 0 && node["superClass"] === null
          ? source
          : this.value(source, out);
      const value = index === 0 ? raw : b.call(this.cx.helper("key"), raw);
      return index < last ? this.hold(value, source, out) : value;
    });
    return this.makeClass(node, entry.index, heritage!, keys);
  }

  // --- optional chains ------------------------------------------------------------------------------------------

  #chain(node: Node, out: Ir[]): Node {
    const result = this.#variable();
    const label = this.cx.fresh("l");
    this.set(result, b.void0(), out);
    const body: Ir[] = [];
    this.set(result, this.#link(node["expression"], label, body), body);
    out.push({ kind: "block", labels: [label], body, low: 0, high: 0 });
    return b.id(result);
  }

  /** `delete a?.b`, which is `true` where the chain ends early. */
  #deleteChain(link: Node, out: Ir[]): Node {
    const result = this.#variable();
    const label = this.cx.fresh("l");
    this.set(result, b.literal(true), out);
    const body: Ir[] = [];
    if (link.type !== "MemberExpression") body.push(plain(b.statement(this.#link(link, label, body))));
    else {
      const object = this.hold(this.#link(link["object"], label, body), null, body);
      if (link["optional"]) body.push(leaveIfNullish(object, label));
      const property = link["computed"] ? this.value(link["property"], body) : link["property"];
      this.set(result, b.unary("delete", { ...link, optional: false, object, property }), body);
    }
    out.push({ kind: "block", labels: [label], body, low: 0, high: 0 });
    return b.id(result);
  }

  /** `(a?.f)(…)` passes `a` as `this`. */
  #chainCallee(member: Node, out: Ir[]): [fn: Node, self: Node] {
    const fn = this.#variable();
    const self = this.#variable();
    const label = this.cx.fresh("l");
    this.set(fn, b.void0(), out);
    this.set(self, b.void0(), out);
    const body: Ir[] = [];
    this.set(self, this.#link(member["object"], label, body), body);
    if (member["optional"]) body.push(leaveIfNullish(b.id(self), label));
    const property = member["computed"] ? this.value(member["property"], body) : member["property"];
    this.set(fn, { ...member, optional: false, object: b.id(self), property }, body);
    out.push({ kind: "block", labels: [label], body, low: 0, high: 0 });
    return [b.id(fn), b.id(self)];
  }

  /** `await a?.b(x)`: the call is fused with the await; a chain that ends early awaits `undefined`. */
  #awaitChain(node: Node, target: string, out: Ir[]): Node {
    const chained: Node = node["argument"].expression;
    const isCalled = this.#variable();
    const label = this.cx.fresh("l");
    this.set(isCalled, b.literal(false), out);
    const body: Ir[] = [];
    const [fn, self] = this.#linkCallee(chained, label, body);
    const operation = b.call(this.kernel("call"), fn, self, ...this.operands(chained["arguments"], body));
    body.push({ kind: "suspend", operation, target, at: node, label: 0, slots: [] });
    this.set(isCalled, b.literal(true), body);
    out.push({ kind: "block", labels: [label], body, low: 0, high: 0 });
    const early: Ir[] = [];
    const nothing = b.call(this.kernel("await"), b.void0());
    early.push({ kind: "suspend", operation: nothing, target, at: node, label: 0, slots: [] });
    out.push(branch(b.unary("!", b.id(isCalled)), early, []));
    return b.id(target);
  }

  /** Function and receiver of a call in a chain. */
  #linkCallee(node: Node, label: string, out: Ir[]): [fn: Node, self: Node] {
    const callee: Node = node["callee"];
    let fn: Node;
    let self: Node = b.void0();
    if (callee.type === "MemberExpression" && callee["object"].type !== "Super") {
      self = this.hold(this.#link(callee["object"], label, out), null, out);
      if (callee["optional"]) out.push(leaveIfNullish(self, label));
      const owner = this.cx.analysis.privateOwner.get(callee["property"]);
      const property = callee["computed"] ? this.value(callee["property"], out) : callee["property"];
      const member: Node =
        owner === undefined
          ? { ...callee, optional: false, object: self, property }
          : b.call(this.privateAccess(owner, "get", callee["property"]), self);
      fn = this.hold(member, null, out);
    } else fn = this.hold(this.#link(callee, label, out), null, out);
    if (node["optional"]) out.push(leaveIfNullish(fn, label));
    return [fn, self];
  }

  /** One member or call of a chain; leaves the block when an optional part is nullish. */
  #link(node: Node, label: string, out: Ir[]): Node {
    if (node.type === "MemberExpression") {
      const object = this.hold(this.#link(node["object"], label, out), null, out);
      if (node["optional"]) out.push(leaveIfNullish(object, label));
      const owner = this.cx.analysis.privateOwner.get(node["property"]);
      if (owner !== undefined) return b.call(this.privateAccess(owner, "get", node["property"]), object);
      const property = node["computed"] ? this.value(node["property"], out) : node["property"];
      return { ...node, optional: false, object, property };
    }
    if (node.type === "CallExpression") {
      const [fn, self] = this.#linkCallee(node, label, out);
      return b.at(b.call(this.kernel("adopt"), fn, self, ...this.operands(node["arguments"], out)), node);
    }
    return this.value(node, out);
  }
}

function isNullish(value: Node): Node {
  return b.binary(value, "==", b.literal(null));
}

function leaveIfNullish(value: Node, label: string): Ir {
  return plain(b.if(isNullish(value), b.break(label)));
}

function templateOf(value: Node): Node {
  const quasi = (tail: boolean): Node => ({ type: "TemplateElement", value: { raw: "", cooked: "" }, tail });
  return { type: "TemplateLiteral", quasis: [quasi(false), quasi(true)], expressions: [value] };
}
