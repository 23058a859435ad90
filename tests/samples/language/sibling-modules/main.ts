import { above } from "./above.ts";
import "./ring-one.ts";
import "./at-the-ring.ts";
import "./beside.ts";
export * from "./reexported.ts";
import "./behind.ts";
import { told } from "./told.ts";

told.push("main's module");

/** What is imported twice while it is evaluated is there for both when it has ended, and once. */
async function twice(): Promise<string[]> {
  const both = await Promise.all([import("./late.ts"), import("./late.ts").then(({ late }) => ({ late }))]);
  return both.map(({ late }) => late);
}

async function failure(load: () => Promise<unknown>): Promise<unknown> {
  try {
    return await load();
  } catch (error) {
    return error;
  }
}

/** What has to come before what; how modules beside each other take turns is a matter of ticks. */
const orders = [
  ["slow begins", "beside"],
  ["beside", "slow ends"],
  ["slow ends", "above has slow and quick"],
  ["ring two ends", "ring one begins"],
  ["ring one ends", "outside the ring"],
  ["outside the ring", "main's module"],
  ["above has slow and quick", "main's module"],
  ["reexported", "behind what is re-exported"],
] as const;

export default async function main(log: (line: string) => void): Promise<void> {
  log(JSON.stringify(above));
  for (const [first, second] of orders)
    log(`${first} < ${second}: ${told.includes(first) && told.indexOf(first) < told.indexOf(second)}`);
  log((await twice()).join());
  const loads = [() => import("./failing.ts"), () => import("./over-failing.ts"), () => import("./thrown.ts")];
  for (const load of loads) {
    const first = await failure(load);
    const again = await failure(load);
    log(`${(first as Error).message} ${first === again}`);
  }
  log(told.toSorted().join("; "));
}
