/**
 * How the time of whole programs follows the number of workers, and the amount of work.
 *
 *   workers   word-count and streaming on 1, 2, 4, ... workers, up to the cores and beyond, and the same source on as many plain processes
 *   posts     streaming of 100 to 1,000,000 posts: the work inside the tasks grows
 *   tasks     word-count of 100 to 10,000 files, a task for each: their number grows
 *   tiny      100 to 100,000 tasks that do next to nothing (tiny.ts): what is left is the price of a task
 *   items     100 to 10,000 items, one by one through a queue, each taken by one of two tasks: the price of a commit
 *
 * `--up-to N` bounds all of them, or carries the last two further: 1,000,000 tasks take a hundred times what 10,000 do, and a commit for each item is slower still.
 * Times are of whole commands, so the smallest are the start of processes; the law is fitted to what the larger half takes beyond that (P2 of plot.ts).
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { Point } from "../plot.ts";
import { median, type Wish } from "../report.ts";
import { type Sheet, type SheetRow, seriesOf } from "../sheet.ts";
import { ran, tiny } from "./command.ts";

interface Load {
  readonly app: string;
  readonly input: object;
  readonly workers: number;
}

const sides = { durable: [], plain: ["--plain"] } as const;

interface Bounds {
  readonly rounds: number;
  readonly folder: string;
  readonly upTo: number | undefined;
}

export async function benchScaling({ only, rounds, upTo, soFar }: Wish): Promise<readonly Sheet[]> {
  const folder = mkdtempSync(join(tmpdir(), "continua-scaling-"));
  const sheets = { workers: byWorkers, posts: byPosts, tasks: byTasks, tiny: byTinyTasks, items: byItems };
  const made: Sheet[] = [];
  try {
    for (const [name, make] of Object.entries(sheets)) {
      if (only !== undefined && !name.includes(only)) continue;
      made.push(await make({ rounds, folder, upTo }));
      soFar?.(made);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return made;
}

async function byWorkers({ rounds }: Bounds): Promise<Sheet> {
  const loads = [
    { app: "word-count", input: { paths: ["docs", "src"], resamples: 400 } },
    { app: "streaming", input: { posts: 500_000 } },
  ];
  const most = 4 * availableParallelism();
  const counts = Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, power) => 2 ** power);
  const rows: SheetRow[] = [];
  for (const { app, input } of loads)
    for (const workers of counts) rows.push(...(await both({ app, input, workers }, rounds, { workers })));
  return {
    name: "scaling-workers",
    title: `Time by workers, on ${availableParallelism()} processors`,
    columns: [{ key: "app", title: "application" }, { key: "workers", title: "workers" }, ...columns],
    rows,
    plots: {
      "scaling-workers": {
        title: "Time by workers",
        subtitle: `on ${availableParallelism()} processors`,
        x: { label: "workers", log: true, ticks: counts },
        y: { label: "time", unit: "s" },
        series: seriesOf(rows, ({ app, side }) => `${app}, ${side}`, "workers", "seconds"),
      },
    },
  };
}

/** Powers of ten, from a hundred. */
function upToPower(most: number): number[] {
  return Array.from({ length: Math.floor(Math.log10(most) + 1e-9) - 1 }, (_, power) => 10 ** (power + 2));
}

async function byPosts({ rounds, upTo }: Bounds): Promise<Sheet> {
  const rows: SheetRow[] = [];
  for (const posts of upToPower(Math.min(upTo ?? Number.POSITIVE_INFINITY, 1_000_000)))
    rows.push(...(await both({ app: "streaming", input: { posts }, workers: 2 }, rounds, { items: posts })));
  return growth("scaling-posts", "posts", "Streaming as the stream grows", rows, 10_000);
}

async function byTinyTasks({ rounds, upTo = 100_000 }: Bounds): Promise<Sheet> {
  const rows: SheetRow[] = [];
  for (const tasks of upToPower(upTo))
    rows.push(...(await both({ app: tiny, input: { tasks }, workers: 2 }, rounds, { items: tasks })));
  return growth("scaling-tiny", "tasks", "Tasks that do next to nothing, as their number grows", rows, 1_000);
}

async function byItems({ rounds, upTo = 10_000 }: Bounds): Promise<Sheet> {
  const rows: SheetRow[] = [];
  for (const items of upToPower(upTo))
    rows.push(...(await both({ app: tiny, input: { items }, workers: 2 }, rounds, { items })));
  return growth("scaling-items", "items", "Items one by one through a queue", rows, 1_000);
}

async function byTasks({ rounds, folder, upTo = 10_000 }: Bounds): Promise<Sheet> {
  const rows: SheetRow[] = [];
  for (const tasks of [100, 300, 1_000, 3_000, 10_000].filter((count) => count <= upTo)) {
    const texts = join(folder, `${tasks}`);
    mkdirSync(texts);
    // A file of this size is one chunk (examples/word-count/files.ts), so each is a task.
    const text = `${"to count a word is to read it ".repeat(3)}\n`.repeat(100);
    for (let file = 0; file < tasks; file++) writeFileSync(join(texts, `${file}.txt`), text);
    const input = { paths: [texts], resamples: 0 };
    rows.push(...(await both({ app: "word-count", input, workers: 2 }, rounds, { items: tasks })));
  }
  return growth("scaling-tasks", "tasks", "Word count as the number of tasks grows", rows, 1_000);
}

const columns = [
  { key: "side", title: "how" },
  { key: "seconds", title: "time (s)" },
  { key: "processor", title: "processor (s)" },
];

function growth(name: string, items: string, title: string, rows: readonly SheetRow[], from: number): Sheet {
  const series = seriesOf(rows, ({ side }) => String(side), "items", "seconds");
  return {
    name,
    title,
    columns: [{ key: "items", title: items }, ...columns],
    rows,
    plots: {
      [name]: {
        title,
        subtitle: "2 workers; whole commands, the start of processes included",
        x: { label: items, log: true },
        y: { label: "time", unit: "s", log: true },
        series: series.map((one) => ({ ...one, fit: { from, fixed: fixedCost(one.points, from) } })),
      },
    },
  };
}

/** What a command takes for next to nothing. */
function fixedCost(points: readonly Point[], below: number): number {
  return Math.min(...points.filter(({ x }) => x < below).map(({ y }) => y));
}

/** Both sides by turns; medians. */
async function both({ app, input, workers }: Load, rounds: number, place: SheetRow): Promise<SheetRow[]> {
  const runs = { durable: [] as number[][], plain: [] as number[][] };
  for (let round = 0; round < rounds; round++) {
    for (const [side, flags] of Object.entries(sides)) {
      const { seconds, processorSeconds = Number.NaN } = await ran(app, input, [
        ...flags,
        "--workers",
        `${workers}`,
      ]);
      runs[side as keyof typeof sides].push([seconds, processorSeconds]);
    }
  }
  return Object.entries(runs).map(([side, figures]) => ({
    app,
    side,
    ...place,
    seconds: median(figures.map(([seconds]) => seconds!)),
    processor: median(figures.map(([, processor]) => processor!)),
  }));
}
