/**
 * Work on columns: one DuckDB in memory for each piece of work, which may open the files that it is given and no others.
 *
 * Between tasks a relation travels as the bytes of a Parquet file: compact, and it knows the types of its columns. They are shared: arguments, items
 * and results are handles of them, so that who waits with a hundred relations in its hands is saved as a hundred handles.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { resource, type Shared, share } from "continua";

/** Rows with named, typed columns, as the bytes of a Parquet file. */
export type Relation = Shared<Uint8Array>;

interface Work {
  /** Files that are opened, by the name of the table that they are (or are part of). */
  readonly files?: Readonly<Record<string, readonly string[]>>;
  /** Relations that other tasks have made, by the name that SQL calls them; several are put together. */
  readonly relations?: Readonly<Record<string, readonly Relation[]>>;
  /** Statements that come before the queries. */
  readonly prepare?: string;
}

/** Answers what each of the queries finds. */
export async function relationsOf(work: Work, selects: readonly string[]): Promise<Relation[]> {
  const found = await parquetOf(work, selects);
  return found.map(share);
}

/** The same as the bytes of files, for who writes them. */
export function parquetOf(work: Work, selects: readonly string[]): Promise<Uint8Array[]> {
  return ask(work, async ({ connection, folder }) => {
    const paths = selects.map((_, index) => join(folder, `out${index}`));
    for (const [index, select] of selects.entries())
      await connection.run(`copy (${select}) to ${quoted(paths[index]!)} (format parquet)`);
    return paths.map((path) => new Uint8Array(readFileSync(path)));
  });
}

/** Answers what the query finds as rows of JSON: decimals, dates and long integers are texts. */
export function rowsOf(work: Work, select: string): Promise<{ columns: string[]; rows: unknown[][] }> {
  return ask(work, async ({ connection }) => {
    const reader = await connection.runAndReadAll(select);
    return { columns: reader.columnNames(), rows: reader.getRowsJson() };
  });
}

/** One call, from its inputs to its outputs: if the worker dies, it is made again, with another database in a folder of its own. */
async function ask<Found>(
  { files = {}, relations = {}, prepare = "" }: Work,
  act: (database: Database) => Promise<Found>,
): Promise<Found> {
  const names = Object.keys(relations);
  const got = await Promise.all(
    Object.values(relations).map((parts) => Promise.all(parts.map((part) => part.get()))),
  );
  const paths = Object.values(files).flat();
  return resource(() => open(paths), close).use(async (database) => {
    const { connection, folder } = database;
    const tables = Object.entries(files).map(([name, ofIt]) => view(name, ofIt));
    const views = names.map((name, index) => view(name, writtenTo(folder, name, got[index]!)));
    await connection.run([...tables, ...views, prepare].join(";"));
    return act(database);
  });
}

interface Database {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
  /** Of this piece of work alone. */
  readonly folder: string;
}

async function open(paths: readonly string[]): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), "tpcds-like-"));
  // Loading it takes as long as starting a process: only tasks that need it wait for it.
  const { DuckDBInstance } = await import("@duckdb/node-api");
  // A function has a share of one processor.
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  await connection.run(`
    set allowed_paths = [${paths.map(quoted).join(", ")}];
    set allowed_directories = [${quoted(`${folder}/`)}];
    set enable_external_access = false;
    set lock_configuration = true`);
  return { instance, connection, folder };
}

function close({ instance, connection, folder }: Database): void {
  connection.closeSync();
  instance.closeSync();
  rmSync(folder, { recursive: true, force: true });
}

function writtenTo(folder: string, name: string, parts: readonly Uint8Array[]): string[] {
  return parts.map((bytes, index) => {
    const path = join(folder, `${name}${index}`);
    writeFileSync(path, bytes);
    return path;
  });
}

function view(name: string, paths: readonly string[]): string {
  return `create view ${name} as from read_parquet([${paths.map(quoted).join(", ")}])`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
