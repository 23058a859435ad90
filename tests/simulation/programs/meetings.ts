/** Semaphores and barriers: never more inside than there is room for, and nobody goes on before all have come. */
import { barrier, call, current, semaphore, sleep } from "continua";
import { pass } from "../outside.ts";

export interface Input {
  readonly parties: number;
  readonly rounds: number;
  readonly permits: number;
  readonly visitors: number;
  readonly pauseMs: number;
}

async function party(run: string, name: number, { parties, rounds, pauseMs }: Input) {
  const meeting = barrier(parties, { name: "meeting" });
  for (let round = 0; round < rounds; round++) {
    if (pauseMs > 0 && (name + round) % 2 === 0) await sleep(pauseMs);
    pass(`${run} arrives ${round} ${name}`);
    await meeting.arrive();
    pass(`${run} goes on ${round} ${name}`);
    console.log(`party ${name} round ${round}`);
  }
  return rounds;
}

async function visitor(name: number, { permits, pauseMs }: Input) {
  const room = semaphore(permits, { name: "room" });
  const tokens: number[] = [];
  for (let visit = 0; visit < 2; visit++) {
    const permit = await room.acquire();
    tokens.push(permit.token);
    if (pauseMs > 0) await sleep(pauseMs);
    if (visit === 0 || name % 3 > 0) permit.release();
    // Else the end of the task gives it back.
  }
  console.log(`visitor ${name}`);
  return tokens;
}

export default async function main(input: Input) {
  const meeting = Promise.all(
    Array.from({ length: input.parties }, (_, i) => call(party, current.id, i, input)),
  );
  const visiting = Promise.all(Array.from({ length: input.visitors }, (_, i) => call(visitor, i, input)));
  const tokens = (await visiting).flat().sort((a, b) => a - b);
  return { rounds: await meeting, tokens };
}
