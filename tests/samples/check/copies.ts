import { call, mapTasks, spawn } from "continua";

let total = 0;
let mode = "fast";
let limit = 3;
const table = new Map<string, number>();
let cached: Map<string, number> | undefined;
limit = table.size;

async function add(n: number) {
  total += n; // rule: copied-variable
  return helper(n);
}

function helper(n: number) {
  return mode === "fast" ? n : -n; // rule: copied-variable
}

/** What modules do at their start each task does anew, and what only tasks use is each task's own. */
async function fine(n: number) {
  cached ??= new Map();
  return cached.size + n * limit;
}

export default async function main() {
  mode = "slow";
  await call(add, 1);
  await spawn.with({ labels: { kind: "a" } })(fine, 2).result();
  let found = 0;
  let seen = 0;
  await mapTasks([1, 2], async (n) => {
    found += n; // rule: copied-variable
    const local = seen + n;
    return local;
  });
  seen = found;
  return total;
}
