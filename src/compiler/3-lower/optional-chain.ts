/**
 * Optional chains with a link that is rewritten as a call: a chain of the engine's own ends early as a whole, a call of the runtime does not.
 *
 * | source | becomes |
 * | --- | --- |
 * | `client?.api.get(x)` (foreign) | `(i = client) == null ? void 0 : $k.adopt((j = i.api).get, j, x)` |
 * | `list?.of.entries()` | `(i = list) == null ? void 0 : $rt.iterator(i.of, "entries", …)` |
 * | `a?.b.c` | stays as it is |
 */
import { b, type Node } from "../node.ts";
import type { ExpressionRewriter } from "./rewrite-expression.ts";

/** The chain as conditions; null if it can stay a chain. */
export function brokenChain(to: ExpressionRewriter, chain: Node): Node | null {
  for (let at: Node = chain["expression"]; ; ) {
    if (isRewritten(to, at)) return link(to, chain["expression"], (value) => value);
    if (at.type === "MemberExpression") at = at["object"];
    else if (at.type === "CallExpression") at = at["callee"];
    else return null;
  }
}

function isRewritten(to: ExpressionRewriter, node: Node): boolean {
  const { privateOwner } = to.cx.analysis;
  if (node.type === "MemberExpression") return privateOwner.has(node["property"]);
  if (node.type !== "CallExpression") return false;
  const callee: Node = node["callee"];
  if (to.isForeign(callee) || to.isIteratorCall(node)) return true;
  return callee.type === "MemberExpression" && to.isBind(node, callee);
}

/** The links up to `node`; `rest`: those behind it, given its value. */
function link(to: ExpressionRewriter, node: Node, rest: (value: Node) => Node): Node {
  if (node.type === "MemberExpression" && !isOfSuper(to, node))
    return link(to, node["object"], (object) =>
      unlessNullish(to, node, object, (there) => rest(member(to, node, there))),
    );
  return node.type === "CallExpression" ? call(to, node, rest) : rest(to.expr(node));
}

function call(to: ExpressionRewriter, node: Node, rest: (value: Node) => Node): Node {
  const callee: Node = node["callee"];
  const operands = (): Node[] => to.all(node["arguments"]);
  const called = (fn: Node, self: Node): Node =>
    unlessNullish(to, node, fn, (there) =>
      rest(b.at(b.call(to.kernel("adopt"), there, self, ...operands()), node)),
    );
  if (callee.type !== "MemberExpression") return link(to, callee, (fn) => called(fn, b.void0()));
  if (isOfSuper(to, callee)) return called(...to.calleeParts(callee));
  return link(to, callee["object"], (object) =>
    unlessNullish(to, callee, object, (there) => {
      if (to.isIteratorCall(node)) return rest(to.iteratorCall(node, there));
      if (to.isBind(node, callee)) return rest(b.at(b.call(to.cx.rt("bind"), there, ...operands()), node));
      const [self, again] = to.twice(there);
      const fn = member(to, callee, self);
      return called(node["optional"] ? fn : to.named(fn, callee), again);
    }),
  );
}

function isOfSuper(to: ExpressionRewriter, { object }: Node): boolean {
  return object.type === "Super" || to.cx.analysis.superOwner.has(object);
}

function unlessNullish(
  to: ExpressionRewriter,
  { optional }: Node,
  value: Node,
  then: (value: Node) => Node,
): Node {
  if (optional !== true) return then(value);
  const [first, again] = to.twice(value);
  return b.conditional(b.binary(first, "==", b.literal(null)), b.void0(), then(again));
}

function member(to: ExpressionRewriter, node: Node, object: Node): Node {
  const owner = to.cx.analysis.privateOwner.get(node["property"]);
  if (owner !== undefined) return b.call(to.privateAccess(owner, "get", node["property"]), object);
  const property: Node = node["property"];
  return { ...node, optional: false, object, property: node["computed"] ? to.expr(property) : property };
}
