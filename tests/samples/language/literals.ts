async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const s = [1, 2];
  log([0, ...s, await id(3), ...s, , await id(4)]);
  log([await id(1), await id(2), await id(3)]);
  const it = { *[Symbol.iterator]() { log("iterated"); yield 1; } };
  log([...it, (log("then"), await id(2)), ...it]);
  const src = { get a() { log("get a"); return 1; } };
  log({ x: 1, ...src, [await id("k")]: (log("value"), await id(2)), ...src, z: await id(3), m() { return 4; } }.m());
  log({ [await id("p")]: 1, ["q" + (await id("r"))]: await id(2), s: { t: await id(3) } });
  log({ async f() { return await id(1); }, g: async () => 2 }.f.name, [(x) => x][0].name === "");
  const { length } = [await id(0)];
  log(length, /re+/g.flags, 10n ** 3n);
}
