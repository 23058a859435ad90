/**
 * The micro-benchmarks of Kappa's evaluation (Zhang et al., SoCC '20), ours: what checkpoints, messages, spawns and tasks cost, by size, number
 * and store. Worker processes, as `continua run` has them; warm: each program has run once before it is measured.
 *
 * K1. A row is one run of one program on fresh state; what it says of a checkpoint, message or spawn is the distribution over those in it.
 * K2. Durability is `strict`: what is measured is what a user gets who has asked for nothing.
 */

import { openFileStore, openMemoryStore, openRedisStore } from "../../src/store/index.ts";
import { noRedis, RedisServer } from "../../tests/store/redis-server.ts";
import { type Host, openHost } from "../engine/host.ts";
import type { LinePlot } from "../plot.ts";
import type { Wish } from "../report.ts";
import { type Column, quantiles, type Sheet, type SheetRow, seriesOf, type Wide } from "../sheet.ts";
import { type ProgramName, programs } from "./programs.ts";

const storeNames = ["file", "redis", "memory"] as const;
type StoreName = (typeof storeNames)[number];

/** Workers of the host unless said otherwise. */
const workers = 2;
const KB = 1_000;
const MB = 1_000_000;

const stateBytes: Column = { key: "size", title: "state (bytes)" };
const p50: Column = { key: "p50", title: "p50 ms" };
const p95: Column = { key: "p95", title: "p95 ms" };
const p99: Column = { key: "p99", title: "p99 ms" };

interface Experiment {
  readonly name: string;
  readonly title: string;
  readonly columns: readonly Column[];
  readonly wide?: readonly Wide[];
  /** In units of rounds: how much of it is measured. */
  run(rounds: number): AsyncIterable<SheetRow>;
  plots(rows: readonly SheetRow[]): Readonly<Record<string, LinePlot>>;
}

const milliseconds = { label: "time", unit: "ms", log: true };

