// The object that a for-in or for-of goes through is evaluated outside of the iterations: closures in it do not see
// their environment, and the names of their variables are dead there.
async function id<T>(value: T): Promise<T> {
  await null;
  return value;
}
const tried = async (log, f) => { try { log(await f()); } catch (e) { log(`${e.name}: ${e.message}`); } };
export default async function main(log) {
  const held: any[] = [];
  const by = 10;
  for (const x of [1, 2].map((n) => ({ of(m) { return n * by + m; } }))) { held.push(() => x.of(1)); await id(0); }
  for (const x of [1, 2].map((n) => ({ of(m) { return n * by + m; } }))) held.push(() => x.of(2));
  for await (const x of [1, 2].map(async (n) => ({ of: (m) => n * by + m }))) held.push(() => x.of(3));
  for (const x in { ...Object.fromEntries([1, 2].map((n) => [(() => `k${n * by}`)(), 0])) }) held.push(() => x);
  for (const x in { ...Object.fromEntries([1, 2].map((n) => [(() => `k${n * by}`)(), 0])) }) { held.push(() => x); await id(0); }
  const sync = () => { for (const x of [3].map((n) => class { of = () => n * by; })) held.push(() => new x().of()); };
  sync();
  log(held.map((f) => f()));
  const x = "outer";
  await tried(log, async () => { for (const y of [x]) held.push(() => y); return held.at(-1)(); });
  await tried(log, async () => { for (const x of [x]) await id(x); });
  await tried(log, async () => { for (const x of [x]) held.push(() => x); });
  await tried(log, async () => { for (const x of [await id(1), x]) held.push(() => x); });
  await tried(log, async () => { for (const x of [() => x]) { await id(0); log(x()); } });
  await tried(log, async () => { for (const [x, { z }] of [[() => x, { z: () => x }]]) { const g = () => [x, z]; await id(0); log(g()[0]()); } });
  await tried(log, async () => { for (const x in { [typeof x]: 1 }) await id(x); });
  await tried(log, async () => { for (let z of [(z = log("the value comes first"))]) await id(z); });
  await tried(log, async () => { for (let z of [(z += log("never"))]) await id(z); });
  await tried(log, async () => { for (let z of [z++]) await id(z); });
  await tried(log, async () => { for (let z of [([z] = [log("the list comes first")])]) await id(z); });
  await tried(log, async () => { for await (const z of [Promise.resolve(() => z)]) log(z()); });
}
