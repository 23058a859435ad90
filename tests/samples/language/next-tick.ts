// Callbacks of `process.nextTick`: behind the jobs that are queued, but before them behind a timer; and those that they ask for at once.
import { nextTick } from "node:process";

const later = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

export default async function main(log: (text: string) => void): Promise<string> {
  process.nextTick(() => log("tick of main"));
  queueMicrotask(() => log("job of main"));
  await 0;
  log("behind an await");
  await new Promise<void>((resolve) => process.nextTick(resolve));
  log("behind a tick");
  await new Promise<void>((resolve) => {
    setTimeout(() => {
      void Promise.resolve().then(() => log("job of a timer"));
      process.nextTick((text: string) => {
        log(text);
        nextTick(() => log("tick of a tick"));
        queueMicrotask(() => log("job of a tick"));
      }, "tick of a timer");
      log("timer");
    }, 1);
    setTimeout(resolve, 2);
  });
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      queueMicrotask(() => log("job of an immediate"));
      process.nextTick(() => log("tick of an immediate"));
      setImmediate(resolve);
    });
  });
  const { nextTick: same } = globalThis.process;
  log(String(same === process.nextTick && same === nextTick));
  const kept: (() => void)[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    let isOver = false;
    nextTick(() => {
      isOver = true;
      kept.push(() => log(`turn ${turn}`));
    });
    while (!isOver) await later(1);
  }
  for (const each of kept) each();
  log(typeof process.env + typeof process.cwd() + Array.isArray(process.argv));
  return new Promise((resolve) => nextTick(resolve, "done"));
}