const experiments: readonly Experiment[] = [
  {
    name: "checkpoints",
    title: "A checkpoint every 100 ms, all of the state new: how long the program stands still",
    columns: [
      { key: "store", title: "store" },
      { key: "mode", title: "checkpoint" },
      { key: "size", title: "state bytes" },
      p50,
      p95,
      p99,
    ],
    wide: [{ title: "median, ms", by: [stateBytes], across: ["store", "mode"], value: "p50" }],
    async *run(rounds) {
      for (const store of stores()) {
        for (const size of [KB, 10 * KB, 100 * KB, MB, 10 * MB]) {
          for (const mode of ["sync", "async"]) {
            const { times } = await measure<Times>("checkpoint", store, {
              input: { count: 6 * rounds, size, everyMs: 100, mode },
              warm: { count: 2, size, everyMs: 10, mode },
            });
            yield { store, mode, size, ...quantiles(times) };
          }
        }
      }
    },
    plots: (rows) => ({
      "kappa-checkpoints": {
        title: "A checkpoint every 100 ms, all of the state new",
        subtitle: "How long the program stands still, median",
        x: { label: "state", unit: "bytes", log: true },
        y: milliseconds,
        series: seriesOf(rows, ({ store, mode }) => `${store}, ${mode}`, "size", "p50"),
      },
    }),
  },
  {
    name: "together",
    title: "Many tasks, each making one synchronous checkpoint after the other",
    columns: [
      { key: "store", title: "store" },
      { key: "size", title: "state bytes" },
      { key: "tasks", title: "tasks" },
      { key: "perSecond", title: "checkpoints/s" },
      { key: "mbPerSecond", title: "MB/s" },
      p50,
      p99,
    ],
    wide: [
      { title: "checkpoints a second, by the number of tasks", value: "perSecond" },
      { title: "MB a second", value: "mbPerSecond" },
      { title: "p99 of one, ms", value: "p99" },
    ].map((one) => ({
      ...one,
      by: [{ key: "store", title: "store" }, stateBytes],
      across: ["tasks"],
    })),
    async *run(rounds) {
      for (const store of stores()) {
        for (const size of [KB, 100 * KB]) {
          for (const tasks of [1, 4, 16, 64, 256]) {
            const { times, perSecond } = await measure<Times>("together", store, {
              input: { tasks, size, ms: 400 * rounds },
              warm: { tasks, size, ms: 10 },
            });
            const { p50, p99 } = quantiles(times);
            yield {
              store,
              size,
              tasks,
              perSecond: perSecond!,
              mbPerSecond: (perSecond! * size) / MB,
              p50,
              p99,
            };
          }
        }
      }
    },
    plots: (rows) => ({
      "kappa-together": {
        title: "Many tasks, each making one checkpoint after the other",
        subtitle: "Synchronous checkpoints a second, two workers",
        x: { label: "tasks", log: true, ticks: [1, 4, 16, 64, 256] },
        y: { label: "checkpoints", unit: "per second", log: true },
        series: seriesOf(
          rows,
          ({ store, size }) => `${store}, ${Number(size) / KB} kB`,
          "tasks",
          "perSecond",
        ),
      },
    }),
  },
  {
    name: "hops",
    title: "A message from task to task and one back: one way",
    columns: [{ key: "store", title: "store" }, { key: "size", title: "message bytes" }, p50, p95, p99],
    async *run(rounds) {
      for (const store of stores()) {
        for (const size of [10, KB, 10 * KB, 100 * KB, MB]) {
          const { times } = await measure<Times>("hops", store, {
            input: { n: 20 * rounds, size },
            warm: { n: 5, size },
          });
          yield { store, size, ...quantiles(times) };
        }
      }
    },
    plots: (rows) => ({
      "kappa-hops": {
        title: "A message from task to task",
        subtitle: "One way, median, two workers",
        x: { label: "message", unit: "bytes", log: true },
        y: milliseconds,
        series: seriesOf(rows, ({ store }) => String(store), "size", "p50"),
      },
    }),
  },
  {
    name: "crowd",
    title: "Producers and consumers on one queue of 64 places, as fast as they can",
    columns: [
      { key: "producers", title: "producers" },
      { key: "consumers", title: "consumers" },
      { key: "size", title: "message bytes" },
      { key: "perSecond", title: "messages/s" },
      { key: "mbPerSecond", title: "MB/s" },
      p50,
      p95,
      p99,
    ],
    wide: [
      { title: "messages a second", value: "perSecond" },
      { title: "from enqueue to dequeue, p50 ms", value: "p50" },
      { title: "p95 ms", value: "p95" },
      { title: "p99 ms", value: "p99" },
    ].map((one) => ({
      ...one,
      by: [{ key: "size", title: "message (bytes)" }],
      across: ["producers", "consumers"],
      between: " to ",
    })),
    async *run(rounds) {
      for (const size of [10, KB, 100 * KB]) {
        for (const [producers, consumers] of [
          [1, 1],
          [1, 16],
          [16, 1],
          [4, 4],
          [16, 16],
          [64, 64],
        ] as const) {
          // Many for each producer: what is measured is a queue at work, not the start of its tasks.
          const n = Math.max(1, Math.ceil(((size > KB ? 128 : 1_024) * rounds) / producers));
          const { times, perSecond } = await measure<Times>("crowd", "file", {
            input: { producers, consumers, n, size },
            warm: { producers, consumers, n: 1, size },
          });
          const mbPerSecond = (perSecond! * size) / MB;
          yield { producers, consumers, size, perSecond: perSecond!, mbPerSecond, ...quantiles(times) };
        }
      }
    },
    plots: (rows) => ({
      "kappa-crowd": {
        title: "Producers and consumers on one queue of 64 places",
        subtitle: "Messages a second, store in a directory, two workers",
        x: { label: "message", unit: "bytes", log: true },
        y: { label: "messages", unit: "per second", log: true },
        series: seriesOf(
          rows,
          ({ producers, consumers }) => `${producers} to ${consumers}`,
          "size",
          "perSecond",
        ),
      },
    }),
  },
  {
    name: "spawns",
    title: "A task spawned and joined, one after the other",
    columns: [
      { key: "store", title: "store" },
      { key: "size", title: "argument bytes" },
      { key: "begun", title: "until it runs, p50 ms" },
      { key: "p50", title: "until its result is back, p50 ms" },
      p95,
      p99,
    ],
    async *run(rounds) {
      for (const store of stores()) {
        for (const size of [10, KB, 100 * KB, MB]) {
          const { begun, times } = await measure<Times>("spawns", store, {
            input: { n: 20 * rounds, size },
            warm: { n: 5, size },
          });
          yield { store, size, begun: quantiles(begun!).p50, ...quantiles(times) };
        }
      }
    },
    plots: (rows) => ({
      "kappa-spawns": {
        title: "A task spawned and joined, one after the other",
        subtitle: "Until its result is back, median, two workers",
        x: { label: "argument", unit: "bytes", log: true },
        y: milliseconds,
        series: seriesOf(rows, ({ store }) => String(store), "size", "p50"),
      },
    }),
  },
  {
    name: "waves",
    title: "Tasks at once that do nothing, until all results are in",
    columns: [
      { key: "store", title: "store" },
      { key: "tasks", title: "tasks" },
      { key: "ms", title: "ms" },
      { key: "perSecond", title: "tasks/s" },
    ],
    wide: [
      { title: "ms", by: [{ key: "store", title: "store" }], across: ["tasks"], unit: "tasks", value: "ms" },
    ],
    async *run(rounds) {
      for (const store of stores()) {
        for (const tasks of [10, 100, 1_000, 10_000]) {
          const all: number[] = [];
          for (let round = 0; round < Math.min(3, rounds); round++)
            all.push(
              (await measure<{ ms: number }>("wave", store, { input: { n: tasks }, warm: { n: 10 } })).ms,
            );
          const ms = quantiles(all).p50;
          yield { store, tasks, ms, perSecond: (tasks / ms) * 1000 };
        }
      }
    },
    plots: (rows) => ({
      "kappa-waves": {
        title: "Tasks at once that do nothing",
        subtitle: "Until all results are in, two workers",
        x: { label: "tasks", log: true },
        y: milliseconds,
        series: seriesOf(rows, ({ store }) => String(store), "tasks", "ms").map((one) => ({
          ...one,
          fit: { from: 100 },
        })),
      },
    }),
  },
  {
    name: "overhead",
    title: "Pieces of computing, one after the other: each a task, or a call",
    columns: [
      { key: "workMs", title: "one piece, ms" },
      { key: "call", title: "called, ms in all" },
      { key: "task", title: "each a task, ms in all" },
      { key: "ratio", title: "task / call" },
    ],
    async *run(rounds) {
      for (const [loops, n] of [
        [100_000, 40],
        [1_000_000, 20],
        [10_000_000, 10],
        [50_000_000, 3],
      ] as const) {
        const both: { call: number[]; task: number[] } = { call: [], task: [] };
        await using host = await openPlace("overhead", "file", 1);
        for (let round = -1; round < rounds; round++) {
          for (const side of ["call", "task"] as const) {
            const input = { n, rounds: loops, tasks: side === "task" };
            const { ms } = (await host.result(input)) as { ms: number };
            if (round >= 0) both[side].push(ms);
          }
        }
        const call = quantiles(both.call).p50;
        const task = quantiles(both.task).p50;
        yield { workMs: call / n, call, task, ratio: task / call };
      }
    },
    plots: (rows) => ({
      "kappa-overhead": {
        title: "What it costs to make a piece of computing a task",
        subtitle: "Time as tasks, one after the other, to time as calls",
        x: { label: "one piece", unit: "ms", log: true },
        y: { label: "task / call", log: true },
        series: [
          ...seriesOf(rows, () => "measured", "workMs", "ratio"),
          {
            name: "1.1",
            reference: true,
            points: rows.map(({ workMs }) => ({ x: Number(workMs), y: 1.1 })),
          },
        ],
      },
    }),
  },
];

