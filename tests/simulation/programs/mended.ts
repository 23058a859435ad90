/** Fails by a mistake that its next version does not make. It keeps a checkpoint before: from there copies go on, moved to that version, when all is long over. */
import { call, checkpoint, inbox, type Queue, queue, sleep } from "continua";

export interface Input {
  readonly workers: number;
  readonly items: number;
  readonly pauseMs: number;
}

function checked(sum: number): number {
  throw new Error(`${sum} is not what it should be`);
}

async function take(name: number, from: Queue<number>, done: Queue<number>, pauseMs: number) {
  let taken = 0;
  for await (const item of from) {
    if (pauseMs > 0 && item % 2 === name % 2) await sleep(pauseMs);
    await done.enqueue(item);
    taken++;
  }
  return taken;
}

export default async function main({ workers, items, pauseMs }: Input) {
  const todo = queue<number>({ capacity: 2 });
  const done = queue<number>();
  const taking = Array.from({ length: workers }, (_, name) => call(take, name, todo, done, pauseMs));
  for (let item = 0; item < items; item++) {
    await todo.enqueue(item);
    if (item === items >> 1) await checkpoint({ name: "ready" });
  }
  todo.close();
  await checkpoint({ name: "all-put-in" });
  const taken = (await Promise.all(taking)).reduce((sum, each) => sum + each, 0);
  let sum = 0;
  for (let item = 0; item < items; item++) sum += await done.dequeue();
  const go = await inbox<number>("go").receive();
  return { go, taken, sum: checked(sum) };
}
