async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  let hidden = await id(1);
  const o: any = { get x() { return hidden; }, set x(v) { hidden = v; }, y: 2, get z() { return this.y; }, m() { return this.x; }, async am() { await id(0); return this.y; }, *gen() { yield hidden; yield this.y; }, [Symbol.toPrimitive]() { return 42; }, "quoted key": 1, 10: "ten", ...{ spread: true } };
  log(o.x, (o.x = 5, o.x), o.z, o.m(), await o.am(), [...o.gen()], +o, o["quoted key"], o[10], Object.keys(o));
  const { x, ...others } = o;
  log(x, Object.keys(others).length);
  log({ __proto__: { inherited: 1 } }.inherited, JSON.stringify({ toJSON() { return "j"; } }));
  const k = "dyn"; log({ [k]: () => 1, [`${k}2`]() { return 2; }, get [k + "3"]() { return hidden; } }.dyn3);
  const shorthand = 1, hiddenRef = () => hidden;
  log({ shorthand, hidden }, hiddenRef());
}
