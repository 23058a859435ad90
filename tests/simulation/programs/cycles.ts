/** Rings of queues, each with the handle of the next as an item. Some are dropped, and only lead to themselves then; the others are gone round again. */
import { call, type Queue, queue, sleep } from "continua";

export interface Input {
  readonly rings: number;
  readonly length: number;
  readonly pauseMs: number;
}

interface Link {
  readonly word: string;
  readonly next: Queue<Link>;
}

async function ring(name: number, length: number): Promise<Queue<Link>> {
  const queues = Array.from({ length }, () => queue<Link>());
  for (const [i, each] of queues.entries())
    await each.enqueue({ word: `${name}.${i}`, next: queues[(i + 1) % length]! });
  return queues[0]!;
}

/** Once round, in a task of its own; what it takes it puts back. */
async function walk(first: Queue<Link>, length: number): Promise<string> {
  const words: string[] = [];
  let at = first;
  for (let i = 0; i < length; i++) {
    const link = await at.dequeue();
    words.push(link.word);
    await at.enqueue(link);
    at = link.next;
  }
  console.log(words.join());
  return words.join();
}

export default async function main({ rings, length, pauseMs }: Input) {
  const kept: Queue<Link>[] = [];
  for (let name = 0; name < rings; name++) {
    const first = await ring(name, length);
    await call(walk, first, length);
    if (name % 2 === 0) kept.push(first);
  }
  // Long enough for a server to find that nothing is going on, and to look for what only leads to itself.
  await sleep(pauseMs);
  return await Promise.all(kept.map((first) => call(walk, first, length)));
}
