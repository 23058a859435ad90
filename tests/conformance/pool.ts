/** The processes in which tests are run. One that dies takes only the test with it that it was at. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Order, Result } from "./result.ts";

const processes = 2;
/** Realms leak: a process is replaced after so many tests. */
const batch = 400;
/** In seconds, of which none counts while this process is stopped, too. */
const patience = { test: 20, processes: 120, mutant: 3 } as const;

export async function runAll(
  order: Omit<Order, "paths">,
  paths: readonly string[],
  onResult: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue: (readonly string[])[] = [];
  for (let at = 0; at < paths.length; at += batch) queue.push(paths.slice(at, at + batch));
  const again = new Set<string>();
  const note = (result: Result): void => {
    results.push(result);
    onResult(result);
  };
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const rest = await runBatch({ ...order, paths: next }, note, again);
      if (rest.length > 0) queue.unshift(rest);
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return results;
}

/** Answers what is left, if a test took the process with it. One that takes too long is tried once more. */
function runBatch(order: Order, note: (result: Result) => void, again: Set<string>): Promise<string[]> {
  const isMutant = order.mutant !== undefined;
  const seconds = isMutant ? patience.mutant : patience[order.mode === "world" ? "processes" : "test"];
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL("./worker.js", import.meta.url)), {
      execArgv: ["--experimental-vm-modules", "--no-warnings"],
    });
    const left = new Set(order.paths);
    let waited = 0;
    const clock = setInterval(() => {
      waited += 1;
      if (waited === seconds) child.kill("SIGKILL");
    }, 1_000);
    child.on("message", (result: Result) => {
      waited = 0;
      left.delete(result.path);
      note(result);
    });
    child.on("exit", () => {
      clearInterval(clock);
      const [culprit, ...rest] = left;
      const isLate = waited >= seconds;
      if (culprit !== undefined && isLate && !isMutant && !again.has(culprit)) {
        again.add(culprit);
        resolve([...left]);
        return;
      }
      if (culprit !== undefined) {
        const reason = isLate ? `took longer than ${seconds} s` : "ended the process";
        note({ path: culprit, outcome: "failed", reason, suspensions: 0 });
      }
      resolve(rest);
    });
    child.send(order);
  });
}
