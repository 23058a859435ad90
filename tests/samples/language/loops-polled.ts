// Loops without an await: a task is frozen between two of their turns, and goes on with the next test.
async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const said: unknown[] = [];
const note = <T>(value: T): T => { said.push(value); return value; };
async function inner(n: number) { let x = 0; for (let i = 0; i < n; i++) x += i; return x; }
async function middle(n: number) { let x = 0; while (x < 100) x += await inner(n); return x; }
async function* squares(n: number) {
  let sum = 0;
  for (let i = 1; i <= n; i++) { for (let j = 0; j < i; j++) sum += i; yield sum; }
  do { sum--; } while (sum > 20);
  return sum;
}
async function first(xs: Iterable<number>, above: number) { for (const x of xs) if (x > above) return note(x); return -1; }
class Closing {
  i = 0;
  [Symbol.iterator]() { return this; }
  next() { return { value: ++this.i, done: this.i > 5 }; }
  return() { note("closed"); return {}; }
}
export default async function main(log: (...values: unknown[]) => void) {
  let a = 0;
  for (let i = note(0); note(i) < 4; i = note(i + 1)) { if (i === 1) continue; if (i === 3) break; a += i; }
  b: for (let i = 0; i < 3; i++) { if (i === 1) continue b; for (let j = 0; j < 3; j++) { if (j === 1) continue b; if (i === 2) break b; a += 10; } }
  log("for", a, said.splice(0));
  let n = 0;
  do { n++; if (n === 2) continue; if (n === 4) break; } while (note(n) < 9);
  do n++; while (n < 0);
  d: do { while (true) { if (n++ > 8) break d; if (n % 2) continue d; } } while (note(n));
  while (n > 0) n -= 3;
  for (;;) if (n++ > 3) break;
  log("while", n, said.splice(0));
  const late: (() => number)[] = [];
  for (let i = 0; i < 3; i++) { late.push(() => i); i += 0; }
  for (let i = 0, up = () => i++; i < 3; up(), i++) late.push(() => i);
  for (const x of [5, 6]) late.push(() => x);
  for (const k in { x: 1, y: 2 }) late.push(() => k.length);
  const self = () => { let i = 0; for (; i < 3; i++) late.push(() => i); };
  self();
  log("closures", late.map((f) => f()));
  const keys: any = { p: 1, q: 2, r: 3 };
  let seen = "";
  for (const k in keys) { if (k === "p") delete keys.q; seen += k; }
  log("in", seen, await first(new Set([1, 5, 9]), 3), await first(new Closing(), 2), await first([], 0), said.splice(0));
  const tried = async (f: () => Promise<unknown>) => { try { return await f(); } catch (e) { return (e as Error).message; } finally { note("out"); } };
  log("finally", await tried(async () => {
    let x = 0;
    try { for (const y of new Closing()) { x += y; if (y === 4) throw new Error(`at ${x}`); } }
    finally { for (let i = 0; i < 3; i++) x += note(i); note(x); }
    return x;
  }), await tried(async () => {
    let x = 0;
    for (let i = 0; i < 3; i++) { try { while (x < i * 3) x++; if (i === 2) return x; } catch { note("never"); } finally { note(x); } }
    return "never";
  }), await tried(async () => {
    using held = { [Symbol.dispose]() { note("disposed"); } };
    let x = 0;
    for (let i = 0; i < 4; i++) x += i;
    return held === null ? 0 : x;
  }), said.splice(0));
  log("calls", await middle(5), await Promise.all([1, 2, 3].map(async (k) => { let x = 0; for (let i = 0; i < k; i++) x += k; return (await middle(k + 2)) + x; })));
  const given: unknown[] = [];
  for await (const s of squares(4)) { let i = 0; for (; i < 3; i++) given.push(s + i); }
  log("generators", given);
  switch (await id(1)) { case 1: for (let i = 0; i < 3; i++) { if (i === 1) continue; n += i; } case 2: while (n < 20) n++; break; default: n = -1; }
  if (n > 3) { for (let i = 0; i < 2; i++) n += i; await id(0); } else for (;;) break;
  log("branches", n);
}
