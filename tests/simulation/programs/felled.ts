/** A tree of tasks that never end by themselves, and is cancelled from outside: each says that it has begun, and that it has cleaned up. */
import { barrier, CancelledError, call, current, inbox, mutex, queue, select, sleep, spawn } from "continua";

export interface Input {
  readonly depth: number;
  readonly width: number;
  readonly cleanupMs: number;
  /** When clients cancel the run, in milliseconds, one after the other. */
  readonly cancels: readonly number[];
}

/** For ever, each in another way. */
async function waits(way: number): Promise<void> {
  switch (way % 6) {
    case 0:
      return void (await queue<number>({ name: "nothing" }).dequeue());
    case 1:
      return await sleep("1 hour");
    case 2:
      return void (await inbox("nobody").receive());
    case 3:
      return void (await select({ nothing: queue<number>({ name: "nothing" }), late: "1 hour" }));
    case 4:
      return await barrier(100, { name: "never" }).arrive();
    default:
      return await new Promise<void>((resolve) => setTimeout(resolve, 3_600_000));
  }
}

async function noted(): Promise<string> {
  return "noted";
}

async function node(depth: number, width: number, cleanupMs: number, way: number): Promise<void> {
  console.log(`begun ${current.id}`);
  try {
    // One at a time has it: the others wait there.
    await using _ = await mutex({ name: `level ${depth}` }).acquire();
    const below = [];
    for (let i = 0; i < (depth > 0 ? width : 0); i++) {
      const next = way * 3 + i;
      if (i % 2 === 0) below.push(call(node, depth - 1, width, cleanupMs, next));
      else below.push(spawn(node, depth - 1, width, cleanupMs, next).result());
    }
    await Promise.all([...below, waits(way)]);
  } finally {
    if (cleanupMs > 0) await sleep(cleanupMs);
    console.log(`cleaned ${current.id} ${await call(noted)}`);
  }
}

export default async function main({ depth, width, cleanupMs }: Input) {
  try {
    await node(depth, width, cleanupMs, 1);
  } catch (error) {
    if (error instanceof CancelledError) console.log(`cancelled ${current.signal.aborted}`);
    throw error;
  }
}
