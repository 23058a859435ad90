/** Producers and consumers over two bounded queues; every item comes out once, whoever dies. */
import { call, checkpoint, type Queue, queue, sleep } from "continua";

export interface Input {
  readonly producers: number;
  readonly consumers: number;
  readonly items: number;
  readonly batch: number;
  readonly capacity: number;
  readonly pauseMs: number;
}

const jobs = (capacity: number) => queue<{ producer: number; n: number }>({ name: "jobs", capacity });

async function produce(producer: number, { items, batch, capacity, pauseMs }: Input) {
  const to = jobs(capacity);
  for (let n = 0; n < items; n += batch) {
    const some = [];
    for (let i = n; i < Math.min(items, n + batch); i++) some.push({ producer, n: i });
    await to.enqueue(...some);
    if (pauseMs > 0 && n % 2 === 0) await sleep(pauseMs);
  }
  return items;
}

async function consume(name: number, done: Queue<string>, { capacity, pauseMs }: Input) {
  const last = new Map<number, number>();
  let count = 0;
  for await (const { producer, n } of jobs(capacity)) {
    if (n <= (last.get(producer) ?? -1)) throw new Error(`${name} got ${n} of ${producer} too late`);
    last.set(producer, n);
    console.log(`item ${producer}:${n}`);
    if (pauseMs > 0 && n % 3 === 0) await sleep(pauseMs);
    await done.enqueue(`${producer}:${n}`);
    if (count === 1) await checkpoint({ name: "half-way" });
    count++;
  }
  return count;
}

async function collect(done: Queue<string>) {
  const got: string[] = [];
  for await (const item of done) got.push(item);
  return got;
}

export default async function main(input: Input) {
  const done = queue<string>({ capacity: 2 });
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
  const producing = Promise.all(numbers(input.producers).map((i) => call(produce, i, input))).then(
    (counts) => {
      jobs(input.capacity).close();
      return counts.reduce((sum, each) => sum + each, 0);
    },
  );
  const consuming = Promise.all(numbers(input.consumers).map((i) => call(consume, i, done, input))).then(
    (counts) => {
      done.close();
      return counts.reduce((sum, each) => sum + each, 0);
    },
  );
  const got = await call(collect, done);
  return { produced: await producing, consumed: await consuming, got: got.sort() };
}
