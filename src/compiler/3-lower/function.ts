/**
 * The texts of functions that are not suspendable, and the factories (`make`) of all functions:
 *
 * ```js
 * function twice(x) { return x * factor }          // source; factor is captured
 *
 * const $m3 = ($e) => ({ twice: function (x) { return x * $e.factor; } }).twice;       // output, at the top of the module
 * ```
 *
 * The detour through a property gives the function its name without bringing that name into scope.
 */

import { isOnlyCalled } from "../2-analyze/called.ts";
import { takesParamsApart } from "../2-analyze/dead-zone.ts";
import type { Fn } from "../2-analyze/scope.ts";
import { b, type Node } from "../node.ts";
import { readCaptures } from "./captures.ts";
import { type Context, enclosingEnv, type SiteEntry, type Unit } from "./context.ts";
import { StatementRewriter } from "./rewrite-statement.ts";

/** Parameters of the public functions that the runtime makes: src/runtime/starters.ts. */
const startersMax = 4;

/**
 * `{ name: value }.name`: the key is no computed one, so that the engine knows the name when it compiles and the object is never made.
 * An arrow function without a name needs no detour, and `__proto__` has to be computed.
 */
export function named(name: string, value: Node, method = false): Node {
  if (name === "" && value.type === "ArrowFunctionExpression") return value;
  const key = name === "__proto__" ? b.literal(name) : name;
  return b.member(b.object([{ ...b.property(key, value), method }]), name);
}

/** Number of parameters that `length` counts. */
function countedParams(node: Node): number {
  const index = node["params"].findIndex(
    (param: Node) => param.type === "AssignmentPattern" || param.type === "RestElement",
  );
  return index < 0 ? node["params"].length : index;
}

function mayBeSetter({ kind, node }: Fn): boolean {
  if (kind !== "accessor" && kind !== "member") return false;
  return node["params"].length === 1 && node["params"][0].type !== "RestElement";
}

/** Adds the text of a site's factory. */
export function makeFunction(cx: Context, entry: SiteEntry): void {
  const fn = cx.fnOf(entry.node);
  const unit = cx.unit(entry.env, new Map());
  const value = nativeFunction(cx, fn, unit);
  const captures = readCaptures(cx, unit);
  const params = captures.length === 0 ? [cx.id("e")] : [cx.id("e"), cx.id("s"), cx.id("q")];
  addFactory(cx, entry, params, [...cx.prelude(unit), ...captures], wrapped(cx, fn, value));
}

/** `const $m3 = ($e) => value`. */
export function addFactory(
  cx: Context,
  entry: SiteEntry,
  params: Node[],
  first: readonly Node[],
  value: Node,
): void {
  const body = first.length === 0 ? value : b.block([...first, b.return(value)]);
  cx.texts.push(b.at(b.const(entry.make, b.arrow(params, body)), entry.node));
}

/** The function value with its name and its nature (arrow, method, constructor or none). */
function wrapped(cx: Context, fn: Fn, value: Node): Node {
  const name = cx.siteName(fn.node);
  if (fn.kind === "method") return named(name, value, true);
  if (fn.kind === "accessor") return named(name, value, true);
  return named(name, value);
}

/** The function as it was, over rewritten variables. */
export function nativeFunction(cx: Context, fn: Fn, unit: Unit): Node {
  const { node } = fn;
  const { params, body } = nativeParts(cx, fn, unit);
  if (fn.kind === "arrow" && node["expression"] && body.length === 1 && body[0]!.type === "ReturnStatement") {
    return b.at(b.arrow(params, body[0]!["argument"]), node);
  }
  const text = b.at(b.block(body), node["body"]);
  if (fn.kind === "arrow") return b.at(b.arrow(params, text), node);
  return b.at(b.functionExpression(params, text), node);
}

function nativeParts(cx: Context, fn: Fn, unit: Unit): { params: Node[]; body: Node[] } {
  const { node } = fn;
  const outer = enclosingEnv(fn);
  const rewriter = new StatementRewriter(cx, fn, unit, outer);
  const values = new Map<string, Node>();
  const apart = takesParamsApart(fn);
  let params: Node[];
  let list: Node[] = [];
  if (apart) {
    const leading = Array.from({ length: countedParams(node) }, () => b.id(cx.fresh("p")));
    const rest = b.id(cx.fresh("p"));
    if (mayBeSetter(fn)) {
      // A setter must have one parameter and no rest; with a default it does not count.
      params = leading.length > 0 ? leading : [{ type: "AssignmentPattern", left: rest, right: b.void0() }];
      list = [b.array(leading.length > 0 ? leading : [rest])];
    } else {
      params = [...leading, { type: "RestElement", argument: rest }];
      list = [b.array([...leading, b.spread(rest)])];
    }
  } else {
    rewriter.inParams = true;
    params = node["params"].map((param: Node) => rewriter.target(param, true));
    rewriter.inParams = false;
    for (const name of rewriter.locals) unit.locals.add(name);
    rewriter.locals.clear();
    for (const binding of fn.scope.bindings.values()) {
      if (binding.kind === "param" && binding.storage.kind === "env") {
        values.set(binding.storage.field, b.id(binding.name));
      }
    }
  }
  const statements = rewriter.open(fn.scope, values);
  if (fn.superInArrow) statements.push(superText(cx, rewriter, fn));
  if (apart) {
    const pattern: Node = {
      type: "ArrayPattern",
      elements: node["params"].map((param: Node) => rewriter.target(param, true)),
    };
    statements.push(b.set(pattern, list[0]!));
  }
  statements.push(...rewriter.hoisted(fn.scope));
  if (fn.body !== fn.scope) statements.push(...enterBody(rewriter, fn));
  if (node["body"].type === "BlockStatement") statements.push(...rewriter.statements(node["body"].body));
  else statements.push(b.at(b.return(rewriter.expr(node["body"])), node["body"]));
  return { params, body: [...declareLocals(rewriter.locals, paramNames(params)), ...statements] };
}

