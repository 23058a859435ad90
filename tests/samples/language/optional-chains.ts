async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const o: any = { f(x) { return { v: x, me: this === o }; }, n: null, deep: { g: async (x) => x + 1 } };
  log(o?.f(await id(1)), o.nope?.(await id(2)), o.n?.f(await id(3)), o.f?.(await id(4)).v);
  log((await id(o))?.f(5).v, (await id(null))?.f(5).v, o?.[await id("deep")]?.g !== undefined);
  log(await o.deep?.g(1), await o.n?.g(1), await o.deep.g?.(await id(3)), await o.zip?.zap(1));
  log(o.n?.a.b.c[await id("never")], o?.deep.h?.(await id(1)).x);
  log((o?.f)(6).me, (o?.f)(await id(7)).me, (await (o?.f)(8)).me);
  log(delete o?.n, "n" in o);
}
