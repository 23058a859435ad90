async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
function collect(): any[] {
  const fs: any[] = [];
  for (let i = 0; i < 3; i++) fs.push(() => i++, () => i);
  for (let i = 0, j = 10; i < j; i += 4, j--) fs.push(() => [i, j]);
  for (const [a, { b: c, ...rest }] of [[1, { b: 2, z: 3 }]] as any) fs.push(() => [a, c, rest]);
  for (const k in { x: 1, y: 2 }) { let v = k + k; fs.push(() => v); }
  for (let i = 0, f = () => i; i < 2; i++) fs.push(f);
  outer: for (let i = 0; i < 3; i++) { for (const x of [1, 2]) { if (x === 2) continue outer; fs.push(() => i * x); } }
  let w = 0;
  do { const at = w; fs.push(() => at); } while (++w < 2);
  switch (w) { case 2: { let s = "two"; fs.push(() => s); break; } default: fs.push(0); }
  try { throw { m: 1, n: 2 }; } catch ({ m, n }) { fs.push(() => m, n); }
  return fs;
}
export default async function main(log) {
  const fs = await id(collect());
  log(fs.map((f) => (typeof f === "function" ? f() : f)));
  await id(0);
  log(fs.map((f) => (typeof f === "function" ? f() : f)));
}
