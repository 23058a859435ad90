async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const show = (r) => (r.done ? `done ${r.value}` : r.value);
export default async function main(log) {
  const list = ["a", "b", "c"];
  const entries = list.entries();
  log(show(entries.next()));
  await null;
  log(show(entries.next()), Object.prototype.toString.call(entries), entries[Symbol.iterator]() === entries);
  list.push("d");
  await null;
  log([...entries], show(entries.next()));
  list.push("e");
  log(show(entries.next()));
  for (const [i, x] of list.entries()) {
    if (i === 1) list.splice(2, 1);
    log(i, await id(x));
  }
  for (const i of [, 5].keys()) log(await id(i));
  const map = new Map<any, any>([["x", 1], ["y", 2], ["z", 3]]);
  const keys = map.keys();
  log(keys.next().value);
  map.delete("y");
  map.set("w", 4);
  await null;
  log(show(keys.next()), await id(show(keys.next())), show(keys.next()), show(keys.next()));
  for (const v of map.values()) {
    if (v === 1) map.delete("x");
    if (v === 3) map.set("last", 9);
    log(await id(v));
  }
  const set = new Set([1, 2, 3]);
  const pairs = set.entries();
  const values = set[Symbol.iterator]();
  log(pairs.next().value);
  await null;
  log(values.next().value, pairs.next().value, await id([...pairs]), [...values]);
  const text = "h😀é"[Symbol.iterator]();
  log(text.next().value);
  await null;
  log([...text]);
  const typed = new Uint8Array([7, 8]).entries();
  typed.next();
  await null;
  log(show(typed.next()), show(typed.next()));
  const two = [map.entries(), list.values()].map((each) => each.next().value);
  log(await id(two));
  const shared = list.values();
  const a = { shared };
  const b = [shared];
  await null;
  log(a.shared === b[0], a.shared.next().value, b[0].next().value);
  for (const x of shared) log("rest", await id(x));
  const own = { entries: () => "mine", keys: 5 };
  log(own.entries(), await id(own.entries()));
  for (const bad of [() => (own as any).keys(), () => (undefined as any).values()]) {
    try {
      bad();
    } catch (e) {
      log(e.name);
    }
  }
  class Many extends Map {
    values() {
      return super.keys();
    }
  }
  const many = new Many([[1, 2]]);
  log([...many.values()], [...many.entries()], Array.from(many.keys()));
  const it = (await id(list)).entries();
  await null;
  log(show(it.next()));
  function* over(xs) {
    for (const x of xs.values()) yield x;
    yield* xs.keys();
  }
  const g = over(list);
  g.next();
  await null;
  log(g.next().value, await id([...g]));
  const [first, ...others] = map.entries();
  log(first, others);
  try {
    (entries as any).next.call(values);
  } catch (e) {
    log(e.name);
  }
}
