async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  let s = 0;
  s += await id(1); s *= await id(2); s -= (await id(1)) * (await id(2)); s **= await id(2);
  const o = { a: { b: [await id({ c: await id(s) })] } };
  log(s, o.a.b[0].c, o[await id("a")][await id("b")][await id(0)][await id("c")]);
  log((await id(1)) + (await id(2)) * (await id(3)) - (await id(4)) / (await id(2)), [await id(1), [await id(2), [await id(3)]]]);
  log(await id((await id((await id(1)) + 1)) + 1), await id(await Promise.all([id(1), (async () => (await id(2)) + (await id(3)))()])));
  const f = async (...xs) => xs.reduce((x, y) => x + y, 0); log(await f(await f(1, await f(2)), await f(await f(3), 4)));
  for (const x of [await id(1), await id(2)]) for (const y of [await id(x), await id(x * 2)]) log(x, y);
  if ((await id(1)) && !(await id(0))) log((await id(true)) ? (await id(false)) ? 1 : 2 : 3);
}
