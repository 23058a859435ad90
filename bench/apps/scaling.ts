/**
 * How the time of whole programs follows the number of workers, and the amount of work.
 *
 *   workers   word-count and streaming on 1, 2, 4, ... workers, up to the cores and beyond, and the same source on as many plain processes
 *   posts     streaming of 100 to 1,000,000 posts: the work inside the tasks grows
 *   tasks     word-count of 100 to 10,000 files, a task for each: their number grows
 *   tiny      100 to 1,000,000 tasks that do next to nothing (tiny.ts): what is left is the price of a task
 *   items     100 to 1,000,000 items, one by one through a queue, each taken by one of two tasks: the price of a commit
 *
 * S1. `--up-to N` bounds all of them. A run that would take longer than `--limit` seconds (120), by what the one before it took, is left out, and with it those
 *     that are larger; the table has a dash there.
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
type Side = keyof typeof sides;

interface Bounds {
  readonly rounds: number;
  readonly folder: string;
  readonly upTo: number | undefined;
  /** Seconds that one run may take. */
  readonly limitS: number;
}

export async function benchScaling({
  only,
  rounds,
  upTo,
  limitS = 120,
  soFar,
}: Wish): Promise<readonly Sheet[]> {
  const folder = mkdtempSync(join(tmpdir(), "continua-scaling-"));
  const sheets = { workers: byWorkers, posts: byPosts, tasks: byTasks, tiny: byTinyTasks, items: byItems };
  const made: Sheet[] = [];
  try {
    for (const [name, make] of Object.entries(sheets)) {
      if (only !== undefined && !name.includes(only)) continue;
      made.push(await make({ rounds, folder, upTo, limitS }));
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
    wide: [
      {
        title: "time, s",
        by: [{ key: "workers", title: "workers" }],
        across: ["app", "side"],
        value: "seconds",
      },
    ],
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

async function byPosts(bounds: Bounds): Promise<Sheet> {
  const rows = await growing(upToPower(1_000_000), bounds, (posts) => ({
    app: "streaming",
    input: { posts },
  }));
  return growth("scaling-posts", "posts", "Streaming as the stream grows", rows, 10_000);
}

async function byTinyTasks(bounds: Bounds): Promise<Sheet> {
  const rows = await growing(upToPower(1_000_000), bounds, (tasks) => ({ app: tiny, input: { tasks } }));
  return growth("scaling-tiny", "tasks", "Tasks that do next to nothing, as their number grows", rows, 1_000);
}

async function byItems(bounds: Bounds): Promise<Sheet> {
  const rows = await growing(upToPower(1_000_000), bounds, (items) => ({ app: tiny, input: { items } }));
  return growth("scaling-items", "items", "Items one by one through a queue", rows, 1_000);
}

/** On two workers, from the smallest on (S1). */
async function growing(
  counts: readonly number[],
  { rounds, upTo = Number.POSITIVE_INFINITY, limitS }: Bounds,
  load: (count: number) => Omit<Load, "workers">,
): Promise<SheetRow[]> {
  const rows: SheetRow[] = [];
  const so: Record<Side, { readonly count: number; readonly seconds: number }[]> = { durable: [], plain: [] };
  for (const count of counts.filter((each) => each <= upTo)) {
    const fits = (Object.keys(sides) as Side[]).filter((side) => {
      // What the smallest takes is the start of processes, and does not grow.
      const [first = { seconds: 0 }] = so[side];
      const before = so[side].at(-1) ?? { count, seconds: 0 };
      return first.seconds + (before.seconds - first.seconds) * (count / before.count) <= limitS;
    });
    const measured = await both({ ...load(count), workers: 2 }, rounds, { items: count }, fits);
    for (const { side, seconds = Number.POSITIVE_INFINITY } of measured)
      so[side as Side].push({ count, seconds: Number(seconds) });
    rows.push(...measured);
    process.stderr.write(`${JSON.stringify(measured)}\n`);
  }
  return rows;
}

async function byTasks(bounds: Bounds): Promise<Sheet> {
  const rows = await growing([100, 300, 1_000, 3_000, 10_000], bounds, (tasks) => {
    const texts = join(bounds.folder, `${tasks}`);
    mkdirSync(texts);
    // A file of this size is one chunk (examples/word-count/files.ts), so each is a task.
    const text = `${"to count a word is to read it ".repeat(3)}\n`.repeat(100);
    for (let file = 0; file < tasks; file++) writeFileSync(join(texts, `${file}.txt`), text);
    return { app: "word-count", input: { paths: [texts], resamples: 0 } };
  });
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
    wide: [{ title: "time, s", by: [{ key: "items", title: items }], across: ["side"], value: "seconds" }],
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

/** Both sides by turns, as far as they are wanted; medians. */
async function both(
  { app, input, workers }: Load,
  rounds: number,
  place: SheetRow,
  wanted: readonly Side[] = ["durable", "plain"],
): Promise<SheetRow[]> {
  const runs: Record<Side, number[][]> = { durable: [], plain: [] };
  for (let round = 0; round < rounds; round++) {
    for (const side of wanted) {
      const flags = [...sides[side], "--workers", `${workers}`];
      const { seconds, processorSeconds = Number.NaN } = await ran(app, input, flags);
      runs[side].push([seconds, processorSeconds]);
    }
  }
  return Object.entries(runs).map(([side, figures]) => ({
    app,
    side,
    ...place,
    ...(figures.length === 0
      ? {}
      : {
          seconds: median(figures.map(([seconds]) => seconds!)),
          processor: median(figures.map(([, processor]) => processor!)),
        }),
  }));
}
