/**
 * The texts of classes:
 *
 * ```js
 * class Account extends Base {                     // source
 *   static opened = 0;
 *   #balance = 0;
 *   static { register(Account); }
 *   async deposit(n) { this.#balance += n; await log(n); }
 *   [key]() {}
 * }
 *
 * const $m4 = ($e, $s, $h) => {                    // output: the class without what runs once
 *   const $c = { Account: class extends $h {
 *     deposit() {}
 *     [$e.$key0]() {}
 *   } }.Account;
 *   $method($c.prototype, "deposit", $C($L[5], $e));
 *   return $c;
 * };
 * function $class4($h, $up, $k0) {                 // what the class declaration calls
 *   const $e = { $up, Account: $u, $class: $u, $key0: $k0 };
 *   $e.Account = $e.$class = $C($L[4], $e, $h);
 *   $static4.call($e.$class, $e);
 *   return $e.$class;
 * }
 * function $static4($e) { $field(this, "opened", 0); (function () { … }).call(this); }
 * ```
 *
 * K1. Making a class again (from site, environment and superclass) runs no code of the program: static parts and computed keys
 *     were evaluated when the class was declared.
 * K2. Private members are made beside the class: see class-privates.ts.
 */
import type { ClassInfo, Env } from "../2-analyze/scope.ts";
import { b, computedMembers, isAnonymous, type Node, staticKey } from "../node.ts";
import { Privates } from "./class-privates.ts";
import { type Context, type SiteEntry, siteKind, type Unit } from "./context.ts";
import { addFactory, declareLocals, named, nativeFunction } from "./function.ts";
import { hasStaticParts } from "./function-values.ts";
import { languageGlobals } from "./reach.ts";
import { StatementRewriter } from "./rewrite-statement.ts";

export function makeClass(cx: Context, entry: SiteEntry): void {
  const info = cx.analysis.classOf.get(entry.node)!;
  const unit = cx.unit(entry.env);
  const computed = computedMembers(entry.node).map((_, index) => `$key${index}`);
  if (computed.length > 0) entry.computed = computed;
  const text = classStatements(cx, info, unit);
  const [only] = text;
  const params = [cx.id("e"), cx.id("s"), cx.id("h")];
  // The class and nothing else needs no name for it.
  const single = text.length === 1 && only!.type === "VariableDeclaration";
  const made: Node = single ? only!["declarations"][0].init : cx.id("c");
  addFactory(cx, entry, params, [...cx.prelude(unit), ...(single ? [] : text)], made);
  if (info.scope.env !== null || hasStaticParts(entry.node)) declareText(cx, entry, info);
  if (hasStaticParts(entry.node)) staticText(cx, entry, info);
}

/** Names of the static and computed parts are counted in the order of the source. */
function computedKeys(node: Node): Map<Node, number> {
  return new Map(computedMembers(node).map((member, index) => [member, index]));
}

/** What makes the class `$c`. */
function classStatements(cx: Context, info: ClassInfo, unit: Unit): Node[] {
  const { node } = info;
  const all: Node[] = node["body"].body;
  const keys = computedKeys(node);
  const keyOf = (member: Node): Node =>
    keys.has(member) ? b.member(cx.id("e"), `$key${keys.get(member)}`) : member["key"];
  const privates = new Privates(cx, info);
  for (const member of all) if (isPrivate(member)) privateMember(cx, info, member, unit, privates);
  const members: Node[] = [];
  const methods: Node[] = [];
  for (const member of all) {
    const isField = member.type === "PropertyDefinition";
    if (member.type === "StaticBlock" || (isField && member["static"])) continue;
    if (isField && isPrivate(member)) {
      privates.field(member, fieldValue(cx, member, unit, keyOf));
    } else if (isField) {
      const value = privates.before(fieldValue(cx, member, unit, keyOf));
      members.push({ ...member, key: keyOf(member), value });
    } else if (!isPrivate(member)) {
      members.push({ ...member, key: keyOf(member), value: methodValue(cx, member, unit) });
      const method = asyncMethod(cx, info, member, keyOf);
      if (method !== null) methods.push(method);
    }
  }
  members.push(...privates.last());
  const id = shownName(node);
  const text = b.at(
    {
      type: "ClassExpression",
      id,
      superClass: node["superClass"] && cx.id("h"),
      body: { ...node["body"], body: members },
    },
    node,
  );
  const value = id === null ? named(cx.siteName(node), text) : text;
  const around = privates.around([b.set(cx.id("c"), value)]);
  const made =
    around.length === 1 && around[0]!.type === "ExpressionStatement"
      ? [b.const(cx.name("c"), value)]
      : [b.declare("let", [[cx.id("c"), null]]), ...around];
  return [...made, ...methods];
}

