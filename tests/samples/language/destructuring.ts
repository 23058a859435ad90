async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const { a, b: { c = await id("C"), ...r1 } = await id({ d: 1, e: 2 }), [await id("k")]: k = 5, ...rest } = await id({ a: 1, k: undefined, x: 1, y: 2 } as any);
  log(a, c, r1, k, rest);
  const [p, , q = await id("Q"), ...[s, t = await id("T")]] = await id([1, 2, undefined, 4]);
  log(p, q, s, t);
  let m: any, n: any; const o: any = {};
  ({ m, n = await id(3), z: o.z, w: o[await id("w")] = 9 } = await id({ m: 1, z: 2 } as any));
  log(m, n, o);
  [m, n] = [n, m];
  [o.x, m = await id(8)] = [1];
  log(m, n, o, ([m] = [await id(4)]));
  const { length } = "abc", [first] = "xyz";
  log(length, first);
  try { const { z = await id(1) } = null as any; log(z); } catch (e) { log(e.name); }
  try { const [z = await id(1)] = 5 as any; log(z); } catch (e) { log(e.name); }
  const it = { i: 0, [Symbol.iterator]() { return this; }, next() { return { value: undefined, done: ++this.i > 5 }; }, return() { log("closed", this.i); return {}; } };
  const [u = await id("U"), v] = it as any;
  log(u, v);
  try { const [w = await (async () => { throw new Error("default"); })()] = it as any; log(w); } catch (e) { log(e.message); }
  const { f = () => 1, g = class {} } = {} as any;
  log(f.name, g.name);
  for (const { h = await id("H") } of [{ h: 1 }, {}] as any) log(h);
}
