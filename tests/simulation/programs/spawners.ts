/** Tasks that start others faster than those can begin, in loops with and without a pause; below them some that do the same. */
import { call, mutex, queue, sleep, spawn, type Task } from "continua";
import { order } from "../outside.ts";

export interface Input {
  readonly spawners: number;
  readonly children: number;
  readonly pauseEvery: number;
}

/** Keeps its place on the worker while the world outside takes its time. */
async function leaf(path: string): Promise<number> {
  await order(`leaf ${path}`, path);
  console.log(`leaf ${path}`);
  return path.length;
}

/** Cannot go on before its parent has done what comes after all that it has started. */
async function patient(path: string): Promise<number> {
  const word = await queue<string>({ name: `words of ${path.split(".")[0]}` }).dequeue();
  console.log(`patient ${path} has the word`);
  return word.length;
}

async function spawner(path: string, { children, pauseEvery }: Input, depth: number): Promise<number> {
  const words = queue<string>({ name: `words of ${path}` });
  const tasks: Task<number>[] = [];
  // Its children do not wait for what it holds, and the others that want it begin all the same.
  const permit = await mutex({ name: "one at a time" }).acquire();
  for (let i = 0; i < children; i++) {
    tasks.push(spawn(i % 3 === 2 ? patient : leaf, `${path}.${i}`));
    if (depth > 0 && i === 1)
      tasks.push(spawn(spawner, `${path}-${i}`, { children, pauseEvery, spawners: 0 }, depth - 1));
    if (i % pauseEvery === pauseEvery - 1) await sleep(1);
    else await null;
  }
  permit.release();
  for (let i = 2; i < children; i += 3) await words.enqueue("word");
  let sum = 0;
  for (const task of tasks) sum += await task.result();
  return sum;
}

export default async function main(input: Input) {
  const spawned = Array.from({ length: input.spawners }, (_, i) => call(spawner, `s${i}`, input, 1));
  return await Promise.all(spawned);
}
