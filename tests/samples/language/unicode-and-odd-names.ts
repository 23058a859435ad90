async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const ünï = await id(1), 变量 = 2, of = 3, get = 4, set = 5, async = 6, from = 7, as = 8, type = 9, undefined2 = void 0;
  const o = { "with space": 1, class: 2, [`new`]: 3, 0x10: 4, "é": 5, __proto__: null, constructor: 6 } as any;
  const f = () => [ünï, 变量, of, get, set, async, from, as, type, undefined2];
  await id(0);
  log(f(), o["with space"], o.class, o.new, o[16], o.é, o.constructor, Object.getPrototypeOf(o));
  label: for (const label of [1, 2]) { const value = await id(label); if (value === 1) continue label; log(label, value); }
  const arguments2 = (() => { let constructor = 1; return () => constructor; })(); log(arguments2());
  const hasOwnProperty = await id("own"), toString = () => hasOwnProperty; log(toString());
}
