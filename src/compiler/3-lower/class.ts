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
 * function $make4($e, $site, $s) {                 // output: the class without what runs once
 *   const $c = { ["Account"]: class extends $s {
 *     #balance = 0;
 *     deposit() {}
 *     [$e.$key0]() {}
 *     static { $privates2.set($e, { get_balance: ($o) => $o.#balance, … }); }
 *   } }["Account"];
 *   $method($c.prototype, "deposit", $rt.closure($sites[5], $e));
 *   return $c;
 * }
 * function $class4($s, $up, $k0) {                 // what the class declaration calls
 *   const $e = { $up, Account: $u, $class: $u, $key0: $k0 };
 *   $e.Account = $e.$class = $rt.closure($sites[4], $e, $s);
 *   $static4.call($e.$class, $e);
 *   return $e.$class;
 * }
 * function $static4($e) { $field(this, "opened", 0); (function () { … }).call(this); }
 * ```
 *
 * K1. Making a class again (from site, environment and superclass) runs no code of the program: static parts and computed keys
 *     were evaluated when the class was declared.
 * K2. Code outside the class text (async methods, closures) reaches private members through `$privates`, which every
 *     making of the class fills.
 */
import type { ClassInfo, Env } from "../2-analyze/scope.ts";
import { b, computedMembers, type Node, staticKey } from "../node.ts";
import { type Context, type SiteEntry, siteKind, type Unit } from "./context.ts";
import { declareLocals, named, nativeFunction } from "./function.ts";
import { hasStaticParts } from "./rewrite-expression.ts";
import { StatementRewriter } from "./rewrite-statement.ts";

export function makeClass(cx: Context, entry: SiteEntry): void {
  const info = cx.analysis.classOf.get(entry.node)!;
  const unit = cx.unit(entry.env);
  const methods: Node[] = [];
  const value = classText(cx, info, unit, methods);
  const computed = computedMembers(entry.node).map((_, index) => `$key${index}`);
  if (computed.length > 0) entry.computed = computed;
  entry.hidden = entry.node["body"].body
    .filter(
      (member: Node) => member.type === "PropertyDefinition" && member["key"].type === "PrivateIdentifier",
    )
    .map((member: Node) => member["key"].name);
  const cls = cx.id("c");
  const make = b.const(cx.name("c"), named(cx.siteName(entry.node), value));
  cx.texts.push(
    b.at(
      b.functionDeclaration(
        entry.make,
        [cx.id("e"), cx.id("site"), cx.id("s")],
        [...cx.prelude(unit), make, ...methods, b.return(cls)],
      ),
      entry.node,
    ),
  );
  if (info.scope.env !== null || hasStaticParts(entry.node)) declareText(cx, entry, info);
  if (hasStaticParts(entry.node)) staticText(cx, entry, info);
}

/** Names of the static and computed parts are counted in the order of the source. */
function computedKeys(node: Node): Map<Node, number> {
  return new Map(computedMembers(node).map((member, index) => [member, index]));
}

function classText(cx: Context, info: ClassInfo, unit: Unit, methods: Node[]): Node {
  const { node } = info;
  const keys = computedKeys(node);
  const members: Node[] = [];
  for (const member of node["body"].body as Node[]) {
    const isPrivate = member["key"]?.type === "PrivateIdentifier";
    if (member.type === "StaticBlock") continue;
    if (member.type === "PropertyDefinition" && member["static"]) {
      if (!isPrivate) continue;
      cx.report(member, "not supported yet: a static private field", "use a variable of the module");
    }
    const key = keys.has(member) ? b.member(cx.id("e"), `$key${keys.get(member)}`) : member["key"];
    members.push({ ...member, key, value: memberValue(cx, member, unit) });
    const method = asyncMethod(cx, info, member);
    if (method !== null) methods.push(method);
  }
  if (info.outsidePrivate.size > 0) members.push(privatesText(cx, info));
  return b.at(
    {
      type: "ClassExpression",
      id: null,
      superClass: node["superClass"] && cx.id("s"),
      body: { ...node["body"], body: members },
    },
    node,
  );
}

function memberValue(cx: Context, member: Node, unit: Unit): Node | null {
  if (member.type === "PropertyDefinition") {
    if (member["value"] === null) return null;
    const fn = cx.fnOf(member);
    return new StatementRewriter(cx, fn, unit, fn.scope.env ?? unit.env, unit.locals).expr(member["value"]);
  }
  const fn = cx.fnOf(member["value"]);
  if (fn.kind === "method") return b.functionExpression([], b.block([]));
  return nativeFunction(cx, fn, unit);
}

/** An async method takes the place of the empty one in the class text, which keeps the order of the members. */
function asyncMethod(cx: Context, info: ClassInfo, member: Node): Node | null {
  if (member.type !== "MethodDefinition" || cx.fnOf(member["value"]).kind !== "method") return null;
  const key = staticKey(member);
  const later: Node[] = info.node["body"].body.slice(info.node["body"].body.indexOf(member) + 1);
  const isReplaced = later.some(
    (each) => key !== null && each["static"] === member["static"] && each["key"] && staticKey(each) === key,
  );
  if (isReplaced) return null;
  const entry = cx.site(
    member["value"],
    siteKind(cx.fnOf(member["value"])),
    info.scope.env ?? enclosing(info),
  );
  const target = member["static"] ? cx.id("c") : b.member(cx.id("c"), "prototype");
  const closure = b.call(cx.rt("closure"), cx.siteRef(entry), cx.id("e"));
  return b.statement(
    b.call(cx.helper("method"), target, key === null ? member["key"] : b.literal(key), closure),
  );
}

function enclosing(info: ClassInfo): Env | null {
  let scope = info.scope.parent;
  while (scope !== null && scope.env === null) scope = scope.parent;
  return scope?.env ?? null;
}

function privatesText(cx: Context, info: ClassInfo): Node {
  const object = cx.id("o");
  const value = cx.id("v");
  const actions = [...info.outsidePrivate].flatMap((name) => {
    const place: Node = {
      type: "MemberExpression",
      object,
      property: { type: "PrivateIdentifier", name },
      computed: false,
      optional: false,
    };
    const has: Node = {
      type: "BinaryExpression",
      operator: "in",
      left: { type: "PrivateIdentifier", name },
      right: object,
    };
    return [
      b.property(`get_${name}`, b.arrow([object], place)),
      b.property(`set_${name}`, b.arrow([object, value], b.assign(place, value))),
      b.property(`has_${name}`, b.arrow([object], has)),
    ];
  });
  const map = b.id(cx.name(`privates${info.scope.env!.index}`));
  return {
    type: "StaticBlock",
    body: [b.statement(b.call(b.member(map, "set"), cx.id("e"), b.object(actions)))],
  };
}

/** `$class4`: environment, class, static parts. */
function declareText(cx: Context, entry: SiteEntry, info: ClassInfo): void {
  const heritage = cx.id("s");
  const params = [...computedKeys(info.node).values()].map((index) => b.id(cx.name(`k${index}`)));
  const body: Node[] = [];
  const env = info.scope.env;
  const own = cx.id("e");
  const make = b.call(cx.rt("closure"), cx.siteRef(entry), own, heritage);
  if (env !== null) {
    const binding = [...info.scope.bindings.values()][0];
    const field = binding?.storage.kind === "env" ? binding.storage.field : null;
    const properties = [b.property("$up", cx.id("up"))];
    if (field !== null) properties.push(b.property(field, cx.uninitialized()));
    properties.push(b.property("$class", cx.uninitialized()));
    for (const [index, param] of params.entries()) properties.push(b.property(`$key${index}`, param));
    body.push(b.const(cx.name("e"), b.object(properties)));
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
    } else if (
      member.type === "PropertyDefinition" &&
      member["static"] &&
      member["key"].type !== "PrivateIdentifier"
    ) {
      const key = keys.has(member)
        ? b.member(cx.id("e"), `$key${keys.get(member)}`)
        : member["computed"]
          ? member["key"]
          : b.literal(staticKey(member)!);
      let value: Node = b.void0();
      if (member["value"] !== null) {
        const fn = cx.fnOf(member);
        value = new StatementRewriter(cx, fn, unit, fn.scope.env ?? unit.env, locals).expr(member["value"]);
      }
      body.push(b.at(b.statement(b.call(cx.helper("field"), self, key, value)), member));
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
