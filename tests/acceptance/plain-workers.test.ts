/** `--plain --workers N`: what is called runs in other ordinary processes, and means what it means in one. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, temporaryFolder } from "./continua.ts";

const program = `
import { barrier, call, current, mapTasks, mutex, queue, share, spawn, type Queue, type Shared, type Task } from "continua";

class Point {
  constructor(readonly x: number, readonly y: number) {}
  get sum(): number { return this.x + this.y; }
}
class OddError extends Error {
  constructor(readonly n: number) { super(\`\${n} is odd\`); this.name = "OddError"; }
}
const double = async (n: number) => n * 2;

async function where() { return process.pid; }
async function shapes(value: { at: Point; again: Point; self?: unknown; names: Map<string, Set<number>>; day: Date; bytes: Uint8Array }) {
  return {
    instance: value.at instanceof Point && value.at.sum, same: value.at === value.again, cycle: value.self === value,
    names: value.names, day: value.day, bytes: value.bytes, then: await double(value.at.x),
  };
}
async function odd(n: number) { if (n % 2 === 1) throw new OddError(n); return n; }
async function wrong() { return (undefined as never as Point).sum; }
async function failures() {
  const told = [];
  for (const fn of [() => call(odd, 3), () => call(wrong)]) {
    try { await fn(); } catch (error) { told.push([(error as Error).name, error instanceof OddError && error.n, error instanceof TypeError, /odd|wrong/.test((error as Error).stack ?? "")]); }
  }
  return told;
}
async function produce(to: Queue<{ from: string; point: Point }>, from: string) {
  for (let n = 0; n < 5; n++) await to.enqueue({ from, point: new Point(n, 1) });
}
async function consume(from: Queue<{ from: string; point: Point }>) {
  let sum = 0;
  for await (const { point } of from) sum += point.sum;
  return sum;
}
async function apply(fn: (n: number) => Promise<number>, n: number) { return fn(n); }
async function fib(n: number): Promise<number> {
  if (n < 2) return n;
  const [a, b] = await Promise.all([call(fib, n - 1), call(fib, n - 2)]);
  return a + b;
}
const line = queue<string>({ name: "line", capacity: 100 });
async function inTurn(name: string) {
  const permit = await mutex({ name: "pen" }).acquire();
  await line.enqueue(name + " in");
  await line.enqueue(name + " out");
  permit.release();
}
async function meet(name: string) { await inTurn(name); await barrier(2, { name: "both" }).arrive(); return name; }
async function waitLong() {
  await line.enqueue("begun");
  try { await queue<never>().dequeue(); } catch (error) { return (error as Error).name; } finally { await line.enqueue("tidied"); }
}
async function weigh(table: Shared<Map<string, number>>) { return (await table.get()).get("a"); }
async function shareThere() { return share(new Map([["a", 2]])); }
async function join(task: Task<string>) { return \`\${await task.result()} of \${task.id === current.id}\`; }

export default async function main(what: string) {
  if (what === "closure") return call(async () => what);
  const value = { at: new Point(1, 2), names: new Map([["a", new Set([1, 2])]]), day: new Date(0), bytes: new Uint8Array([1, 2]) } as Parameters<typeof shapes>[0];
  value.again = value.at;
  value.self = value;
  const pids = new Set(await Promise.all(Array.from({ length: 20 }, () => call(where))));
  const posts = queue<{ from: string; point: Point }>({ capacity: 2 });
  const consumed = call(consume, posts);
  await Promise.all([call(produce, posts, "a"), call(produce, posts, "b")]);
  posts.close();
  const met = await Promise.all([call(meet, "a"), call(meet, "b")]);
  const turns = [];
  for (let n = 0; n < 4; n++) turns.push(await line.dequeue());
  const long = spawn(waitLong);
  const begun = await line.dequeue();
  long.cancel();
  const cancelled = [begun, await long.result(), await line.dequeue()];
  return {
    elsewhere: what === "here" || !pids.has(process.pid),
    shapes: await call(shapes, value),
    failures: await call(failures),
    consumed: await consumed,
    applied: await call(apply, double, 21),
    fib: await call(fib, 7),
    squares: await mapTasks([1, 2, 3], double),
    met, inTurn: turns[0]!.slice(0, 1) === turns[1]!.slice(0, 1),
    cancelled,
    named: spawn.with({ id: "one" })(where).id === spawn.with({ id: "one" })(where).id,
    shared: [await call(weigh, share(new Map([["a", 1]]))), await call(weigh, await call(shareThere)), (await (await call(shareThere)).get()).get("a")],
    joined: await call(join, spawn(meetNobody)),
  };
}
async function meetNobody() { return "nobody"; }
`;

test("arguments, results, errors, handles and waits go between processes as they go between tasks", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), program);
  const run = async (what: string, ...flags: string[]) =>
    continua(["run", "main.ts", "--input", JSON.stringify(what), ...flags], folder);
  const plain = await run("here", "--plain");
  assert.equal(plain.status, 0, plain.stderr);
  const elsewhere = await run("elsewhere", "--plain", "--workers", "2");
  assert.equal(elsewhere.status, 0, elsewhere.stderr);
  assert.equal(elsewhere.stdout, plain.stdout);
  assert.equal(JSON.parse(plain.stdout).elsewhere, true);

  const closure = await run("closure", "--plain", "--workers", "2");
  assert.equal(closure.status, 2);
  assert.match(
    closure.stderr,
    /the function \(anonymous\) cannot go to another process without being compiled; declare it/,
  );
});
