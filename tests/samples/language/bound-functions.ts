async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const o = { n: 2, f(a, b) { return [this.n, a, b]; }, async g(a) { await id(0); return this.n + a; }, bind(x) { return `own ${x}`; } };
  const f = o.f.bind(o, 1), g = o.g.bind({ n: 10 }), h = ((a, b) => a + b).bind(null, 5);
  await id(0);
  log(f(3), await g(1), h(1), f.name, f.length, o.bind(4), [1, 2].map(String.prototype.concat.bind("x")).length);
}
