async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  if (await id(0)) log("no"); else if (await id(1)) log("yes"); else log("no");
  if (false) await id(1); else log("else");
  if (1) { if (await id(0)) log("a"); else log("b"); }
  ; debugger;
  var f = 1, g = await id(2), h;
  log(f, g, h);
  const t = await id(5), u = t + (await id(1)), { w } = { w: u };
  log(t, u, w);
  let z; z = z ?? (await id("z")); log(z);
  await (async () => log("iife"))();
  (await id({ m() { log("m"); } })).m();
  await id(1), await id(2);
  void (await id(3));
  x: { log("x"); }
  const sum = [1, 2, 3].map((v) => v * 2).filter(Boolean).reduce((a, b) => a + b, await id(0));
  log(sum, `${await id("t")}`, (await id(1)) < 2 ? "lt" : "ge");
  try { throw Object.assign(new Error("m"), { code: await id("E") }); } catch (e) { log(e.code); }
  return await id(await id("ret"));
}
