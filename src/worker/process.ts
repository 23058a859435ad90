/**
 * The composition of a worker: runtime, clock, program host, connection. As a function for platforms that run it in the same process,
 * and as a process of its own: the code behind the entry file that the process platform starts.
 *
 * What is not caught in foreign code ends the process, as it does in Node; the platform reports the death with the last words.
 */
import { connectToParent, giveBackMemory, type WorkerMain } from "../platform/index.ts";
import { loadProgram, signal } from "../runtime/index.ts";
import { type Clock, systemClock } from "./clock.ts";
import { createProgramHost, type Namespace } from "./program-host.ts";
import type { LoadProgram } from "./programs.ts";
import { Worker, type WorkerSettings } from "./worker.ts";

export interface WorkerMainOptions {
  /** Modules that the composer brings along for programs, by specifier: `{ continua: api }`. */
  readonly namespaces: Readonly<Record<string, Namespace>>;
  readonly clock?: Clock;
  /** Instead of the runtime, in tests. */
  readonly load?: LoadProgram;
}

export function createWorkerMain(options: WorkerMainOptions): WorkerMain {
  return (connection, limits) => serve(connection, limits, options, {});
}

/** Serves the process that started this one, until one of the two ends. */
export function runWorkerProcess(options: WorkerMainOptions): void {
  const { connection, options: limits } = connectToParent(signal);
  serve(connection, limits, options, { rest: () => void giveBackMemory() });
}

function serve(
  connection: Parameters<WorkerMain>[0],
  { timeLimitMs }: Parameters<WorkerMain>[1],
  options: WorkerMainOptions,
  own: Pick<WorkerSettings, "rest">,
): void {
  const host = createProgramHost(options);
  const { clock = systemClock, load = (bundle) => loadProgram(bundle, host) } = options;
  const settings = { connection, clock, signal, load, quiet: quietSince(openResources()), ...own };
  new Worker(timeLimitMs === undefined ? settings : { ...settings, timeLimitMs }).start();
}

/** What keeps the event loop alive, by kind: sockets, pipes, timers, requests under way. */
function openResources(): Map<string, number> {
  // Made on first use, as pipes; they are the platform's, whoever uses them first.
  void process.stdout;
  void process.stderr;
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** Whether nothing is open now beyond what was open at the start. */
function quietSince(start: ReadonlyMap<string, number>): () => boolean {
  return () => [...openResources()].every(([kind, count]) => count <= (start.get(kind) ?? 0));
}
