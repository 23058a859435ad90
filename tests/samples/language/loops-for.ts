async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  for (let i = 0, n = await id(3); i < n; i++) log("a", i, await id(i));
  for (let i = 0; i < (await id(2)); i++) log("b", i);
  for (let i = 0; i < 3; i += await id(1)) { if (i === 1) continue; log("c", i); }
  let i = 0;
  for (;;) { if (i++ > 2) break; log("d", await id(i)); }
  for (i = await id(5); i > 3; i--) log("e", i);
  for (var v = 0; v < 2; v++) await id(v);
  log(v);
  for (await id(0); i < 5; i++) log("f", i);
  for (let j = 0; j < 0; j++) await id(1);
  for (let a = 0, c = 10; a < c; a += 3, c -= await id(3)) log("g", a, c);
  let sum = 0;
  for (let x = 0; x < 1000; x++) sum += x;
  log(sum);
}
