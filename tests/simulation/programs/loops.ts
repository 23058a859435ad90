/** Long computations, written down in their middle: loops, closures, generators, module variables. */
import { call, checkpoint } from "continua";

export interface Input {
  readonly workers: number;
  readonly turns: number;
}

const counters = new Map<string, number>();
const count = (what: string): number => {
  const next = (counters.get(what) ?? 0) + 1;
  counters.set(what, next);
  return next;
};

async function* squares(turns: number) {
  for (let i = 0; i < turns; i++) {
    if (i % 40 === 0) await checkpoint(i === 40 ? { name: "half-way" } : {});
    yield i * i;
  }
}

async function compute(name: number, turns: number) {
  const adders = Array.from({ length: 3 }, (_, i) => (x: number) => x + i);
  let sum = 0;
  for await (const square of squares(turns)) {
    for (const add of adders) sum = add(sum) % 1_000_003;
    sum = (sum + square) % 1_000_003;
    if (count("turns") % 50 === 0) console.log(`worker ${name}: ${counters.get("turns")} ${sum}`);
  }
  for (let i = 0; i < turns * 5; i++) {
    try {
      if (i % 97 === 0) throw i;
      sum = (sum * 31 + i) % 1_000_003;
    } catch (thrown) {
      sum += thrown as number;
    } finally {
      count("ends");
    }
    if (i % 100 === 0) await null;
  }
  await checkpoint({ sync: true });
  return { sum, ends: counters.get("ends") };
}

export default async function main({ workers, turns }: Input) {
  const all = await Promise.all(Array.from({ length: workers }, (_, i) => call(compute, i, turns + i)));
  return { all, mine: counters.get("ends") ?? 0 };
}
