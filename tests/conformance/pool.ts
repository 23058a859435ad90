/** The processes in which tests are run. One that dies takes only the test with it that it was at. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Order, Result } from "./result.ts";

const processes = 2;
/** Realms leak: a process is replaced after so many tests. */
const batch = 400;
const patienceMs = 20_000;
/** A test of `world` may go through a dozen processes. */
const patienceWithProcessesMs = 120_000;
/** A mutant makes loops that never end. */
const patienceWithMutantMs = 3_000;

export async function runAll(
  order: Omit<Order, "paths">,
  paths: readonly string[],
  onResult: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue: (readonly string[])[] = [];
  for (let at = 0; at < paths.length; at += batch) queue.push(paths.slice(at, at + batch));
  const note = (result: Result): void => {
    results.push(result);
    onResult(result);
  };
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const rest = await runBatch({ ...order, paths: next }, note);
      if (rest.length > 0) queue.unshift(rest);
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return results;
}

/** Answers what is left, if a test took the process with it. */
function runBatch(order: Order, note: (result: Result) => void): Promise<string[]> {
  const patience =
    order.mutant !== undefined
      ? patienceWithMutantMs
      : order.mode === "world"
        ? patienceWithProcessesMs
        : patienceMs;
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL("./worker.js", import.meta.url)), {
      execArgv: ["--experimental-vm-modules", "--no-warnings"],
    });
    const left = new Set(order.paths);
    let timedOut = false;
    const expire = (): void => {
      timedOut = true;
      child.kill("SIGKILL");
    };
    let clock = setTimeout(expire, patience);
    child.on("message", (result: Result) => {
      clearTimeout(clock);
      clock = setTimeout(expire, patience);
      left.delete(result.path);
      note(result);
    });
    child.on("exit", () => {
      clearTimeout(clock);
      const [culprit, ...rest] = left;
      if (culprit !== undefined) {
        const reason = timedOut ? `took longer than ${patience / 1000} s` : "ended the process";
        note({ path: culprit, outcome: "failed", reason, suspensions: 0 });
      }
      resolve(rest);
    });
    child.send(order);
  });
}
