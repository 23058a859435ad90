/** Tasks that go on for a while, and then in another version of this program: a function that nobody waits in is another one there. */
import { call, current, inbox, queue, select, sleep } from "continua";

export interface Input {
  readonly workers: number;
  readonly rounds: number;
  readonly pauseMs: number;
}

function version() {
  return 1;
}

/** What this task has seen, in order. */
const seen: number[] = [];

async function worker(rounds: number, pauseMs: number) {
  const done = queue<number>({ name: "done" });
  const held = version;
  for (let round = 0; round < rounds; round++) {
    seen.push(version(), held());
    const one = await select({ late: pauseMs, stop: queue<string>({ name: "stop" }) });
    if (one.name === "stop") break;
    await done.enqueue(round);
  }
  return { id: current.id, seen };
}

async function collect() {
  let sum = 0;
  for await (const one of queue<number>({ name: "done" })) sum += one;
  return sum;
}

export default async function main({ workers, rounds, pauseMs }: Input) {
  const sum = call(collect);
  const all = Promise.all(Array.from({ length: workers }, () => call(worker, rounds, pauseMs)));
  // Comes when the run has been moved.
  const told = await inbox<number>("moved").receive();
  const then = version();
  await sleep(1);
  const ends = await all;
  queue<number>({ name: "done" }).close();
  return { told, then, sum: await sum, seen: ends.map((end) => end.seen), after: await call(late) };
}

/** Begins after all others. */
async function late() {
  return version();
}
