/** A table that nobody copies: shared, passed on by arguments, items and results, looked at and held across waits. */
import { call, checkpoint, type Queue, queue, type Shared, share, sleep } from "continua";

export interface Input {
  readonly rows: number;
  readonly readers: number;
  readonly rounds: number;
  readonly pauseMs: number;
}

interface Table {
  readonly rows: readonly { readonly n: number; readonly name: string }[];
  readonly byName: ReadonlyMap<string, { readonly n: number }>;
  readonly bytes: Uint8Array;
}

function makeTable(rows: number, round: number): Table {
  const list = Array.from({ length: rows }, (_, n) => ({ n: n * 7 + round, name: `row ${n}` }));
  return {
    rows: list,
    byName: new Map(list.map((row) => [row.name, row])),
    bytes: new Uint8Array([rows, round]),
  };
}

async function read(table: Shared<Table>, pauseMs: number): Promise<{ sum: number; next: Shared<number> }> {
  const { rows, byName, bytes } = await table.get();
  const held = rows[0];
  let sum = 0;
  for (const row of rows) {
    if (row.n % 2 === 0) await checkpoint({ sync: true });
    else await sleep(pauseMs);
    if (byName.get(row.name) !== row) throw new Error(`${row.name} is another one now`);
    sum += row.n + bytes[0]!;
  }
  if ((await table.get()).rows[0] !== held) throw new Error("the table is another one now");
  return { sum, next: share(sum % 5) };
}

async function pass(from: Queue<Shared<Table>>, pauseMs: number): Promise<number> {
  let total = 0;
  for await (const table of from) {
    const { sum, next } = await call(read, table, pauseMs);
    total += sum * 10 + (await next.get());
  }
  return total;
}

export default async function main({ rows, readers, rounds, pauseMs }: Input): Promise<number> {
  const tables = queue<Shared<Table>>({ capacity: 2 });
  const totals = Array.from({ length: readers }, () => call(pass, tables, pauseMs));
  for (let round = 0; round < rounds; round++) await tables.enqueue(share(makeTable(rows, round % 2)));
  tables.close();
  return (await Promise.all(totals)).reduce((a, b) => a + b, 0);
}
