/** Items taken by select and under signals that keep giving up: each comes to exactly one taker. */
import { call, current, type Queue, queue, type Selected, select, sleep } from "continua";

export interface Input {
  readonly queues: number;
  readonly takers: number;
  readonly items: number;
  readonly patienceMs: number;
}

async function feed(to: Queue<number>, from: number, items: number) {
  for (let i = 0; i < items; i++) {
    await to.enqueue(from + i);
    if (i % 3 === 2) await sleep(1);
  }
}

/** From whichever has something; when nothing comes for a moment it begins again. */
async function chooser(
  name: number,
  queues: readonly Queue<number>[],
  stop: Queue<string>,
  patienceMs: number,
) {
  const choices = Object.fromEntries(queues.map((one, at) => [`q${at}`, one]));
  const got: number[] = [];
  for (;;) {
    const one: Selected<Record<string, Queue<number> | Queue<string> | number>> = await select({
      ...choices,
      stop,
      late: patienceMs,
    });
    if (one.name === "stop") break;
    if (typeof one.value !== "number") continue;
    got.push(one.value);
    console.log(`taken ${one.value}`);
  }
  console.log(`chooser ${name} ends`);
  return got;
}

/** From one queue, each wait under a signal of its own. */
async function impatient(from: Queue<number>, enough: AbortSignal, patienceMs: number) {
  const got: number[] = [];
  while (!enough.aborted) {
    const signal = AbortSignal.any([enough, AbortSignal.timeout(patienceMs)]);
    try {
      const item = await from.dequeue({ signal });
      got.push(item);
      console.log(`taken ${item}`);
    } catch (error) {
      if (error !== signal.reason) throw error;
    }
  }
  return got;
}

async function impatientTask(from: Queue<number>, stop: Queue<string>, patienceMs: number) {
  const controller = new AbortController();
  const taking = impatient(from, controller.signal, patienceMs);
  await stop.dequeue();
  controller.abort("enough");
  return await taking;
}

export default async function main({ queues: count, takers, items, patienceMs }: Input) {
  const queues = Array.from({ length: count }, () => queue<number>({ capacity: 2 }));
  const stop = queue<string>();
  const taking = [
    ...Array.from({ length: takers }, (_, i) => call(chooser, i, queues, stop, patienceMs)),
    call(impatientTask, queues[0]!, stop, patienceMs),
  ];
  await Promise.all(queues.map((to, at) => call(feed, to, at * 1_000, items)));
  // What is still there is taken by whoever comes first, also by this task.
  const rest: number[] = [];
  for (const from of queues) {
    for (;;) {
      const one = await select({ from, empty: 2 });
      if (one.name === "empty") break;
      rest.push(one.value);
      console.log(`taken ${one.value}`);
    }
  }
  for (let i = 0; i <= takers; i++) await stop.enqueue(`${current.id} ${i}`);
  const taken = (await Promise.all(taking)).flat();
  return [...rest, ...taken].sort((a, b) => a - b);
}
