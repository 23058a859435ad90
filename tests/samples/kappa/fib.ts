// Every call is a task, which starts two others and joins them.
import { spawn } from "continua";

export async function fib(n: number): Promise<number> {
  if (n < 2) return n;
  const one = spawn(fib, n - 1);
  const other = spawn(fib, n - 2);
  return (await one.result()) + (await other.result());
}
