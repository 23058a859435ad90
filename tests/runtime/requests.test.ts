/**
 * Requests to async generators in the order of native ones, whether they are answered directly, on the native stack of the call that asks
 * (src/runtime/async-generators.ts, Q4), or through their queue: run natively, compiled, thawed at every stop, frozen at every chance.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileBody, runNatively, traceOf } from "./drive.ts";

const ticking = `const ticker = (async () => { for (let i = 0; i < 30; i++) { log("t" + i); await null; } })();`;
const show = "const show = (result) => log(JSON.stringify(result));";

const programs: Readonly<Record<string, string>> = {
  "a loop beside another fiber": `${ticking}
    async function* gen() { log("g0"); yield 1; log("g1"); const x = yield 2; log("g2 " + x); await null; log("g3"); yield 3; return 4; }
    for await (const x of gen()) { log("x" + x); await null; }
    await ticker;`,
  "a loop alone": `
    async function* gen() { for (let i = 0; i < 3; i++) { log("g" + i); yield i; } }
    async function* twice(source) { try { for await (const x of source) yield x * 2; } finally { log("end"); } }
    for await (const x of twice(gen())) log("x" + x);`,
  "values sent in": `${show}
    async function* gen(a) { const b = yield a; const c = yield a + b; return a + b + c; }
    const it = gen(1);
    for (const each of [10, 20, 30, 40]) show(await it.next(each));`,
  "a generator that asks itself": `${show} let it;
    async function* gen() {
      it.next("own").then((result) => { log("own"); show(result); });
      log("a"); const v = yield 1; log("v " + v); const w = yield 2; log("w " + w); return 3;
    }
    it = gen();
    for (const each of ["first", "second", "third"]) show(await it.next(each));`,
  "a generator that asks itself and ends": `${show} let it;
    async function* gen() { it.next().then(show); it.return(7).then(show); log("a"); }
    it = gen();
    show(await it.next()); show(await it.next());`,
  "a generator that asks itself and throws": `${show} let it;
    async function* gen() { it.next().then(show); throw new Error("thrown"); }
    it = gen();
    try { await it.next(); } catch (error) { log(error.message); }
    show(await it.next());`,
  "a generator that asks itself and throws a tick later": `${show} let it;
    async function* gen() { await null; it.next().then(show); throw new Error("thrown"); }
    it = gen();
    try { await it.next(); } catch (error) { log(error.message); }
    show(await it.next());`,
  "two fibers ask one generator": `
    async function* gen() { for (let i = 0; i < 8; i++) { if (i % 3 === 1) await null; yield i; } }
    const it = gen();
    const ask = async (name) => { for (let i = 0; i < 5; i++) { const { value, done } = await it.next(); log(name + value + done); } };
    await Promise.all([ask("a"), ask("b")]);`,
  "asked several times at once": `${show}
    async function* gen() { yield 1; await null; yield 2; return 3; }
    const it = gen();
    const all = [it.next(), it.next(), it.next(), it.next()];
    show(await it.next());
    show(await Promise.all(all));`,
  errors: `${ticking}
    async function* gen() { try { yield 1; yield Promise.reject(new Error("of a value")); } catch (error) { log(error.message); } throw new Error("of the body"); }
    try { for await (const x of gen()) log("x" + x); } catch (error) { log("caught " + error.message); }
    await ticker;`,
  "leaving early": `${ticking}
    async function* gen() { try { for (let i = 0; ; i++) yield i; } finally { log("f0"); await null; log("f1"); } }
    for await (const x of gen()) { if (x === 2) break; log("x" + x); }
    log("out"); await ticker;`,
  "in the stretch of a call that is not awaited": `${ticking}
    async function* gen() { log("g0"); yield 1; log("g1"); yield 2; log("g2"); }
    const reads = (async () => { const it = gen(); log((await it.next()).value); log((await it.next()).value); log((await it.next()).done); })();
    log("here"); await reads; await ticker;`,
  "what really waits": `
    async function* gen() { for (let i = 0; i < 3; i++) { await sleep(5); log("slept"); yield i; } await sleep(1); }
    async function* more(source) { for await (const x of source) { yield x; await sleep(2); yield -x; } }
    for await (const x of more(gen())) log("x" + x);`,
  "yield* of another": `
    async function* inner() { const a = yield 1; log("a " + a); const b = yield 2; log("b " + b); return 3; }
    async function* outer() { log("r " + (yield* inner())); yield 4; }
    const it = outer();
    for (const each of ["p", "q", "r", "s", "t"]) log(JSON.stringify(await it.next(each)));`,
};

for (const [name, body] of Object.entries(programs)) {
  test(`requests: ${name}`, async () => {
    const expected = await runNatively(body);
    const program = await compileBody(body);
    for (const thaw of ["never", "stops", "polls"] as const)
      assert.deepEqual(traceOf(program, thaw), expected, `thaw: ${thaw}`);
  });
}
