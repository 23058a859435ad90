/** Trees of tasks that are cancelled in the middle: each has its `finally`, permits come back, and who is too slow is ended. */
import { CancelledError, call, current, mutex, queue, sleep, spawn, type Task } from "continua";
import { pass } from "../outside.ts";

export interface Input {
  readonly trees: number;
  readonly width: number;
  readonly afterMs: number;
  readonly cleanupMs: number;
  /** Of the one that hears nothing. */
  readonly grace: number;
}

/** Says that it has begun, waits for ever in several fibers, and cleans up in each. */
async function node(run: string, depth: number, width: number, cleanupMs: number): Promise<never> {
  const begun = queue<string>({ name: "begun" });
  await using permit = await mutex({ name: `lock ${current.id}` }).acquire();
  const fiber = async (wait: () => Promise<unknown>) => {
    try {
      await wait();
    } finally {
      if (cleanupMs > 0) await sleep(cleanupMs);
      pass(`${run} cleaned ${current.id}`);
    }
  };
  try {
    const fibers = [
      fiber(() => sleep("1 hour")),
      fiber(() => queue({ name: "nothing" }).dequeue()),
      fiber(() => new Promise((resolve) => setTimeout(resolve, 60_000))),
    ];
    if (depth > 0)
      for (let i = 0; i < width; i++) fibers.push(fiber(() => call(node, run, depth - 1, width, cleanupMs)));
    await begun.enqueue(current.id);
    await Promise.all(fibers);
  } finally {
    await call(noted, `${current.id} ${permit.token}`);
  }
  throw new Error("it waited for ever, and is here");
}

/** Cleaning up may start tasks. */
async function noted(what: string) {
  return what.length;
}

async function deaf() {
  for (;;) await sleep("1 hour").catch(() => {});
}

async function polite(run: string) {
  pass(`${run} polite ${current.id}`);
  try {
    await sleep("1 hour");
    return "never";
  } catch (error) {
    return error === current.signal.reason ? "as you wish" : "by what?";
  }
}

async function told(task: Task): Promise<string> {
  try {
    return `value ${await task.result()}`;
  } catch (error) {
    return error instanceof CancelledError ? "cancelled" : String(error);
  }
}

export default async function main({ trees, width, afterMs, cleanupMs, grace }: Input) {
  const begun = queue<string>({ name: "begun" });
  const roots = Array.from({ length: trees }, () => spawn(node, current.id, 1, width, cleanupMs));
  const others = [spawn(polite, current.id), spawn(deaf)];
  // All of the first tree have begun; of the others whoever has.
  const wanted = new Set([roots[0]!.id]);
  while (wanted.size > 0) {
    const id = await begun.dequeue();
    wanted.delete(id);
  }
  if (afterMs > 0) await sleep(afterMs);
  const never = spawn(polite, current.id);
  never.cancel();
  for (const root of roots) root.cancel({ grace: "1 minute" });
  for (const root of roots) root.cancel({ grace: 1 });
  await sleep(2_000);
  pass(`${current.id} asks`);
  others[0]!.cancel();
  // By the clock of the server: `Date` is of the machine.
  let soon = true;
  const late = setTimeout(() => {
    soon = false;
  }, 3_000_000);
  others[1]!.cancel({ grace });
  // Something goes on all the while, in which servers and workers may die.
  for (let n = 0; n < 6; n++) await sleep(Math.ceil(grace / 6));
  const ends = [];
  for (const task of [...roots, ...others, never]) ends.push(await told(task));
  clearTimeout(late);
  // Whatever they held has come back.
  for (const root of roots) {
    const permit = await mutex({ name: `lock ${root.id}` }).acquire();
    permit.release();
  }
  // Who is deaf is ended long before he would have heard.
  return { ends, soon };
}
