/**
 * Generators. Their bodies are those of async-function.ts with two differences: behind the parameters stands a suspension at which the
 * call ends (`begin`), and what is yielded leaves through the frame.
 *
 * ```js
 * function* count(n) { let i = 0; while (i < n) yield i++; }          // source
 *
 * function $m1($e, $s) {                                        // output: the function
 *   const $f = $rt.generatorFunction($s, { ["count"]($p0) { return $rt.generator($f, $s, $e, this, [$p0]); } }["count"]);
 *   return $f;
 * }
 * function $b1($f, $e, $self, n) {                             // and its body
 *   let $p = 0, $v, i, $t1;
 *   if ($f !== null) { … }
 *   if ($p < 1) return $rt.begin($L[1], 1, [$e, n]);
 *   $p = 0; …
 *     if ($p < 1) { $v = i++; return $f.yield(2, [$e, n, i], $v); }
 *     $p = 0; $t1 = $f.resumed(); if ($t1 === $R) return $f.value;
 * ```
 *
 * G1. `return()` of a generator is a `return` statement at the `yield` where it waits, so `finally` blocks run as at any other.
 * G2. A synchronous generator does not use the kernel; its loops are not polled.
 */
import { b } from "../node.ts";
import type { Context, SiteEntry } from "./context.ts";
import { addFactory, named, passedOn } from "./function.ts";

/** Adds the factory of the public function: it runs the body up to `begin` and answers a generator object. */
export function makeGenerator(cx: Context, entry: SiteEntry): void {
  const fn = cx.fnOf(entry.node);
  const { params, args } = passedOn(cx, fn);
  const own = cx.id("f");
  const operands = [own, cx.id("s"), cx.id("e"), { type: "ThisExpression" }, args];
  const create = fn.async ? b.member(cx.kernelFrom(entry.env), "generator") : cx.rt("generator");
  const text = b.functionExpression(params, b.block([b.return(b.call(create, ...operands))]));
  const value = named(cx.siteName(entry.node), text, true);
  const make = b.const(cx.name("f"), b.call(cx.rt("generatorFunction"), cx.id("s"), value));
  addFactory(cx, entry, [cx.id("e"), cx.id("s")], [make], own);
}
