/** Sleeps and timers, in several tasks and several fibers of one. */
import { call, sleep } from "continua";

export interface Input {
  readonly sleepers: number;
  readonly ms: number;
}

async function sleeper(name: number, ms: number) {
  const woke: string[] = [];
  await Promise.all(
    [3, 1, 2].map(async (n) => {
      await sleep(n * ms);
      woke.push(`${name}:${n}`);
      console.log(`woke ${name}:${n}`);
    }),
  );
  return woke.sort();
}

async function ticking(ms: number) {
  let ticks = 0;
  return await new Promise<number>((resolve) => {
    const never = setTimeout(() => resolve(-1), 3_600_000);
    const interval = setInterval(() => {
      ticks++;
      console.log(`tick ${ticks}`);
      if (ticks < 4) return;
      clearInterval(interval);
      clearTimeout(never);
      resolve(ticks);
    }, ms);
  });
}

async function chained(ms: number) {
  const order: number[] = [];
  await new Promise<void>((resolve) => {
    setTimeout(
      (n: number) => {
        order.push(n);
        setTimeout(() => {
          order.push(n + 1);
          resolve();
        }, ms);
      },
      ms,
      1,
    );
  });
  return order;
}

export default async function main({ sleepers, ms }: Input) {
  const sleeping = Array.from({ length: sleepers }, (_, i) => call(sleeper, i, ms + 7 * i));
  const [ticks, order, ...woke] = await Promise.all([call(ticking, ms), chained(ms), ...sleeping]);
  return { ticks, order, woke: woke.flat() };
}
