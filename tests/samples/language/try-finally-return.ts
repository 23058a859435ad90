async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const fail = async (m) => { await null; throw new Error(m); };
async function a(log) { try { return await id("try"); } finally { log("fin a"); } }
async function b2(log) { try { return "try"; } finally { await id(0); log("fin b"); } }
async function c(log) { try { return "try"; } finally { if (await id(true)) return "finally"; } }
async function d(log) { try { await fail("d"); } finally { return "swallowed"; } }
async function e(log) { try { await fail("e"); } finally { await id(0); return await id("swallowed await"); } }
async function f(log) { try { await fail("f"); } catch (x) { return x.message + (await id("!")); } finally { log(await id("fin f")); } }
async function g(log) { try { return await id("no"); } finally { await fail("from finally"); } }
async function h(log) { try { try { return "deep"; } finally { log("1", await id(1)); } } finally { log("2", await id(2)); } }
async function i(log) { for (;;) { try { return await id("loop return"); } finally { log("x"); break; } } return "after break"; }
async function j(log) { for (;;) { try { return "v"; } finally { await id(1); break; } } return "after break 2"; }
async function k(log) { let n = 0; for (;;) { try { n++; if (n < 3) continue; return n; } finally { log("n", await id(n)); } } }
async function l(log) { let v = 1; try { return v; } finally { v = 2; await id(0); } }
async function m(log) { out: { try { break out; } finally { log(await id("leaving")); } } return "m"; }
async function n(log) { try { throw 1; } catch (e) { try { throw await id(e + 1); } catch (e) { return e; } finally { log("inner"); } } finally { await id(0); log("outer"); } }
export default async function main(log) {
  for (const t of [a, b2, c, d, e, f, g, h, i, j, k, l, m, n]) {
    try { log(t.name, await t(log)); } catch (x) { log(t.name, "threw", x.message); }
  }
}
