async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
export default async function main(log) {
  let active = 0, most = 0;
  const work = async (n) => { active++; most = Math.max(most, active); for (let i = 0; i < n; i++) await id(i); active--; return n; };
  log(await Promise.all([3, 1, 2].map(work)), most, active);
  const results = await Promise.allSettled([work(1), (async () => { await id(0); throw new Error("one"); })()]);
  log(results.map((r) => r.status));
  log(await new Promise((resolve) => setTimeout(() => resolve("timer"), 1)));
  const p = id("later").then((x) => x + "!").finally(() => log("fin")); log(await p);
  try { await Promise.any([Promise.reject(1)]); } catch (e) { log(e.constructor.name, e.errors); }
  const queue: any[] = []; let wake: any; const next = async () => { while (queue.length === 0) await new Promise((r) => (wake = r)); return queue.shift(); };
  const consumer = (async () => { const got = []; for (let i = 0; i < 3; i++) got.push(await next()); return got; })();
  for (const x of "abc") { queue.push(x); wake?.(); await id(0); await id(0); await id(0); }
  log(await consumer);
}
