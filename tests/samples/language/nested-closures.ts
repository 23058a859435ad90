async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const compose = (...fs) => (x) => fs.reduceRight((v, f) => f(v), x);
function outer(a) { return function middle(b) { const m = a + b; return async function inner(c) { const i = m + c; await id(0); return () => { a++; return [a, b, c, m, i]; }; }; }; }
export default async function main(log) {
  const mid = outer(1), in1 = mid(2), in2 = mid(20); const x = await in1(3), y = await in2(30);
  log(x(), y(), x(), compose((v) => v * 2, (v) => v + 1)(await id(3)));
  const memo = new Map(); const fib = (n) => memo.get(n) ?? (memo.set(n, n < 2 ? n : fib(n - 1) + fib(n - 2)), memo.get(n)); log(fib(30), memo.size);
  const handlers: Record<string, (v: number) => unknown> = {}; for (const name of ["inc", "dec"]) { const by = name === "inc" ? 1 : -1; await id(0); handlers[name] = (v) => v + by; } log(handlers.inc!(1), handlers.dec!(1));
  let later; { let hidden = await id("h"); later = { get: () => hidden, set: (v) => { hidden = v; } }; } later.set(later.get() + "2"); await id(0); log(later.get());
  const self = { me: null as any, f: () => self.me }; self.me = self; log(self.f() === self);
  const counterA = (() => { let n = 0; return { next: () => n++ }; })(); counterA.next(); await id(0); log(counterA.next());
}
