/** A tree of tasks: called, mapped over, spawned and joined later, or left alone. */
import { call, mapTasks, sleep, spawn } from "continua";

export interface Input {
  readonly depth: number;
  readonly width: number;
  readonly pauseMs: number;
}

const sum = (a: number, b: number) => a + b;

async function leaf(path: string, pauseMs: number): Promise<number> {
  if (pauseMs > 0) await sleep(pauseMs);
  console.log(`leaf ${path}`);
  return path.length;
}

async function node(path: string, { depth, width, pauseMs }: Input): Promise<number> {
  console.log(`node ${path}`);
  const below = { depth: depth - 1, width, pauseMs };
  const children = Array.from({ length: width }, (_, i) => `${path}.${i}`);
  if (depth <= 1) {
    const leaves = await mapTasks(children, (child) => leaf(child, pauseMs), { concurrency: 2 });
    return leaves.reduce(sum, 0);
  }
  const spawned = spawn(node, `${path}s`, { ...below, depth: 1 });
  if (path.length % 2 === 1) spawn(leaf, `${path}d`, pauseMs);
  const called = await Promise.all(children.map((child) => call(node, child, below)));
  await sleep(1);
  return called.reduce(sum, 1) + (await spawned.result());
}

async function failing(path: string): Promise<never> {
  await sleep(2);
  console.error(`fails ${path}`);
  throw new RangeError(`no ${path}`);
}

export default async function main(input: Input) {
  const total = call(node, "r", input);
  const caught = await call(failing, "root").catch((error: Error) => `${error.name}: ${error.message}`);
  return { total: await total, caught };
}
