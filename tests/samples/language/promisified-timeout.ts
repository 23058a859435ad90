// `promisify(setTimeout)`: a wait that is the task's.
import { promisify } from "node:util";

type Log = (...values: unknown[]) => void;
const sleep = promisify(setTimeout);

export default async function main(log: Log): Promise<void> {
  const order: string[] = [];
  const wait = promisify(globalThis.setTimeout);
  log(await sleep(1, "value"), await sleep(), wait === sleep);
  const slow = wait(3, "slow");
  setTimeout(() => order.push("between"), 2);
  log(await slow, order, slow instanceof Promise, typeof (await sleep(1, { deep: [1] })));
  await Promise.all([1, 2].map(async (i) => order.push(await sleep(i === 1 ? 40 : 1, `n${i}`))));
  log(order);
}
