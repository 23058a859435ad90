/**
 * What the cases of the engine run: programs as users write them, compiled for each run of a case.
 *
 * A moment is told by `process.hrtime()`, whose clock all processes of a machine share, or over the channel "bench"
 * (worker-main.ts), which the worker answers without a commit in between.
 */
export const programs = {
  /** N durable steps, one after the other. */
  seq: `
    import { step } from "continua";
    export default async function main(n: number) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += await step(() => i);
      return sum;
    }`,

  /** N effects inside the system, one after the other: an item goes into a queue and comes out again. */
  internal: `
    import { queue } from "continua";
    export default async function main(n: number) {
      const q = queue<number>();
      let sum = 0;
      for (let i = 0; i < n; i += 2) {
        await q.enqueue(i);
        sum += await q.dequeue();
      }
      return sum;
    }`,

  start: `
    export default async function main(i: number) {
      return i;
    }`,

  fanout: `
    import { call } from "continua";
    async function child(i: number) {
      return i;
    }
    export default async function main(n: number) {
      return (await Promise.all(Array.from({ length: n }, (_, i) => call(child, i)))).length;
    }`,

  /** N steps, then one in which its worker is killed. */
  recover: `
    import { channel } from "node:diagnostics_channel";
    import { step } from "continua";
    export default async function main(n: number) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += await step(() => i);
      await step(() => {
        channel("bench").publish("reached");
        return new Promise(() => {});
      });
      return sum;
    }`,

  /** The same behind N effects inside the system. */
  resumed: `
    import { channel } from "node:diagnostics_channel";
    import { queue, step } from "continua";
    export default async function main(n: number) {
      const q = queue<number>();
      let sum = 0;
      for (let i = 0; i < n; i += 2) {
        await q.enqueue(i);
        sum += await q.dequeue();
      }
      await step(() => {
        channel("bench").publish("reached");
        return new Promise(() => {});
      });
      return sum;
    }`,

  pingpong: `
    import { queue, spawn, type Queue } from "continua";
    async function answer(n: number, there: Queue<bigint>, back: Queue<bigint>) {
      const hops: number[] = [];
      for (let i = 0; i < n; i++) {
        const sent = await there.dequeue();
        hops.push(Number(process.hrtime.bigint() - sent) / 1e6);
        await back.enqueue(process.hrtime.bigint());
      }
      return hops;
    }
    export default async function main(n: number) {
      const there = queue<bigint>();
      const back = queue<bigint>();
      const other = spawn(answer, n, there, back);
      const hops: number[] = [];
      for (let i = 0; i < n; i++) {
        await there.enqueue(process.hrtime.bigint());
        const sent = await back.dequeue();
        hops.push(Number(process.hrtime.bigint() - sent) / 1e6);
      }
      return { hops: hops.concat(await other.result()) };
    }`,

  parked: `
    import { sleep } from "continua";
    export default async function main() {
      await sleep("1 hour");
    }`,

  /** N steps, each with a result of 1,024 characters that do not compress. */
  bytes: `
    import { randomBytes } from "node:crypto";
    import { step } from "continua";
    export default async function main(n: number) {
      let last = "";
      for (let i = 0; i < n; i++) last = await step(() => randomBytes(768).toString("base64"));
      return last.length;
    }`,

  /** How long a checkpoint takes with \`size\` bytes of state, synchronous and not, in milliseconds. */
  checkpoint: `
    import { checkpoint } from "continua";
    export default async function main({ n, size, sync }: { n: number; size: number; sync: boolean }) {
      const state = { text: "x".repeat(size), count: 0 };
      const times: number[] = [];
      for (let i = 0; i < n; i++) {
        state.count++;
        state.text = String(i) + state.text.slice(String(i).length);
        const began = process.hrtime.bigint();
        if (sync) await checkpoint({ sync: true });
        else checkpoint();
        times.push(Number(process.hrtime.bigint() - began) / 1e6);
        if (!sync) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return { times, count: state.count };
    }`,
} as const;

export type ProgramName = keyof typeof programs;
