// `setImmediate`: behind all that can run, and written down with the task.
import { promisify } from "node:util";

type Log = (...values: unknown[]) => void;
const soon = promisify(setImmediate);

export default async function main(log: Log): Promise<void> {
  const order: unknown[] = [];
  setImmediate(
    (a: string, b: number) => {
      order.push(a, b);
      setImmediate(() => order.push("next round"));
      queueMicrotask(() => order.push("micro of one"));
    },
    "one",
    1,
  );
  setImmediate(() => order.push("two"));
  const cleared = setImmediate(() => order.push("never"));
  clearImmediate(cleared);
  queueMicrotask(() => order.push("micro"));
  void Promise.resolve().then(async () => {
    for (let i = 0; i < 3; i += 1) await Promise.resolve();
    order.push("fiber");
  });
  await new Promise<void>((resolve) => setImmediate(resolve));
  log(order);
  log(await soon("value"), await soon(), order);
  for (let i = 0; i < 3; i += 1) await new Promise<void>((resolve) => globalThis.setImmediate(resolve));
  await Promise.all(["a", "b"].map(async (name) => order.push(await soon(name))));
  log(order);
}