interface Times {
  readonly times: number[];
  readonly begun?: number[];
  readonly perSecond?: number;
}

function stores(): readonly StoreName[] {
  const without = noRedis();
  if (without !== false) console.error(`without redis: ${without}`);
  return storeNames.filter((name) => name !== "redis" || without === false);
}

async function measure<Result>(
  program: ProgramName,
  store: StoreName,
  { input, warm }: { readonly input: unknown; readonly warm: unknown },
): Promise<Result> {
  await using host = await openPlace(program, store, workers);
  await host.result(warm);
  return (await host.result(input)) as Result;
}

async function openPlace(
  program: ProgramName,
  store: StoreName,
  workers: number,
): Promise<Pick<Host, "result"> & AsyncDisposable> {
  const redis = store === "redis" ? await RedisServer.start() : undefined;
  const host = await openHost({
    program: { source: programs[program] },
    platform: "process",
    durability: "strict",
    workers,
    store: (path) => {
      if (redis !== undefined) return openRedisStore({ url: redis.url("bench"), create: true });
      return store === "memory" ? openMemoryStore() : openFileStore({ path, create: true });
    },
  });
  return {
    result: (input) => host.result(input),
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await redis?.stop();
    },
  };
}

export async function benchKappa({ only = "", rounds, soFar }: Wish): Promise<readonly Sheet[]> {
  const sheets: Sheet[] = [];
  for (const { name, title, columns, wide, run, plots } of experiments) {
    if (!name.includes(only)) continue;
    const rows: SheetRow[] = [];
    for await (const row of run(rounds)) {
      rows.push(row);
      process.stderr.write(`${name} ${JSON.stringify(row)}\n`);
    }
    sheets.push({ name, title, columns, rows, ...(wide === undefined ? {} : { wide }), plots: plots(rows) });
    soFar?.(sheets);
  }
  return sheets;
}
