// A task for each part of a sum, whose results are summed; and the parts are closures over what the parent has.
import { mapTasks } from "continua";

async function sum([from, to]: readonly [number, number]): Promise<number> {
  let total = 0;
  for (let n = from; n < to; n++) total += n;
  return total;
}

export async function sums(until: number, parts: number): Promise<number> {
  const edge = (part: number): number => Math.floor((until * part) / parts);
  const ranges = Array.from({ length: parts }, (_, part) => [edge(part), edge(part + 1)] as const);
  const totals = await mapTasks(ranges, sum, { concurrency: 8 });
  return totals.reduce((total, own) => total + own, 0);
}
