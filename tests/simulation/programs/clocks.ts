/** What tasks see of the clock while they go from machine to machine. */
import { call, sleep } from "continua";

export interface Input {
  readonly watchers: number;
  readonly rounds: number;
  readonly ms: number;
}

export interface Watched {
  readonly dates: number[];
  readonly passed: number[];
  readonly origins: number[];
}

async function watch({ rounds, ms }: Input): Promise<Watched> {
  const dates: number[] = [];
  const passed: number[] = [];
  const origins: number[] = [];
  const look = (): void => {
    const date = new Date();
    dates.push(date.getTime(), Date.now());
    passed.push(performance.now());
    origins.push(performance.timeOrigin);
  };
  for (let round = 0; round < rounds; round++) {
    look();
    await sleep(ms);
  }
  look();
  return { dates, passed, origins };
}

export default async function main(input: Input) {
  return await Promise.all(Array.from({ length: input.watchers }, () => call(watch, input)));
}
