async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const settings = await id({ n: 2 });
let total = 0;
for (const x of [1, 2, 3]) total += await id(x * settings.n);
try { await Promise.reject(new Error("top")); } catch (e) { total += (e as Error).message.length; }
const fs: (() => number)[] = [];
for (let i = 0; i < 3; i++) { fs.push(() => i); await id(i); }
switch (await id(settings.n)) { case 2: { const inner = await id(10); fs.push(() => inner); } }
export default async function main(log) {
  log(settings, total, fs.map((f) => f()));
  await id(log(import.meta.url !== undefined));
}
