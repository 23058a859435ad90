async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  const fs: any[] = [];
  for (let i = 0; i < 3; i++) { fs.push(() => i++, () => i); await id(i); }
  log(fs.map((f) => f()), fs.map((f) => f()));
  const gs: any[] = [];
  for (let i = 0, inc = () => i++, get = () => i; i < 3; i++) { gs.push(get, () => i); inc(); await id(0); if (gs.length > 6) break; }
  log(gs.map((f) => f()));
  const hs: any[] = [];
  for (const x of [1, 2, 3]) { const y = x * (await id(10)); hs.push(() => [x, y]); }
  for (const k in { a: 1, b: 2 }) { hs.push(() => k); await id(k); }
  log(hs.map((f) => f()));
  const ws: any[] = [];
  let n = 0;
  while (n < 3) { let m = n++; ws.push(() => m++); await id(m); m += 10; }
  log(ws.map((f) => f()), ws.map((f) => f()));
  for (let i = 0; i < 2; i++) { setTimeout(() => {}, 0); const again = async () => { i += 0; await id(i); return i; }; log(await again()); }
  const cs: any[] = [];
  for (let i = 0; i < 5; i++) { if (i % 2) continue; cs.push(() => i); }
  log(cs.map((f) => f()));
}
