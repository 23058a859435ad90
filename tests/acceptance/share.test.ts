/** `share()`: a large table of which tasks commit the place, and not the table. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, start, temporaryFolder } from "./continua.ts";

const program = `import { call, checkpoint, inbox, share, type Shared } from "continua";

interface Table { readonly cells: Float64Array; readonly names: ReadonlyMap<string, { readonly at: number }> }

function makeTable(): Table {
  const names = new Map(Array.from({ length: 1000 }, (_, at) => ["name " + at, { at }]));
  return { cells: Float64Array.from({ length: 1_250_000 }, (_, at) => at), names };
}

async function look(table: Shared<Table>, first: number) {
  const { cells, names } = await table.get();
  const held = names.get("name " + first)!;
  let sum = 0;
  for (let at = first; at < cells.length; at += 200_000) {
    sum += cells[at]!;
    await checkpoint({ sync: true });
  }
  if ((await table.get()).names.get("name " + first) !== held) throw new Error("another one");
  return { sum, table };
}

async function write(table: Shared<Table>) {
  const refusals: string[] = [];
  const value = await table.get();
  try {
    (value as { cells: unknown }).cells = 1;
  } catch (error) {
    refusals.push((error as Error).name);
  }
  value.cells[3] = 7;
  try {
    await checkpoint({ sync: true });
  } catch (error) {
    refusals.push((error as Error).message);
  }
  value.cells[3] = 3;
  await checkpoint({ sync: true });
  return refusals;
}

export default async function main() {
  const table = share(makeTable());
  const looked = await Promise.all([call(look, table, 0), call(look, table, 1)]);
  const same = (await looked[0].table.get()) === (await table.get());
  const refusals = await call(write, table);
  const value = await table.get();
  console.log("parked");
  await inbox("go").receive();
  return { sums: looked.map(({ sum }) => sum), same, refusals, last: value.cells.at(-1), names: (await table.get()).names.size };
}
`;

test("a task with a shared table of 10 MB commits where it is in it, and a thaw finds the same", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), program);
  const run = start(["run", "main.ts", "--workers", "2"], folder);
  t.after(() => run.process.kill("SIGKILL"));
  await run.seen(/^parked$/m);
  const json = async (...args: string[]) => JSON.parse((await continua([...args, "--json"], folder)).stdout);
  const shown = await json("show");
  const [main] = shown.tasks;
  assert.ok(main.bytes < 5_000, `${main.bytes} bytes go on from`);
  assert.ok(shown.checkpointBytes < 200_000, `${shown.checkpointBytes} bytes in ${shown.commits} commits`);
  const variables = main.stacks[0].frames[0].variables as { name: string; value: string; bytes: number }[];
  const bytesOf = (name: string) => {
    const found = variables.find((each) => each.name === name);
    assert.ok(found, `${name} is not among ${variables.map((each) => each.name)}`);
    return found;
  };
  assert.match(bytesOf("value").value, /^\(of share [\w-]{8}\)$/);
  assert.match(bytesOf("table").value, /^Shared "/);
  assert.ok(bytesOf("value").bytes < 200);
  assert.deepEqual(
    shown.shared.map(({ bytes }: { bytes: number }) => bytes > 10_000_000),
    [true],
  );

  run.process.kill("SIGKILL");
  await run.ended;
  await continua(["send", shown.id, "go", "1"], folder);
  const resumed = await continua(["resume", "--quiet"], folder);
  assert.equal(resumed.status, 0, resumed.stderr);
  const result = JSON.parse(resumed.stdout);
  assert.deepEqual(
    [result.sums, result.same, result.last, result.names],
    [[4_200_000, 4_200_007], true, 1_249_999, 1000],
  );
  assert.equal(result.refusals[0], "TypeError");
  assert.match(result.refusals[1], /belongs to a value of share\(\), which nobody may change/);
  assert.deepEqual((await json("show")).shared, []);
});

test("what could be changed is not shared; a plain run says the same", async (t) => {
  const folder = temporaryFolder(t);
  const source = `import { share } from "continua";
class Account { amount = 1; }
export default async function main() {
  const refusals: string[] = [];
  for (const value of [{ a: [new Account()] }, new Map([["f", () => 1]])])
    try { share(value); } catch (error) { refusals.push((error as Error).message); }
  const list = [1, { two: 2 }];
  const shared = share(list);
  list.push(3);
  const got = await shared.get();
  return { refusals, got, frozen: Object.isFrozen(got) && Object.isFrozen(got[1]), again: got === (await shared.get()) };
}
`;
  writeFileSync(join(folder, "main.ts"), source);
  const [durable, plain] = await Promise.all([
    continua(["run", "main.ts", "--quiet"], folder),
    continua(["run", "main.ts", "--plain"], folder),
  ]);
  assert.equal(durable.status, 0, durable.stderr);
  assert.equal(durable.stdout, plain.stdout);
  const { refusals, ...rest } = JSON.parse(durable.stdout);
  assert.deepEqual(rest, { got: [1, { two: 2 }], frozen: true, again: true });
  assert.match(refusals[0], /value\.a\[0\] \(Account\) could be changed/);
  assert.match(refusals[1], /value\[f\] \(function\)/);
});