/** Its own name, for those who read a class's text: the body finds the class in its environment. It must not hide what generated code calls. */
function shownName({ id }: Node): Node | null {
  return id === null || languageGlobals.has(id.name) ? null : b.id(id.name);
}

function isPrivate(member: Node): boolean {
  return member["key"]?.type === "PrivateIdentifier";
}

/** Private methods and accessors, and what static private fields need. */
function privateMember(cx: Context, info: ClassInfo, member: Node, unit: Unit, privates: Privates): void {
  if (member.type === "PropertyDefinition") {
    if (member["static"]) privates.staticField(member);
    return;
  }
  const fn = cx.fnOf(member["value"]);
  const part: "get" | "set" | "value" = member["kind"] === "method" ? "value" : member["kind"];
  const name: string = member["key"].name;
  const value =
    fn.kind === "method"
      ? b.call(cx.id("C"), cx.siteRef(methodSite(cx, info, member)), cx.id("e"))
      : named(part === "value" ? `#${name}` : `${part} #${name}`, nativeFunction(cx, fn, unit), true);
  privates.method(name, part, member["static"], value);
}

function fieldValue(cx: Context, member: Node, unit: Unit, keyOf: (member: Node) => Node): Node | null {
  if (member["value"] === null) return null;
  const fn = cx.fnOf(member);
  const rewriter = new StatementRewriter(cx, fn, unit, fn.scope.env ?? unit.env, unit.locals);
  const value = rewriter.expr(member["value"]);
  if (!member["computed"] || !isAnonymous(member["value"])) return value;
  return b.call(cx.helper("dynamicName"), keyOf(member), value);
}

function methodValue(cx: Context, member: Node, unit: Unit): Node {
  const fn = cx.fnOf(member["value"]);
  return fn.kind === "method" ? b.functionExpression([], b.block([])) : nativeFunction(cx, fn, unit);
}

function methodSite(cx: Context, info: ClassInfo, member: Node): SiteEntry {
  return cx.site(member["value"], siteKind(cx.fnOf(member["value"])), info.scope.env ?? enclosing(info));
}

/** An async method takes the place of the empty one in the class text, which keeps the order of the members. */
function asyncMethod(cx: Context, info: ClassInfo, member: Node, keyOf: (member: Node) => Node): Node | null {
  if (cx.fnOf(member["value"]).kind !== "method") return null;
  const all: Node[] = info.node["body"].body;
  const name = (of: Node): Node => (of["computed"] ? keyOf(of) : b.literal(staticKey(of)!));
  // A later member of the same name takes its place.
  const tests: Node[] = [];
  for (const later of all.slice(all.indexOf(member) + 1)) {
    if (later.type !== "MethodDefinition" || isPrivate(later) || later["static"] !== member["static"])
      continue;
    if (later["kind"] === "constructor") continue;
    const known = staticKey(member);
    const other = staticKey(later);
    if (known !== null && known === other) return null;
    if (known === null || other === null) tests.push(b.binary(name(member), "!==", name(later)));
  }
  const target = member["static"] ? cx.id("c") : b.member(cx.id("c"), "prototype");
  const made = b.call(cx.id("C"), cx.siteRef(methodSite(cx, info, member)), cx.id("e"));
  const closure = member["computed"] ? b.call(cx.helper("dynamicName"), keyOf(member), made) : made;
  const define = b.statement(b.call(cx.helper("method"), target, name(member), closure));
  return tests.length === 0
    ? define
    : b.if(
        tests.reduce((all, test) => b.logical(all, "&&", test)),
        define,
      );
}

