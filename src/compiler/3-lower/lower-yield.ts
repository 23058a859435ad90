/**
 * `yield` and `yield*`, in the structured form of ir.ts:
 *
 * | source                  | form |
 * | ----------------------- | ---- |
 * | `yield x`               | yield t = x; if (t === $R) return $f.value |
 * | `yield x` (async)       | suspend t1 = await x; suspend t = $k.yield($f, t1); if (t === $R) { suspend t2 = await $k.returned($f); return t2 } |
 * | `yield* x`              | d = $rt.delegate(x); loop { r = d.step(); if (d.done) break; pass r, the answer goes into d }; if (d.returned) return d.value |
 * | `yield* x` (async)      | d = $k.delegate(x); loop { m = d.method(); suspend r = call m; if (d.took(r)) break; suspend $k.yield($f, d.value), the answer goes into d }; … |
 *
 * Y1. The delegate `d` keeps what the generator was asked (next, throw or return), so that it asks the inner iterator the same.
 */
import { b, type Node } from "../node.ts";
import { branch, type Ir, plain, type Suspend } from "./ir.ts";
import type { ExpressionLowering } from "./lower-expression.ts";

export function lowerYield(lowering: ExpressionLowering, node: Node, out: Ir[]): Node {
  const { cx } = lowering;
  const argument: Node | null = node["argument"];
  const sent = lowering.temporary();
  const isReturned = b.binary(b.id(sent), "===", cx.id("R"));
  if (!lowering.fn.async) {
    const operation = argument === null ? b.void0() : lowering.value(argument, out);
    out.push({ kind: "suspend", form: "yield", operation, target: sent, at: node, label: 0, slots: [] });
    out.push(plain(b.if(isReturned, lowering.leave(b.member(cx.id("f"), "value")))));
    return b.id(sent);
  }
  const value =
    argument === null
      ? lowering.wait(b.call(lowering.kernel("await"), b.void0()), node, out)
      : lowering.wait(lowering.operation(argument, out), node, out);
  const operation = b.call(lowering.kernel("yield"), cx.id("f"), value);
  out.push({ kind: "suspend", operation, target: sent, at: node, label: 0, slots: [] });
  const returning: Ir[] = [];
  const returned = b.call(lowering.kernel("returned"), cx.id("f"));
  const result = lowering.wait(b.call(lowering.kernel("await"), returned), node, returning);
  returning.push(plain(lowering.leave(result)));
  out.push(branch(isReturned, returning, []));
  return b.id(sent);
}

type Call = (method: string, ...args: Node[]) => Node;

export function lowerDelegate(lowering: ExpressionLowering, node: Node, out: Ir[]): Node {
  const { cx, fn } = lowering;
  const delegate = b.id(lowering.temporary());
  const create = fn.async ? lowering.kernel("delegate") : cx.rt("delegate");
  lowering.set(delegate["name"], b.at(b.call(create, lowering.value(node["argument"], out)), node), out);
  const body: Ir[] = [];
  const call: Call = (method, ...args) => b.call(b.member(delegate, method), ...args);
  if (fn.async) askAndWait(lowering, node, delegate, body);
  else {
    const result = b.id(lowering.temporary());
    body.push(
      plain(b.at(b.set(result, call("step")), node)),
      plain(b.if(b.member(delegate, "done"), b.break(null))),
    );
    const answer = call("asked", cx.id("f"));
    body.push(suspension({ form: "pass", operation: result, target: null, at: node, answer }));
  }
  out.push({ kind: "loop", labels: [], form: "for", test: null, update: null, body, low: 0, high: 0 });
  const value = b.member(delegate, "value");
  out.push(plain(b.if(b.member(delegate, "returned"), lowering.leave(value))));
  return value;
}

/** One round of an asynchronous `yield*`. */
function askAndWait(lowering: ExpressionLowering, at: Node, delegate: Node, body: Ir[]): void {
  const { cx } = lowering;
  const call: Call = (method, ...args) => b.call(b.member(delegate, method), ...args);
  const value = b.member(delegate, "value");
  const iterator = b.member(delegate, "iterator");
  const method = b.id(lowering.temporary());
  body.push(plain(b.set(method, call("method"))));
  const isThere = b.binary(method, "!==", b.void0());
  const there: Ir[] = [];
  const result = lowering.wait(b.call(lowering.kernel("call"), method, iterator, value), at, there);
  there.push(plain(b.if(call("took", result), b.break(null))));
  // Without a `return` of its own the inner iterator lets go; without a `throw` it is closed, which is the caller's mistake.
  const letGo: Ir[] = [];
  const awaited = lowering.wait(b.call(lowering.kernel("await"), value), at, letGo);
  letGo.push(plain(b.statement(call("letGo", awaited))), plain(b.break(null)));
  const refuse: Ir[] = [plain(b.set(method, call("closing")))];
  const close: Ir[] = [];
  const closed = lowering.wait(b.call(lowering.kernel("call"), method, iterator), at, close);
  close.push(plain(b.statement(b.call(cx.helper("result"), closed))));
  refuse.push(branch(isThere, close, []), plain(b.throw(call("refusal"))));
  body.push(branch(isThere, there, [branch(b.member(delegate, "returning"), letGo, refuse)]));

  const isReturned = b.id(lowering.temporary());
  const operation = b.call(lowering.kernel("yield"), cx.id("f"), value);
  const answer = call("answered", cx.id("k"), cx.id("f"));
  body.push(suspension({ operation, target: isReturned["name"], at, answer }));
  const block: Ir[] = [];
  const unwrapped = lowering.wait(b.call(lowering.kernel("await"), value), at, block);
  block.push(plain(b.set(value, unwrapped)));
  const thrown = cx.id("x");
  const clause: Node = {
    type: "CatchClause",
    param: thrown,
    body: b.block([b.statement(call("failed", thrown))]),
  };
  const unwrap: Ir = { kind: "try", block, clause, thrown: "", caught: "", handler: [], low: 0, high: 0 };
  body.push(branch(isReturned, [unwrap], []));
}

function suspension(of: Omit<Suspend, "kind" | "label" | "slots">): Ir {
  return { kind: "suspend", label: 0, slots: [], ...of };
}
