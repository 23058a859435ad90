/** One run of an example, or of the tiny program of this room, by the command line, as a user has it, in a process of its own with fresh state. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../../", import.meta.url));

export interface Ran {
  /** From the start of the command to its end: compiling and the start of workers are part of it. */
  readonly seconds: number;
  /** Of the processor, by all of its processes; undefined where the system does not tell. */
  readonly processorSeconds: number | undefined;
  readonly output: string;
  /** Workers started, and their lives by the memory they may have (src/cli/bill.ts); of a durable run. */
  readonly requests?: number;
  readonly gigabyteSeconds?: number;
}

/** The program beside this file, in the place of an example. */
export const tiny = "tiny";

/** `heapMiB`: bounds the heaps of a plain run's processes; those of a durable run have `--memory`. */
export async function ran(
  app: string,
  input: object,
  flags: readonly string[],
  heapMiB?: number,
): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), "continua-apps-"));
  const program = join(repository, app === tiny ? "bench/apps/tiny.ts" : `examples/${app}/main.ts`);
  const state = flags.includes("--plain") ? [] : ["--state", join(folder, "state")];
  const args = ["run", program, "--input", JSON.stringify(input), ...state, ...flags];
  const processorBefore = processorSeconds();
  const began = performance.now();
  const child = spawn(process.execPath, [join(repository, "bin/continua.js"), ...args], {
    cwd: repository,
    env: {
      ...process.env,
      ...(heapMiB === undefined ? {} : { NODE_OPTIONS: `--max-old-space-size=${heapMiB}` }),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    told = (told + text).slice(-10_000);
  });
  const [code] = await once(child, "close");
  const seconds = (performance.now() - began) / 1_000;
  const processorAfter = processorSeconds();
  rmSync(folder, { recursive: true, force: true });
  if (code !== 0) throw new Error(`continua ${args.join(" ")} ended with ${code}:\n${told}`);
  const [, requests, gigabyteSeconds] = /workers: (\d+) for [\d.]+ s, ([\d.]+) GB s/.exec(told) ?? [];
  return {
    seconds,
    processorSeconds:
      processorBefore === undefined || processorAfter === undefined
        ? undefined
        : processorAfter - processorBefore,
    output,
    ...(requests === undefined
      ? {}
      : { requests: Number(requests), gigabyteSeconds: Number(gigabyteSeconds) }),
  };
}

/** Of the processes that this one has started, and theirs, as far as they have ended. */
function processorSeconds(): number | undefined {
  if (process.platform !== "linux") return undefined;
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  const ticksPerSecond = 100;
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}
