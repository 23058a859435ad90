async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const o: any = Object.create({ inherited: 1 }, {});
  Object.assign(o, { a: 1, b: 2, c: 3 });
  for (const k in o) { log(k, await id(o[k])); if (k === "a") delete o.b; }
  for (const k in null) log("never", await id(k));
  for (const i in "xy") log(i, await id(1));
  for (var i in [7, 8]) await id(i);
  let q: any = {};
  for (q.k in { z: 1 }) await id(1);
  log(i, q.k);
  outer: for (const a in { p: 1, q: 2 }) { for (const c in { r: 1, s: 2 }) { if (c === "s") continue outer; log(a, c, await id(1)); } }
  for (const k in { only: 1 }) { await id(k); break; }
}
