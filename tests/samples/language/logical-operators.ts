async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const no = (): any => { throw new Error("must not run"); };
  log(0 && (await id(no())), 1 && (await id(2)), (await id(0)) && no(), (await id(1)) && 3);
  log(1 || (await id(no())), 0 || (await id(2)), (await id(1)) || no(), (await id(0)) || 3);
  log(0 ?? (await id(no())), null ?? (await id(2)), (await id(undefined)) ?? 7);
  log(true ? await id(1) : no(), false ? no() : await id(2), (await id(true)) ? 3 : no(), (await id(0)) ? no() : (await id(4)) + 1);
  log((1, await id(2), 3), (await id(1), await id(5)));
  const r = (await id(1)) && ((await id(0)) || ((await id(null)) ?? (await id("deep"))));
  log(r);
}
