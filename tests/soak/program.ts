/** Many short tasks, and queues that are used once. */
import { call, mapTasks, type Queue, queue, spawn } from "continua";

export interface Input {
  readonly tasks: number;
  readonly queues: number;
  /** Tasks that are started as fast as a loop can, and of which nobody keeps a handle. */
  readonly spawns: number;
}

async function short(n: number) {
  return n % 1_000;
}

async function produce(to: Queue<number>, count: number) {
  for (let n = 0; n < count; n++) await to.enqueue(n);
  to.close();
  return count;
}

async function useQueue(count: number) {
  const jobs = queue<number>({ capacity: 2 });
  const producing = call(produce, jobs, count);
  let sum = 0;
  for await (const n of jobs) sum += n;
  return sum + (await producing);
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** `tasks` tasks in all, this one among them. */
export default async function main({ tasks, queues, spawns }: Input) {
  for (let n = 0; n < spawns; n++) spawn(short, n);
  let sum = 0;
  for (let n = 0; n < queues; n++) sum += await useQueue(3);
  const rest = Array.from({ length: tasks - queues - 1 }, (_, n) => n);
  for (let from = 0; from < rest.length; from += 1_000)
    sum += sumOf(await mapTasks(rest.slice(from, from + 1_000), short));
  return sum;
}
