async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
let x = "module";
const undefined2 = 1;
export default async function main(log) {
  log(x);
  { let x = await id("block"); log(x); { let x = "inner"; await id(0); log(x); } log(x); const f = () => x; log(f()); }
  for (let x = 0; x < 1; x++) { let x = "body"; log(x, await id(0)); }
  try { throw "caught"; } catch (x) { log(x, await id(0)); { let x = 1; await id(0); log(x); } }
  const g = async (x) => { await id(0); { var y = x; } return y + (await (async (x) => x + y)("deep")); };
  log(await g("param"));
  (function x() { log(typeof x); })();
  const Math = { max: () => "mine" }; log(Math.max(), await id(globalThis.Math.max(1, 2)));
  { const Array = 1; await id(Array); } log(new Array(2).length);
  { const Promise = { resolve: (v) => v }; log(await Promise.resolve("not durable")); } log(await Promise.resolve(1));
  var v = 1; { var v = 2; await id(0); } log(v);
  function fn() { return 1; } { function fn() { return 2; } await id(0); log(fn()); } log(fn());
  log((() => { let arguments2 = 1; return arguments2; })(), x);
  const o = { x, async m(x) { return [x, o.x, await id(this.x)]; } }; log(await o.m("arg"));
}
