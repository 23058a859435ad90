/** Work that is next to nothing, in any number of pieces: tasks in waves, or items through a queue. What it takes is what pieces cost. */
import { call, type Queue, queue } from "continua";

interface Options {
  readonly tasks: number;
  readonly items: number;
  /** Tasks at once. */
  readonly wave: number;
}

export default async function main(input: Partial<Options> = {}): Promise<number> {
  const { tasks = 0, items = 0, wave = 1_000 } = input;
  let sum = 0;
  for (let from = 0; from < tasks; from += wave) {
    const numbers = Array.from({ length: Math.min(wave, tasks - from) }, (_, index) => from + index);
    for (const square of await Promise.all(numbers.map((n) => call(squareOf, n)))) sum += square;
  }
  if (items > 0) {
    const numbers = queue<number>({ capacity: 1_000 });
    const sums = [call(sumOf, numbers), call(sumOf, numbers)];
    // Twenty share a commit; each is taken by itself.
    for (let from = 0; from < items; from += 20)
      await numbers.enqueue(
        ...Array.from({ length: Math.min(20, items - from) }, (_, index) => from + index),
      );
    numbers.close();
    for (const each of await Promise.all(sums)) sum += each;
  }
  return sum;
}

async function squareOf(n: number): Promise<number> {
  return (n * n) % 1_000;
}

async function sumOf(numbers: Queue<number>): Promise<number> {
  let sum = 0;
  for await (const n of numbers) sum += n;
  return sum;
}
