async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const f = (a) => (b) => async (c) => [a, b, c];
  log(await (await (await id(f))(await id(1))(await id(2)))(await id(3)));
  log(await (await id(id))(await id("n")));
  log(await await await id(1));
  log(await 1, await (null), await { then(r) { r("thenable"); } });
  const p = id("kept");
  const q = id("other");
  log(await q, await p, await p);
  log(await Promise.all([id(1), 2, id(3)]), await Promise.race([id("r")]));
}
