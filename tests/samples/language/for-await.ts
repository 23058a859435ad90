async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const source = (log, n, closes = true) => ({ i: 0, [Symbol.asyncIterator]() { return this; }, async next() { await id(0); return this.i < n ? { value: this.i++, done: false } : { value: "end", done: true }; }, async return() { log("close"); await id(0); log("closed"); return closes ? {} : 5; } });
export default async function main(log) {
  for await (const x of source(log, 2)) log(x, await id("y"));
  for await (const x of source(log, 9)) { if (x === 1) break; log("b", x); }
  outer: for (const k of [1, 2]) for await (const { x = k } of [{}, id({ x: 5 })] as any) { log(x); if (x === 5) continue outer; }
  const f = async () => { for await (const x of source(log, 3)) { try { if (x === 1) return await id("ret"); } finally { log("f", await id(x)); } } };
  log(await f());
  try { for await (const x of source(log, 3)) throw new Error(`body ${x}`); } catch (e) { log(e.message); }
  try { for await (const x of source(log, 3, false)) break; } catch (e) { log(e.name); }
  for await (const x of [id(1), 2, id(3)]) { if (x === 2) continue; log(x); }
  try { for await (const x of [Promise.reject(new Error("item"))]) log(x); } catch (e) { log(e.message); }
  const fs: any[] = []; for await (const x of source(log, 2)) fs.push(() => x); log(fs.map((g) => g()));
  let y; for await (y of [7]); log(y);
}
