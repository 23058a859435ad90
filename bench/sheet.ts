/** What a bench leaves that has no targets: tables of figures, for people, and as they go into JSON and into plots. */
import { join } from "node:path";
import { type BarPlot, barPlot, type LinePlot, linePlot, type Series, writePlot } from "./plot.ts";

export interface Column {
  readonly key: string;
  /** With its unit. */
  readonly title: string;
}

export type Cell = string | number | undefined;
export type SheetRow = Readonly<Record<string, Cell>>;

export interface Sheet {
  /** Of its files. */
  readonly name: string;
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly SheetRow[];
  /** By the names of their files, without the ending. */
  readonly plots?: Readonly<Record<string, LinePlot | BarPlot>>;
}

/** As a table in Markdown, so that what is published is what was printed. */
export function printSheet({ title, columns, rows }: Sheet): void {
  const lines = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map(({ key }) => shown(row[key]))),
  ];
  const widths = columns.map((_, index) => Math.max(3, ...lines.map((line) => line[index]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index]!)).join(" | ")} |`;
  const [head = [], ...body] = lines;
  console.log(`\n${title}\n`);
  console.log(line(head));
  console.log(`| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  for (const cells of body) console.log(line(cells));
}

/** Three digits that count. */
function shown(cell: Cell): string {
  if (cell === undefined) return "-";
  if (typeof cell === "string") return cell;
  if (Number.isInteger(cell) || Math.abs(cell) >= 100)
    return Math.round(cell)
      .toString()
      .replace(/\B(?=(\d{3})+$)/g, ",");
  return Number(cell.toPrecision(3)).toString();
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** p50, p95 and p99 of the values, under the names `p50`, `p95`, `p99`. */
export function quantiles(values: readonly number[]): {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
} {
  return { p50: quantile(values, 0.5), p95: quantile(values, 0.95), p99: quantile(values, 0.99) };
}

/** One line for each thing that `name` says of rows, through the points (x, y) of those rows; what has no figure there is left out. */
export function seriesOf(
  rows: readonly SheetRow[],
  name: (row: SheetRow) => string,
  x: string,
  y: string,
): Series[] {
  const names = [...new Set(rows.map(name))];
  return names.map((each) => ({
    name: each,
    points: rows
      .filter((row) => name(row) === each && typeof row[y] === "number")
      .map((row) => ({ x: Number(row[x]), y: Number(row[y]) })),
  }));
}

/** Writes the plots of a sheet into a folder. */
export async function plotSheet({ plots = {} }: Sheet, folder: string): Promise<void> {
  for (const [name, plot] of Object.entries(plots))
    writePlot(join(folder, `${name}.svg`), await ("bars" in plot ? barPlot(plot) : linePlot(plot)));
}
