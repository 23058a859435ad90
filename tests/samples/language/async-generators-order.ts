// The order in which fibers run beside async generators, as native promises would run them.
export default async function main(log) {
  const ticks = async (name, n) => {
    for (let i = 0; i < n; i++) {
      log(name, i);
      await undefined;
    }
  };
  await null;
  async function* g() {
    log("start");
    yield 1;
    log("between");
    yield Promise.resolve(2);
    log("end");
    return 3;
  }
  const drive = async (name, source) => {
    for await (const x of source) log(name, x);
    log(name, "over");
  };
  await Promise.all([drive("g", g()), ticks("t", 14)]);
  await Promise.all([drive("list", [1, Promise.resolve(2)]), ticks("t", 10)]);
  async function* d() {
    yield* g();
    yield* [7];
  }
  await Promise.all([drive("d", d()), ticks("t", 24)]);
  const early = g();
  await Promise.all([
    early.return(Promise.resolve("r")).then((r) => log("returned", r)),
    early.next().then((r) => log("next", r)),
    ticks("t", 8),
  ]);
  const a = g();
  await Promise.all([a.next(), a.next(), a.next(), a.next()].map((p, i) => p.then((r) => log(i, r))).concat(ticks("t", 10) as any));
}
