/**
 * Tasks that are cancelled while they have something in hand: each wait is either answered or cancelled, so that what one has taken and not
 * passed on it still has, and gives back.
 */
import { CancelledError, call, type Queue, QueueClosedError, queue, select, sleep, spawn } from "continua";

export interface Input {
  readonly takers: number;
  readonly items: number;
  /** Who is cancelled, and how long after the one before; the last taker has one below it. */
  readonly cancels: readonly { readonly who: number; readonly ms: number }[];
  readonly pauseMs: number;
}

interface Desk {
  readonly jobs: Queue<number>;
  readonly done: Queue<number>;
  readonly back: Queue<number>;
}

async function taker(name: string, { jobs, done, back }: Desk, pauseMs: number) {
  let held: number | undefined;
  try {
    for (;;) {
      held = await jobs.dequeue();
      if (pauseMs > 0) await sleep(pauseMs);
      await done.enqueue(held);
      held = undefined;
    }
  } catch (error) {
    if (error instanceof QueueClosedError) return "end";
    if (error instanceof CancelledError) console.log(`${name} is cancelled`);
    throw error;
  } finally {
    if (held !== undefined) await back.enqueue(held);
    console.log(`${name} cleans up`);
  }
}

async function leader(name: string, desk: Desk, pauseMs: number) {
  try {
    return await call(taker, `${name}'s`, desk, pauseMs);
  } finally {
    console.log(`${name} cleans up`);
  }
}

export default async function main({ takers, items, cancels, pauseMs }: Input) {
  const desk: Desk = {
    jobs: queue<number>({ capacity: 2 }),
    done: queue<number>({ capacity: 100 }),
    back: queue<number>({ capacity: 100 }),
  };
  const tasks = Array.from({ length: takers }, (_, i) =>
    spawn(i === takers - 1 ? leader : taker, `taker ${i}`, desk, pauseMs),
  );
  const feeding = (async () => {
    for (let n = 0; n < items; n++) await desk.jobs.enqueue(n);
  })();
  for (const { who, ms } of cancels) {
    await sleep(ms);
    tasks[who]!.cancel({ grace: "10h" });
  }
  const got: number[] = [];
  while (got.length < items) {
    const one = await select({ ...desk, late: "2h" });
    if (one.value === undefined) break;
    got.push(one.value);
  }
  await feeding;
  desk.jobs.close();
  const ends = await Promise.all(tasks.map((task) => task.result().catch((error: Error) => error.name)));
  return { got: got.sort((a, b) => a - b), ends };
}
