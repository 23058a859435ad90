/**
 * What the micro-benchmarks run: programs as users write them. Moments are told by `process.hrtime`, whose clock all processes of a machine
 * share; all answer times in milliseconds.
 */

/** `count` rounds of `everyMs` of computing, a checkpoint of `size` new bytes behind each; answers how long the program stood still. */
const checkpoint = `
  import { randomFillSync } from "node:crypto";
  import { checkpoint } from "continua";
  export default async function main({ count, size, everyMs, mode }: { count: number; size: number; everyMs: number; mode: string }) {
    const state = new Uint8Array(size);
    const stalls: number[] = [];
    let sum = 0;
    for (let i = 0; i < count; i++) {
      randomFillSync(state);
      const until = performance.now() + everyMs;
      while (performance.now() < until) sum = (sum * 31 + i) % 1_000_003;
      const began = performance.now();
      if (mode === "sync") await checkpoint({ sync: true });
      else {
        if (mode === "async") checkpoint();
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      stalls.push(performance.now() - began);
    }
    return { times: stalls, sum, size: state.length };
  }`;

/** `tasks` tasks that make checkpoints of `size` new bytes, synchronous, one after the other, for `ms`. */
const together = `
  import { randomFillSync } from "node:crypto";
  import { call, checkpoint } from "continua";
  async function one(size: number, ms: number) {
    const state = new Uint8Array(size);
    const times: number[] = [];
    const began = performance.now();
    while (performance.now() - began < ms) {
      randomFillSync(state);
      const before = performance.now();
      await checkpoint({ sync: true });
      times.push(performance.now() - before);
    }
    return { times, size: state.length };
  }
  export default async function main({ tasks, size, ms }: { tasks: number; size: number; ms: number }) {
    const began = performance.now();
    const all = await Promise.all(Array.from({ length: tasks }, () => call(one, size, ms)));
    const times = all.flatMap((one) => one.times);
    return { times, perSecond: (times.length / (performance.now() - began)) * 1000 };
  }`;

/** Messages of `size` bytes there and back between two tasks, over two queues; how long each hop took. */
const hops = `
  import { queue, spawn, type Queue } from "continua";
  interface Message { readonly at: bigint; readonly body: Uint8Array }
  const since = (at: bigint) => Number(process.hrtime.bigint() - at) / 1e6;
  async function answer(n: number, there: Queue<Message>, back: Queue<Message>) {
    const times: number[] = [];
    for (let i = 0; i < n; i++) {
      const { at, body } = await there.dequeue();
      times.push(since(at));
      await back.enqueue({ at: process.hrtime.bigint(), body });
    }
    return times;
  }
  export default async function main({ n, size }: { n: number; size: number }) {
    const there = queue<Message>({ capacity: 1 });
    const back = queue<Message>({ capacity: 1 });
    const other = spawn(answer, n, there, back);
    const body = new Uint8Array(size).fill(7);
    const times: number[] = [];
    for (let i = 0; i < n; i++) {
      await there.enqueue({ at: process.hrtime.bigint(), body });
      times.push(since((await back.dequeue()).at));
    }
    return { times: times.concat(await other.result()) };
  }`;

/** `producers` tasks put `n` messages of `size` bytes each into one queue, `consumers` take them out. */
const crowd = `
  import { call, queue, type Queue } from "continua";
  interface Message { readonly at: bigint; readonly body: Uint8Array }
  async function produce(n: number, size: number, to: Queue<Message>) {
    const body = new Uint8Array(size).fill(7);
    for (let i = 0; i < n; i++) await to.enqueue({ at: process.hrtime.bigint(), body });
  }
  async function consume(from: Queue<Message>) {
    const times: number[] = [];
    for await (const { at } of from) times.push(Number(process.hrtime.bigint() - at) / 1e6);
    return times;
  }
  export default async function main({ producers, consumers, n, size }: { producers: number; consumers: number; n: number; size: number }) {
    const messages = queue<Message>({ capacity: 64 });
    const began = performance.now();
    const takers = Array.from({ length: consumers }, () => call(consume, messages));
    await Promise.all(Array.from({ length: producers }, () => call(produce, n, size, messages)));
    await messages.close();
    const times = (await Promise.all(takers)).flat();
    return { times, perSecond: (times.length / (performance.now() - began)) * 1000 };
  }`;

/** `n` tasks with an argument of `size` bytes, one after the other: until the child's code runs, and until its result is back. */
const spawns = `
  import { spawn } from "continua";
  async function child(at: bigint, body: Uint8Array) {
    return { begun: Number(process.hrtime.bigint() - at) / 1e6, size: body.length };
  }
  export default async function main({ n, size }: { n: number; size: number }) {
    const body = new Uint8Array(size).fill(7);
    const begun: number[] = [];
    const times: number[] = [];
    for (let i = 0; i < n; i++) {
      const at = process.hrtime.bigint();
      begun.push((await spawn(child, at, body).result()).begun);
      times.push(Number(process.hrtime.bigint() - at) / 1e6);
    }
    return { begun, times };
  }`;

/** `n` tasks at once that do nothing, until all results are in. */
const wave = `
  import { call } from "continua";
  async function child(i: number) {
    return i;
  }
  export default async function main({ n }: { n: number }) {
    const began = performance.now();
    const results = await Promise.all(Array.from({ length: n }, (_, i) => call(child, i)));
    return { ms: performance.now() - began, sum: results.reduce((sum, i) => sum + i, 0) };
  }`;

/** `n` pieces of computing, `workMs` long each as one process does them: called as functions, or each as a task of its own. */
const overhead = `
  import { call } from "continua";
  async function work(rounds: number) {
    let sum = 0;
    for (let i = 0; i < rounds; i++) sum = (sum * 31 + i) % 1_000_003;
    return sum;
  }
  export default async function main({ n, rounds, tasks }: { n: number; rounds: number; tasks: boolean }) {
    await work(rounds);
    const began = performance.now();
    let sum = 0;
    for (let i = 0; i < n; i++) sum += tasks ? await call(work, rounds) : await work(rounds);
    return { ms: performance.now() - began, sum };
  }`;

export const programs = { checkpoint, together, hops, crowd, spawns, wave, overhead } as const;
export type ProgramName = keyof typeof programs;
