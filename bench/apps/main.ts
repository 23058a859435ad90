/**
 * What durability costs whole programs: each example compiled, on worker processes, with a checkpoint every second and at each effect, against the same source
 * run plainly on as many ordinary processes (`--plain --workers N`), by turns.
 *
 * A1. Both are whole commands: compiling, the start of processes, and the end are in the time of both.
 * A2. Both have the same bound of memory. Both print the same; else there is no figure.
 * A3. The cost is that of the workers as functions, by the rule in src/cli/bill.ts, with `memory` for each.
 */
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { median, type Row, type Wish } from "../report.ts";
import { readSheets, type Sheet, type SheetRow } from "../sheet.ts";
import { type Ran, ran } from "./command.ts";
import { grepSheet } from "./grep.ts";

interface App {
  readonly name: string;
  readonly input: object;
  /** What takes its time, if it is not computing: then the ratio is told, and has no target. */
  readonly other?: string;
}

const workers = 2;
const memory = 512;
const site = "/usr/share/cppreference/doc/html/en";

function apps(folder: string): App[] {
  return [
    { name: "word-count", input: { paths: ["docs", "src"], resamples: 400 } },
    {
      name: "grep",
      input: { paths: [largeTexts(folder)], pattern: "(\\w+)Error\\b.*\\1", flags: "i" },
    },
    { name: "streaming", input: { posts: 2_000_000 }, other: "sends messages" },
    {
      name: "tpcds-like",
      input: { scale: 0.1, folder: join(folder, "tpcds") },
    },
    ...(existsSync(site)
      ? [
          {
            name: "web-crawler",
            input: { folder: site, maxPages: 2_000, port: 8_479 },
            other: "waits for a site",
          },
        ]
      : []),
  ];
}

/** Four times all texts of the packages: so much that the start of processes does not count. What tools keep in hidden folders is not the same twice. */
function largeTexts(folder: string): string {
  const place = join(folder, "texts");
  mkdirSync(place);
  const found = readdirSync("node_modules/", { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(md|ts|js|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !path.split(sep).some((part) => part.startsWith(".")));
  const text = Buffer.concat(found.sort().map((path) => readFileSync(path)));
  for (const copy of [1, 2, 3, 4]) writeFileSync(join(place, `${copy}.txt`), text);
  return place;
}

export async function benchApps({ only, rounds, json, resume }: Wish): Promise<readonly (Row | Sheet)[]> {
  const folder = mkdtempSync(join(tmpdir(), "continua-apps-"));
  const rows: Row[] = [];
  const lines: SheetRow[] = [];
  const known = json === undefined || !resume ? [] : readSheets(json);
  const before = known.find(({ name }) => name === "apps")?.rows ?? [];
  try {
    for (const app of apps(folder)) {
      if (only === undefined || app.name.includes(only)) {
        const row = await measure(app, rounds);
        rows.push(row);
        lines.push(lineOf(row));
      } else lines.push(...before.filter(({ name }) => name === app.name));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const searches = only === undefined || "grep".includes(only) ? await grepSheet(rounds) : [];
  return [sheetOf(lines), ...searches, ...rows];
}

function lineOf({ name, ours = Number.NaN, other = Number.NaN, figures }: Row): SheetRow {
  return { name, plain: other, ours, ratio: ours / other, ...figures };
}

/** What it costs, and the ratios as a plot. */
function sheetOf(rows: readonly SheetRow[]): Sheet {
  const ratios = rows.flatMap(({ name, ratio, processor }) => [
    { name: String(name), series: "time", value: Number(ratio) },
    { name: String(name), series: "processor", value: Number(processor) },
  ]);
  return {
    name: "apps",
    title: `Applications on ${workers} workers of ${memory} MiB, against the same source plainly on as many processes`,
    columns: [
      { key: "name", title: "application" },
      { key: "plain", title: "plain (s)" },
      { key: "ours", title: "durable (s)" },
      { key: "ratio", title: "ratio" },
      { key: "processor", title: "ratio of processor time" },
      { key: "gigabyteSeconds", title: "GB s" },
      { key: "requests", title: "requests" },
    ],
    rows,
    plots: {
      "apps-overhead": {
        title: "What durability costs whole programs",
        subtitle: `${workers} workers, a checkpoint every second and at each effect; ratio to the same source on plain processes`,
        value: { label: "durable / plain" },
        bars: ratios.filter(({ value }) => Number.isFinite(value)),
        rule: { value: 1.1, label: "1.10" },
      },
    },
  };
}

async function measure({ name, input, other }: App, rounds: number): Promise<Row> {
  const plain: Ran[] = [];
  const ours: Ran[] = [];
  // Whoever comes first makes data, fills caches, and is not counted.
  await ran(name, input, ["--plain"]);
  for (let round = 0; round < rounds; round++) {
    plain.push(await ran(name, input, ["--plain", "--workers", String(workers)], memory));
    ours.push(await ran(name, input, ["--workers", String(workers), "--memory", String(memory)]));
    assert.equal(ours.at(-1)!.output, plain.at(-1)!.output, `${name}: not what the plain run prints`);
  }
  const of = (runs: readonly Ran[], figure: (run: Ran) => number | undefined): number =>
    median(runs.map((run) => figure(run) ?? Number.NaN));
  const processor = of(ours, (run) => run.processorSeconds) / of(plain, (run) => run.processorSeconds);
  const gigabyteSeconds = of(ours, (run) => run.gigabyteSeconds);
  const requests = of(ours, (run) => run.requests);
  return {
    name,
    ours: of(ours, ({ seconds }) => seconds),
    other: of(plain, ({ seconds }) => seconds),
    against: "plain",
    unit: "s",
    target: other === undefined ? 1.1 : Number.POSITIVE_INFINITY,
    note: `processor ${processor.toFixed(2)}; ${gigabyteSeconds.toFixed(1)} GB s, ${requests} requests${other === undefined ? "" : `; ${other}`}`,
    figures: { processor, gigabyteSeconds, requests, workers },
  };
}
