/** What a bench leaves that has no targets: tables of figures, for people, and as they go into JSON, into plots and into pages. */
import { existsSync, readFileSync } from "node:fs";
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
  /** How it is shown, where that is not row by row. */
  readonly wide?: readonly Wide[];
  /** By the names of their files, without the ending. */
  readonly plots?: Readonly<Record<string, LinePlot | BarPlot>>;
  /** Where it was measured, if not with what it stands beside. */
  readonly commit?: string;
}

/** A table with a line for each of `by`, and a column of `value` for each of `across`. */
export interface Wide {
  /** Told behind the title of the sheet. */
  readonly title: string;
  readonly by: readonly Column[];
  readonly across: readonly string[];
  /** Between the values of `across` in the title of a column; and behind them. */
  readonly between?: string;
  readonly unit?: string;
  readonly value: string;
}

interface Table {
  readonly title: string;
  readonly lines: readonly string[];
}

export function printSheet(sheet: Sheet): void {
  for (const { title, lines } of tablesOf(sheet)) console.log(`\n${title}\n\n${lines.join("\n")}`);
}

/** In Markdown, so that what is published is what was printed. */
export function tablesOf({ title, columns, rows, wide }: Sheet): Table[] {
  const long = rows.map((row) => columns.map(({ key }) => shown(row[key])));
  if (wide === undefined)
    return [
      {
        title,
        lines: linesOf(
          columns.map((column) => column.title),
          long,
        ),
      },
    ];
  return wide.map((one) => ({ title: `${title}: ${one.title}`, lines: wideLines(rows, one) }));
}

function wideLines(rows: readonly SheetRow[], { by, across, between, unit, value }: Wide): string[] {
  const placeOf = (row: SheetRow): string => by.map(({ key }) => shown(row[key])).join(" | ");
  const headOf = (row: SheetRow): string =>
    across.map((key) => shown(row[key])).join(between ?? ", ") + (unit === undefined ? "" : ` ${unit}`);
  const heads = [...new Set(rows.map(headOf))];
  const body = [...new Set(rows.map(placeOf))].map((place) => {
    const here = rows.filter((row) => placeOf(row) === place);
    const cells = heads.map((head) => shown(here.find((row) => headOf(row) === head)?.[value]));
    return [...by.map(({ key }) => shown(here[0]![key])), ...cells];
  });
  return linesOf([...by.map((column) => column.title), ...heads], body);
}

function linesOf(head: readonly string[], body: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...body].map((line) => line[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index]!)).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body.map(line)];
}

/** Those of a file that a bench has written; each says where it was measured. */
export function readSheets(path: string): Sheet[] {
  if (!existsSync(path)) return [];
  const { sheets = [], commit } = JSON.parse(readFileSync(path, "utf8")) as {
    readonly sheets?: Sheet[];
    readonly commit: string;
  };
  return sheets.map((sheet) => ({ commit, ...sheet }));
}

/**
 * The page with these tables in the place of those that stand behind a mark with their name: `<!-- bench: checkpoints -->`, and with a number for the
 * second table of a sheet and those after it, `<!-- bench: checkpoints 2 -->`.
 */
export function withTables(page: string, sheets: readonly Sheet[]): string {
  const tables = new Map(
    sheets.flatMap((sheet) =>
      tablesOf(sheet).map(({ lines }, index) => [
        index === 0 ? sheet.name : `${sheet.name} ${index + 1}`,
        lines,
      ]),
    ),
  );
  return page.replace(/(<!-- bench: (.+) -->\n)\n*(?:\|.*\n)*\n*/g, (whole, mark: string, name: string) => {
    const lines = tables.get(name);
    return lines === undefined ? whole : `${mark}\n${lines.join("\n")}\n\n`;
  });
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
