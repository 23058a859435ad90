// Recursion of an async function: each level is a frame that is saved with the others.
import { checkpoint } from "continua";

export async function factorial(n: number): Promise<bigint> {
  if (n % 50 === 0) await checkpoint();
  return n <= 1 ? 1n : BigInt(n) * (await factorial(n - 1));
}
