async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const o: any = { x: 1, async m(a) { await null; return [this.x, a]; }, deep: { async f() { return this === o.deep; } }, sync: (v) => v };
export default async function main(log) {
  const nil: any = null;
  log(await o?.m(2), await nil?.m(log("not evaluated")), await o.none?.(1), await o?.m?.(await id(3)), await o.deep?.f());
  log(await nil?.deep.f(1).g(2), await o?.deep["f"](), await (await id(o))?.m(5), await o?.sync(id(6)));
  try { await o?.none(1); } catch (e) { log(e.name); }
  const x = await o?.m(7); log(x);
  await nil?.m(); await o?.m(8);
  let y; y = await o?.m(await nil?.q(1)); log(y);
}
