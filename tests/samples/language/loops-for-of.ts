async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
function tracked(log, name, items) {
  let i = 0;
  return {
    [Symbol.iterator]() { log(name, "open"); return this; },
    next() { return i < items.length ? { value: items[i++], done: false } : { value: undefined, done: true }; },
    return() { log(name, "return"); return {}; },
  };
}
export default async function main(log) {
  for (const x of tracked(log, "full", [1, 2])) log(x, await id("y"));
  for (const x of tracked(log, "break", [1, 2])) { log(x); if (await id(true)) break; }
  const f = async () => { for (const x of tracked(log, "return", [1, 2])) { await id(1); return x; } };
  log(await f());
  try { for (const x of tracked(log, "throw", [1, 2])) { await id(1); throw new Error(`at ${x}`); } } catch (e) { log(e.message); }
  out: for (const a of tracked(log, "outer", [1, 2])) { for (const c of tracked(log, "inner", [1, 2])) { await id(c); if (a === 1) continue out; break out; } }
  for (const [k, { v = 7 }] of new Map([["a", { v: 1 }], ["b", {}]])) log(k, v, await id(k));
  let y; const o: any = {};
  for (y of [1, 2]) await id(y);
  for (o.p of "ab") await id(o.p);
  for (var [z] of [[1], [2]]) await id(z);
  log(y, o, z);
  for (const x of await id([await id(9)])) log(x);
  for (const x of []) log("never", await id(x));
  try { for (const x of null) await id(x); } catch (e) { log(e instanceof TypeError); }
  try { for (const x of { [Symbol.iterator]() { return { next() { throw new Error("next"); }, return() { log("must not close"); return {}; } }; } }) await id(x); } catch (e) { log(e.message); }
}
