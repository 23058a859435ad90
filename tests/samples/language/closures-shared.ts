async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  let n = 0;
  const inc = () => ++n;
  const get = () => n;
  await id(inc());
  n += 10;
  await id(0);
  log(inc(), get(), n);
  const counter = (start) => { let c = start; return { up: () => ++c, async later() { await null; return ++c; }, get now() { return c; }, set now(v) { c = v; } }; };
  const c = counter(5);
  c.up();
  log(await c.later(), c.now, (c.now = 40, c.up()));
  const fib = async (k) => (k < 2 ? k : (await fib(k - 1)) + (await fib(k - 2)));
  log(await fib(8));
  const fact = function me(k) { return k < 2 ? 1 : k * me(k - 1); };
  const afact = async function me(k) { return k < 2 ? 1 : k * (await me(k - 1)); };
  log(fact(5), await afact(6), fact.name, afact.name, fact.length);
  function hoisted() { return later(); function later() { return n; } }
  log(hoisted());
  { function inner() { return "block"; } log(inner()); await id(0); log(inner()); }
}
