/** Users of one queue and one lock that tell the world outside what they ask, before, and what they are told, after. */
import { call, checkpoint, current, QueueClosedError, queue, semaphore } from "continua";
import { note } from "../outside.ts";

export interface Input {
  readonly producers: number;
  readonly consumers: number;
  readonly items: number;
  readonly capacity: number;
  readonly owners: number;
  readonly rounds: number;
  readonly permits: number;
}

async function produce(run: string, name: number, { items, capacity }: Input) {
  const to = queue<string>({ name: "witnessed", capacity });
  const sent: string[] = [];
  for (let n = 0; n < items; n++) {
    const item = `${name}.${n}`;
    const asked = { kind: "enqueue", items: [item] };
    note(`${run} enqueue ${item}`, asked);
    await to.enqueue(item);
    note(`${run} enqueue ${item}`, asked, { kind: "done" });
    sent.push(item);
  }
  return sent;
}

async function consume(run: string, name: number, { capacity }: Input) {
  const from = queue<string>({ name: "witnessed", capacity });
  const got: string[] = [];
  for (let n = 0; ; n++) {
    const asked = { kind: "dequeue" };
    note(`${run} dequeue ${name}.${n}`, asked);
    try {
      const item = await from.dequeue();
      note(`${run} dequeue ${name}.${n}`, asked, { kind: "item", item });
      got.push(item);
      console.log(`got ${item}`);
    } catch (error) {
      if (!(error instanceof QueueClosedError)) throw error;
      note(`${run} dequeue ${name}.${n}`, asked, { kind: "closed" });
      return got;
    }
  }
}

async function own(run: string, name: number, { rounds, permits }: Input) {
  const lock = semaphore(permits, { name: "witnessed" });
  const by = String(name);
  for (let round = 0; round < rounds; round++) {
    const asked = { kind: "acquire", by };
    note(`${run} acquire ${name}.${round}`, asked);
    const permit = await lock.acquire();
    const { token } = permit;
    note(`${run} acquire ${name}.${round}`, asked, { token });
    const given = { kind: "release", by, token };
    note(`${run} release ${name}.${round}`, given);
    permit.release();
    await checkpoint({ sync: true });
    note(`${run} release ${name}.${round}`, given, {});
  }
}

export default async function main(input: Input) {
  const run = current.id;
  const all = <T>(count: number, start: (i: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, i) => start(i)));
  const owning = all(input.owners, (i) => call(own, run, i, input));
  const consuming = all(input.consumers, (i) => call(consume, run, i, input));
  const produced = await all(input.producers, (i) => call(produce, run, i, input));
  note(`${run} close`, { kind: "close" });
  queue<string>({ name: "witnessed", capacity: input.capacity }).close();
  await checkpoint({ sync: true });
  note(`${run} close`, { kind: "close" }, { kind: "done" });
  await owning;
  return { items: (await consuming).flat(), produced: produced.flat() };
}