function enclosing(info: ClassInfo): Env | null {
  let scope = info.scope.parent;
  while (scope !== null && scope.env === null) scope = scope.parent;
  return scope?.env ?? null;
}

/** `$class4`: environment, class, static parts. */
function declareText(cx: Context, entry: SiteEntry, info: ClassInfo): void {
  const heritage = cx.id("h");
  const params = [...computedKeys(info.node).values()].map((index) => b.id(cx.name(`k${index}`)));
  const body: Node[] = [];
  const env = info.scope.env;
  const own = cx.id("e");
  const make = b.call(cx.id("C"), cx.siteRef(entry), own, heritage);
  if (env !== null) {
    const binding = [...info.scope.bindings.values()][0];
    const field = binding?.storage.kind === "env" ? binding.storage.field : null;
    const properties = [b.property("$up", cx.id("up"))];
    if (field !== null) properties.push(b.property(field, cx.uninitialized()));
    properties.push(b.property("$class", cx.uninitialized()));
    const keyed = params.map((param, index) => [`$key${index}`, param] as const);
    if (info.early) {
      // The environment is there already.
      body.push(b.const(cx.name("e"), cx.id("up")));
      for (const [name, param] of keyed) body.push(b.set(b.member(own, name), param));
    } else {
      for (const [name, param] of keyed) properties.push(b.property(name, param));
      body.push(b.const(cx.name("e"), b.object(properties)));
    }
    const set = b.assign(b.member(own, "$class"), make);
    body.push(b.const(cx.name("c"), field === null ? set : b.assign(b.member(own, field), set)));
  } else {
    body.push(b.const(cx.name("e"), cx.id("up")), b.const(cx.name("c"), make));
  }
  if (hasStaticParts(info.node)) {
    body.push(b.statement(b.call(b.member(cx.id(`static${entry.index}`), "call"), cx.id("c"), own)));
  }
  body.push(b.return(cx.id("c")));
  cx.texts.push(
    b.functionDeclaration(cx.name(`class${entry.index}`), [heritage, cx.id("up"), ...params], body),
  );
}

/** `$static4`: static fields and blocks, in order, with the class as `this`. */
function staticText(cx: Context, entry: SiteEntry, info: ClassInfo): void {
  const unit = cx.unit(entry.env);
  const locals = new Set<string>();
  const keys = computedKeys(info.node);
  const self: Node = { type: "ThisExpression" };
  const body: Node[] = [];
  for (const member of info.node["body"].body as Node[]) {
    if (member.type === "StaticBlock") {
      body.push(staticBlock(cx, member, unit, self));
    } else if (member.type === "PropertyDefinition" && member["static"]) {
      const key = keys.has(member)
        ? b.member(cx.id("e"), `$key${keys.get(member)}`)
        : member["computed"]
          ? member["key"]
          : b.literal(staticKey(member)!);
      let value: Node = b.void0();
      if (member["value"] !== null) {
        const fn = cx.fnOf(member);
        value = new StatementRewriter(cx, fn, unit, fn.scope.env ?? unit.env, locals).expr(member["value"]);
        if (member["computed"] && isAnonymous(member["value"]))
          value = b.call(cx.helper("dynamicName"), key, value);
      }
      const make = isPrivate(member)
        ? b.call(b.member(b.member(cx.id("e"), "$private"), `make_${member["key"].name}`), self, value)
        : b.call(cx.helper("field"), self, key, value);
      body.push(b.at(b.statement(make), member));
    }
  }
  cx.texts.push(
    b.functionDeclaration(
      cx.name(`static${entry.index}`),
      [cx.id("e")],
      [...cx.prelude(unit), ...declareLocals(locals), ...body],
    ),
  );
}

function staticBlock(cx: Context, member: Node, unit: Unit, self: Node): Node {
  const fn = cx.fnOf(member);
  const rewriter = new StatementRewriter(cx, fn, unit, unit.env);
  const statements = [...rewriter.enter(fn.scope), ...rewriter.statements(member["body"])];
  const text = b.functionExpression([], b.block([...declareLocals(rewriter.locals), ...statements]));
  return b.at(b.statement(b.call(b.member(text, "call"), self)), member);
}
