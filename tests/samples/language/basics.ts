type Log = (...values: unknown[]) => void;
let total = 0;
const factor = 3;
async function times(a: number): Promise<number> {
  await null;
  return a * factor;
}
export default async function main(log: Log) {
  const xs: number[] = [];
  for (let i = 0; i < 4; i++) {
    const y = await times(i);
    xs.push(y);
    total += y;
  }
  log("sum", total);
  const fns = [] as (() => number)[];
  for (let i = 0; i < 3; i++) {
    fns.push(() => i * 10);
    await null;
  }
  log(fns.map((f) => f()));
  try {
    await fail("no");
  } catch (e) {
    log("caught", (e as Error).message, await times(2));
  } finally {
    log("finally", await times(3));
  }
  for (const [k, v] of Object.entries({ a: 1, b: 2 })) log(k, await times(v));
  return xs;
}
async function fail(why: string): Promise<never> {
  await null;
  throw new Error(why);
}
