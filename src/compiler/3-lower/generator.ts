/**
 * Generators. Their bodies are those of async-function.ts with two differences: behind the parameters stands a suspension at which the
 * call ends (`begin`), and what is yielded leaves through the frame.
 *
 * ```js
 * function* count(n) { let i = 0; while (i < n) yield i++; }          // source
 *
 * function $make1($e, $site) {                                        // output: the function
 *   const $f = $rt.generatorFunction($site, { ["count"]($p0) { return $rt.generator($f, $site, $e, this, [$p0]); } }["count"]);
 *   return $f;
 * }
 * function $body1($frame, $e, $self, n) {                             // and its body
 *   let $p = 0, $v, i, $t1;
 *   if ($frame !== null) { … }
 *   if ($p === 0) return $rt.begin($sites[1], 1, [$e, n]);
 *   $p = 0; …
 *     if ($p === 0) { $v = i++; return $frame.yield(2, [$e, n, i], $v); }
 *     $p = 0; $t1 = $frame.resumed(); if ($t1 === $R) return $frame.value;
 * ```
 *
 * G1. `return()` of a generator is a `return` statement at the `yield` where it waits, so `finally` blocks run as at any other.
 * G2. A synchronous generator does not use the kernel; its loops are not polled.
 */
import { b } from "../node.ts";
import type { Context, SiteEntry } from "./context.ts";
import { named, passedOn } from "./function.ts";

/** Adds the factory of the public function: it runs the body up to `begin` and answers a generator object. */
export function makeGenerator(cx: Context, entry: SiteEntry): void {
  const fn = cx.fnOf(entry.node);
  const unit = cx.unit(entry.env);
  const { params, args } = passedOn(cx, fn);
  const own = cx.id("f");
  const operands = [own, cx.id("site"), cx.id("e"), { type: "ThisExpression" }, args];
  if (fn.async) unit.usesKernel = true;
  const create = fn.async ? b.member(cx.id("k"), "generator") : cx.rt("generator");
  const text = b.functionExpression(params, b.block([b.return(b.call(create, ...operands))]));
  const value = named(cx.siteName(entry.node), text, true);
  const make = b.const(cx.name("f"), b.call(cx.rt("generatorFunction"), cx.id("site"), value));
  cx.texts.push(
    b.at(
      b.functionDeclaration(
        entry.make,
        [cx.id("e"), cx.id("site")],
        [...cx.prelude(unit), make, b.return(own)],
      ),
      entry.node,
    ),
  );
}
