import { type ChildProcess, type ForkOptions, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A process that checks programs: Node keeps modules that are made of texts behind a flag. */
export function startWorker(options: Pick<ForkOptions, "stdio"> = {}): ChildProcess {
  const execArgv = ["--experimental-vm-modules", "--no-warnings"];
  return fork(fileURLToPath(new URL("./worker.js", import.meta.url)), { ...options, execArgv });
}
