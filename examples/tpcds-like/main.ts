/**
 * Queries of TPC-DS's shape over Parquet files, as tasks: scans, joins, aggregates and a shuffle. See the README; none of it is a TPC result.
 *
 *   npx continua run examples/tpcds-like/main.ts
 *   npx continua run examples/tpcds-like/main.ts --input '{"scale": 1, "queries": ["q97"], "check": true}'
 *
 * A file is opened by one task, and DuckDB lets it open no other. What tasks tell each other goes through arguments, results and queues.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { call, output, type Queue, queue } from "continua";
import { parquetOf, type Relation, relationsOf, rowsOf } from "./columns.ts";
import { queries, tablesOf } from "./queries.ts";
import { facts, filesOf, recipeOf, type Shape, type Table } from "./tables.ts";

interface Options extends Shape {
  /** Names of the queries to run: `q03`, `q97`, ... */
  readonly queries: readonly string[];
  /** Where the data are, or are put. */
  readonly folder: string | undefined;
  /** In how many parts a query is reduced behind its shuffle. */
  readonly reducers: number;
  /** Ask DuckDB the same of the whole data, and compare. */
  readonly check: boolean;
  /** How many rows of each answer are part of the result. */
  readonly show: number;
}

const defaults: Options = {
  scale: 0.1,
  partitions: 16,
  seed: 1,
  queries: Object.keys(queries),
  folder: undefined,
  reducers: 4,
  check: false,
  show: 3,
};

/** Pieces that wait for a reducer, or that it takes at once. */
const bucketSize = 8;

interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

export default async function main(input: Partial<Options> = {}) {
  const options: Options = { ...defaults, ...input };
  const unknown = options.queries.filter((name) => queries[name] === undefined);
  if (unknown.length > 0)
    throw new Error(`there is no query ${unknown.join(", ")}; there are ${Object.keys(queries).join(", ")}`);
  const folder = await dataOf(options);
  const answers = [];
  for (const name of options.queries) {
    const { columns, rows } = await answer(name, folder, options);
    const equal = options.check && same({ columns, rows }, await call(askWhole, name, folder, options));
    if (options.check && !equal) throw new Error(`${name}: the tasks' answer is not that of the whole data`);
    answers.push({
      name,
      about: queries[name]!().about,
      columns,
      rows: rows.length,
      ...(equal ? { equal } : {}),
      first: rows.slice(0, options.show),
    });
    console.log(`${name}: ${rows.length} rows${equal ? ", as from the whole data" : ""}`);
  }
  return { scale: options.scale, partitions: options.partitions, seed: options.seed, answers };
}

/** Makes the files of the tables that the queries need and that are not there, each in a task of its own. */
async function dataOf({ folder, queries: names, ...shape }: Options): Promise<string> {
  const { scale, partitions, seed } = shape;
  const place = resolve(folder ?? join(import.meta.dirname, "data", `${scale}-${partitions}-${seed}`));
  for (const fact of facts) mkdirSync(join(place, fact), { recursive: true });
  const tables = new Set(names.flatMap((name) => tablesOf(queries[name]!())));
  const files = [...tables].flatMap((table) =>
    filesOf(table, shape).map((file, part) => ({ table, part, path: join(place, file) })),
  );
  const missing = files.filter(({ path }) => !existsSync(path));
  await Promise.all(missing.map(({ table, part, path }) => call(makeFile, table, part, path, shape)));
  if (missing.length > 0) console.log(`${missing.length} files made in ${place}`);
  return place;
}

async function makeFile(table: Table, part: number, path: string, shape: Shape): Promise<void> {
  const { prepare, select } = recipeOf(table, part, shape);
  const [rows] = await parquetOf({ prepare }, [select]);
  const file = output(path);
  file.write(rows!);
  await file.close();
}

async function answer(name: string, folder: string, options: Options): Promise<Answer> {
  const query = queries[name]!();
  const entries = Object.entries(query.dimensions);
  const relations = await Promise.all(
    entries.map(([key]) => call(readDimension, name, key, folder, options)),
  );
  const known = (late: boolean): Record<string, Relation[]> =>
    Object.fromEntries(
      entries.flatMap(([key, { late: isLate = false }], index) =>
        isLate === late ? [[key, [relations[index]!]]] : [],
      ),
    );
  const buckets =
    query.reduce === undefined
      ? []
      : Array.from({ length: options.reducers }, () => queue<Piece>({ capacity: bucketSize }));
  const reduced = buckets.map((bucket) => call(reduce, name, bucket));
  const scanned = query.scans.flatMap(({ table }, scan) =>
    filesOf(table, options).map((file) =>
      call(scanFile, name, scan, join(folder, file), known(false), buckets),
    ),
  );
  const own = await Promise.all(scanned);
  for (const bucket of buckets) bucket.close();
  const partial = query.reduce === undefined ? own.flat() : await Promise.all(reduced);
  return call(finish, name, partial, known(true));
}

/** Opens the file of a dimension, and keeps of it what the query needs. */
async function readDimension(name: string, key: string, folder: string, shape: Shape): Promise<Relation> {
  const { table, select } = queries[name]!().dimensions[key]!;
  const [file] = filesOf(table, shape);
  const [relation] = await relationsOf({ files: { [table]: [join(folder, file!)] } }, [select]);
  return relation!;
}

/** What a scan sends to a reducer. */
interface Piece {
  readonly as: string;
  readonly rows: Relation;
}

/** Opens one file of a fact table; answers what it has found, or puts it into the queues of those who reduce it. */
async function scanFile(
  name: string,
  scan: number,
  path: string,
  relations: Record<string, Relation[]>,
  buckets: readonly Queue<Piece>[],
): Promise<Relation[]> {
  const { table, as, select, by } = queries[name]!().scans[scan]!;
  const work = { files: { [table]: [path] }, relations };
  if (by === undefined) return relationsOf(work, [select]);
  const selects = buckets.map(
    (_, bucket) => `from found where coalesce(hash(${by}), 0) % ${buckets.length} = ${bucket}`,
  );
  const pieces = await relationsOf({ ...work, prepare: `create table found as ${select}` }, selects);
  // Together: one commit for all.
  await Promise.all(pieces.map((rows, bucket) => buckets[bucket]!.enqueue({ as, rows })));
  return [];
}

/** Takes what all scans have for this part of the keys, until there is no more. */
async function reduce(name: string, bucket: Queue<Piece>): Promise<Relation> {
  const relations: Record<string, Relation[]> = {};
  // Together: each list is one commit, where each piece would be one.
  for await (const pieces of bucket.batches(bucketSize))
    for (const { as, rows } of pieces) {
      relations[as] ??= [];
      relations[as].push(rows);
    }
  const [relation] = await relationsOf({ relations }, [queries[name]!().reduce!]);
  return relation!;
}

async function finish(
  name: string,
  partial: Relation[],
  relations: Record<string, Relation[]>,
): Promise<Answer> {
  return rowsOf({ relations: { ...relations, partial } }, queries[name]!().finish);
}

/** The oracle: one DuckDB over all files. */
async function askWhole(name: string, folder: string, shape: Shape): Promise<Answer> {
  const query = queries[name]!();
  const files = Object.fromEntries(
    tablesOf(query).map((table) => [table, filesOf(table, shape).map((file) => join(folder, file))]),
  );
  return rowsOf({ files }, query.whole);
}

function same(one: Answer, other: Answer): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
