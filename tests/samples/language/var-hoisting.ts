async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  log(x, typeof f, typeof g);
  if (await id(true)) { var x = await id(1); function g() {} }
  for (var i = 0; i < 2; i++) { var inner = i * 2; await id(i); }
  var x; log(x, i, inner);
  var { p, q: [r] } = await id({ p: 1, q: [2] }), s = p + r;
  log(p, r, s);
  function f() { return x; }
  x = await id(9); log(f());
  try { var t = await id("t"); throw 1; } catch (e) { var u = e; } log(t, u);
  switch (1) { case 1: var w = await id("w"); } log(w);
  const fs = []; for (var k = 0; k < 2; k++) { fs.push(() => k); await id(0); } log(fs.map((h) => h()));
  var x2 = 1, x2 = x2 + (await id(1)); log(x2);
}
