async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
function* count(n) { let i = 0; try { while (i < n) { const got = yield i++; if (got) i += got; } } finally { i = -1; } return "done"; }
function* nested(xs) { for (const x of xs) { yield* count(x); yield () => x; } }
export default async function main(log) {
  const g = count(5);
  log(g.next(), await id(1), g.next(2), g.return("r" as any), g.next());
  log([...nested([1, 2])].map((v) => (typeof v === "function" ? v() : v)));
  let sum = 0; const add = (x) => (sum += x);
  for (const x of count(4)) { add(x); await id(x); }
  log(sum);
  const lazy = function* () { const a = yield 1; log("got", a); }; const it = lazy(); it.next(); it.next("v");
  log(Object.prototype.toString.call(it), lazy.name, [...(function* (a, b = a) { yield a; yield b; })(3)]);
}