/** `$super` of the constructor's environment, for the arrow functions that call `super()`: not enumerable, so not saved. */
function superText(cx: Context, rewriter: StatementRewriter, fn: Fn): Node {
  const given = cx.id("a");
  const call: Node = {
    type: "CallExpression",
    callee: { type: "Super" },
    arguments: [b.spread(given)],
    optional: false,
  };
  const self = rewriter.place(fn.scope.bindings.get("this")!);
  const value = b.arrow([{ type: "RestElement", argument: given }], b.assign(self, call));
  return b.statement(b.call(cx.helper("method"), rewriter.envRef(fn.scope.env), b.literal("$super"), value));
}

/** A body with a scope of its own: a `var` with the name of a parameter begins with its value. */
export function enterBody(rewriter: StatementRewriter, fn: Fn): Node[] {
  const copies: Node[] = [];
  const values = new Map<string, Node>();
  for (const binding of fn.body.bindings.values()) {
    const param = fn.scope.bindings.get(binding.name);
    if (binding.kind !== "var" || param === undefined) continue;
    if (binding.storage.kind === "env") values.set(binding.storage.field, rewriter.place(param));
    else if (binding.storage.kind === "native") {
      copies.push(b.declare("var", [[b.id(binding.storage.name), rewriter.place(param)]]));
    } else copies.push(b.set(rewriter.place(binding), rewriter.place(param)));
  }
  return [...rewriter.enter(fn.body, values), ...copies];
}

function paramNames(params: Node[]): Set<string> {
  return new Set(params.filter((param) => param.type === "Identifier").map((param) => param["name"]));
}

export function declareLocals(locals: ReadonlySet<string>, except: ReadonlySet<string> = new Set()): Node[] {
  const names = [...locals].filter((name) => !except.has(name));
  return names.length === 0
    ? []
    : [
        b.declare(
          "let",
          names.map((name) => [b.id(name), null]),
        ),
      ];
}

/** Whether the runtime can make the public function: one of a module that only passes on what it is given. */
function isPlain(cx: Context, fn: Fn): boolean {
  return (
    fn.kind !== "method" &&
    fn.parent?.kind === "module" &&
    enclosingEnv(fn) === null &&
    countedParams(fn.node) <= startersMax &&
    // Its list is as long as what was given.
    (fn.kind === "arrow" || !fn.scope.bindings.has("arguments")) &&
    cx.siteName(fn.node) !== "(anonymous)"
  );
}

/** Parameters that leave the function its `length`, and all that was given, as a list. */
export function passedOn(cx: Context, { kind, node, scope }: Fn): { params: Node[]; args: Node } {
  const usesArguments = kind !== "arrow" && scope.bindings.has("arguments");
  const count = countedParams(node);
  // Under their names: there are packages that look for those in a function's text.
  const params: Node[] = Array.from({ length: count }, (_, index) => {
    const param: Node = node["params"][index];
    return b.id(param.type === "Identifier" ? param["name"] : cx.name(`p${index}`));
  });
  // Put together without spreading, since a program may have replaced what lists are iterated by.
  let given: Node = b.array([...params]);
  if (usesArguments || count < node["params"].length) {
    params.push({ type: "RestElement", argument: cx.id("a") });
    given = count === 0 ? cx.id("a") : b.call(b.member(given, "concat"), cx.id("a"));
  }
  const args = usesArguments && count > 0 ? b.array([b.spread(b.id("arguments"))]) : given;
  return { params, args };
}

/** Adds the factory of the public function of an async site: it starts the body as a fiber and answers a promise. */
export function makeStarter(cx: Context, entry: SiteEntry): void {
  const { node } = entry;
  const fn = cx.fnOf(node);
  const { params, args } = passedOn(cx, fn);
  if (isPlain(cx, fn)) {
    const rest = params.at(-1)?.type === "RestElement";
    entry.starter = { parameters: rest ? params.length - 1 : params.length, rest };
    return;
  }
  const self: Node = fn.kind === "arrow" ? b.void0() : { type: "ThisExpression" };
  const start = b.call(b.member(cx.kernelFrom(entry.env), "start"), cx.id("s"), cx.id("e"), self, args);
  const name = cx.siteName(node);
  const value =
    fn.kind === "arrow"
      ? named(name, b.arrow(params, start))
      : named(name, b.functionExpression(params, b.block([b.return(start)])), true);
  const made = isOnlyCalled(fn, cx.analysis) ? value : b.call(cx.helper("async"), value);
  addFactory(cx, entry, [cx.id("e"), cx.id("s")], [], made);
}
