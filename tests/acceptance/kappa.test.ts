/** The small programs that Kappa, the ancestor, is tested with: run plainly, on other plain processes, as tasks, and as tasks on workers that die. */
import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import { continua, repository, temporaryFolder } from "./continua.ts";

/** Reckoned otherwise than by the programs. */
function expected() {
  const product = Array.from({ length: 300 }, (_, n) => BigInt(n + 1)).reduce((a, b) => a * b, 1n);
  // CBC of zeros from a vector of zeros: each block is the one before, encrypted.
  const cipher = createCipheriv("aes-128-cbc", "a key of 16 byte", Buffer.alloc(16)).setAutoPadding(false);
  const aes = cipher
    .update(Buffer.alloc(40_000 * 16))
    .subarray(-16)
    .toString("hex");
  const jobs = Array.from({ length: 40 }, (_, number) => {
    let value = BigInt(number);
    for (let i = 0; i < 1_000 * (1 + (number % 7)); i++) value = (value * 1_103n + 12_345n) % 2_147_483_648n;
    return Number(value);
  });
  const sum = jobs.reduce((total, value) => total + value, 0);
  return {
    factorial: String(product),
    fib: 13,
    aes,
    queue: { done: 40, sum, by: 40 },
    sum: (3_000_000 * 2_999_999) / 2,
  };
}

const ways: Readonly<Record<string, readonly string[]>> = {
  plainly: ["--plain"],
  "on plain worker processes": ["--plain", "--workers", "2"],
  "as tasks": ["--workers", "2"],
  "as tasks on workers that die": ["--workers", "2", "--time-limit", "2s", "--chaos", "--seed", "5"],
};

for (const [way, flags] of Object.entries(ways)) {
  test(`factorial, fib by spawn, AES, a work queue and sums by mapTasks, ${way}`, async (t) => {
    const program = join(repository, "tests/samples/kappa/main.ts");
    const run = await continua(["run", program, ...flags], temporaryFolder(t));
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(JSON.parse(run.stdout), expected());
  });
}
