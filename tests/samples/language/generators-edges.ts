class A { *#p() { yield 1; } *[`c${1}`]() { yield 2; } both() { return [...this.#p(), ...(this as any).c1()]; } }
class B { *m() { yield 1; } }
class C extends B { *m() { yield* super.m(); yield 3; } async *am() { yield* super.m(); } }
export default async function main(log) {
  log(new A().both(), [...new C().m()]);
  const out = []; for await (const x of new C().am()) out.push(x); log(out);
  const f = function* () { const a = (yield 1) + (yield 2); return [a, ...(yield 3), `${yield 4}`, (yield 5)?.x]; };
  const g = f(); const vs = [g.next()]; for (const v of [1, 2, [4], 5, { x: 6 }]) { await null; vs.push(g.next(v as any)); } log(vs);
  const h = (function* () { for (const k in { a: 1, b: 2 }) { const fn = () => k; yield fn; } })(); const fs = []; for (const fn of h) { await null; fs.push(fn); } log(fs.map((f) => f()));
  const w = (function* () { let n = 0; while ((yield n++) !== "stop"); do { n--; } while (yield n); return "end"; })();
  log([w.next(), w.next(), w.next("stop"), w.next(1), w.next(0)].map((r) => r.value));
  function* empty() {} log([...empty()], empty().next());
  const thisArg = function* () { yield arguments.length; yield this; }; log([...thisArg.call(7, 1, 2)].length);
  label: for (const a of (function* () { try { yield 1; yield 2; } finally { log("closed"); } })()) { for (const b of [1, 2]) { await null; if (b === 2) continue label; if (a === 2) break label; } }
}
