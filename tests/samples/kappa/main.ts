// The small programs that Kappa is tested with, all at once.
import { call } from "continua";
import { encryptZeros } from "./aes.ts";
import { factorial } from "./factorial.ts";
import { fib } from "./fib.ts";
import { sums } from "./map-spawn.ts";
import { workQueue } from "./work-queue.ts";

export default async function main() {
  const [product, number, cipher, queued, total] = await Promise.all([
    call(factorial, 300),
    call(fib, 7),
    call(encryptZeros, "a key of 16 byte", 40_000),
    call(workQueue, 40, 4),
    call(sums, 3_000_000, 12),
  ]);
  return { factorial: String(product), fib: number, aes: cipher, queue: queued, sum: total };
}
