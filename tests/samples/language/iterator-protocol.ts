async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
class Range { constructor(readonly n: number) { this.n = n; } *[Symbol.iterator]() { for (let i = 0; i < this.n; i++) yield i; } }
export default async function main(log) {
  for (const x of new Set([1, 1, 2])) log(x, await id("set"));
  for (const [k, v] of Object.entries({ a: 1 })) log(k, v, await id(0));
  for (const [i, x] of ["p", "q"].entries()) log(i, x, await id(0));
  const list = [1, 2]; for (const x of list) { if (list.length < 5) list.push(x * 10); log(x, await id(0)); }
  const map = new Map([["a", 1]]); for (const [k] of map) { if (map.size < 3) map.set(k + "!", 2); await id(0); log(k); }
  for (const c of "a😀b") log(c, await id(c.length));
  const xs = [...new Range(3)]; log(xs, Math.max(...new Range(4)), Array.from(new Range(2), (x) => x + 1));
  const [first, ...more] = new Range(3); await id(0); log(first, more);
}
