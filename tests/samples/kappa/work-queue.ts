// Workers take jobs from one bounded queue and put what they have done into another.
import { call, type Queue, queue } from "continua";

interface Job {
  readonly number: number;
  readonly times: number;
}

async function work(jobs: Queue<Job>, done: Queue<[number, number]>): Promise<number> {
  let count = 0;
  for await (const { number, times } of jobs) {
    let value = number;
    for (let i = 0; i < times; i++) value = (value * 1_103 + 12_345) % 2_147_483_648;
    await done.enqueue([number, value]);
    count++;
  }
  return count;
}

export async function workQueue(count: number, workers: number): Promise<{ done: number; sum: number; by: number }> {
  const jobs = queue<Job>({ capacity: 4 });
  const done = queue<[number, number]>({ capacity: count });
  const working = Array.from({ length: workers }, () => call(work, jobs, done));
  for (let number = 0; number < count; number++) await jobs.enqueue({ number, times: 1_000 * (1 + (number % 7)) });
  jobs.close();
  const by = (await Promise.all(working)).reduce((sum, own) => sum + own, 0);
  done.close();
  const values = new Map<number, number>();
  for await (const [number, value] of done) values.set(number, value);
  return { done: values.size, sum: [...values.values()].reduce((sum, value) => sum + value, 0), by };
}
