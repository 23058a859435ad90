/**
 * What `run` and `resume` share: a server with worker processes in this process, the display, the chaos, the result.
 *
 * stdout gets the result and nothing else; everything for people goes to stderr.
 */
import { UserError } from "../base/errors.ts";
import type { RunId } from "../base/ids.ts";
import { seededRandom } from "../base/random.ts";
import { giveBackMemory } from "../platform/index.ts";
import { type DeathKind, deathKinds } from "../protocol/rows.ts";
import {
  controlPath,
  openControl,
  type RunResult,
  Server,
  type ServerEvents,
  type ServerOptions,
  systemClock,
} from "../server/index.ts";
import {
  openFileStore,
  openLargeValues,
  openMemoryStore,
  openRedisStore,
  type Store,
} from "../store/index.ts";
import type { Bill } from "./bill.ts";
import { startChaos } from "./chaos.ts";
import type { DriveOptions } from "./options.ts";
import { type Figures, startProgress } from "./progress.ts";
import { printResult } from "./result.ts";
import { openWorkers, type Workers, workerOptions } from "./workers.ts";

export interface Driven {
  readonly server: Server;
  /** Kills workers until it is ended by the function that is returned, if that was asked for. */
  chaos(): () => void;
  /** Rejects when the command is interrupted, or the server ends by itself. */
  readonly whenOver: Promise<never>;
  /** Waits for the run, shows it, prints its result, sets the exit code. */
  follow(run: RunId): Promise<void>;
}

export interface DriveHow
  extends Pick<ServerOptions, "drives">,
    Pick<ServerEvents, "runStarted" | "runEnded"> {
  readonly create: boolean;
  /** The command that goes on with the state. */
  readonly again: "resume" | "serve";
  /** Where workers may have been started already; else one of its own. */
  readonly workers?: Workers;
}

/** Opens the store and a server on it, hands them to `action`, and closes them whatever happens. */
export async function drive(
  options: DriveOptions,
  how: DriveHow,
  action: (driven: Driven) => Promise<void>,
): Promise<void> {
  const { create, again, drives, runStarted, runEnded, workers = openWorkers(options) } = how;
  const store = await openStore(options.store, create, options.blobs);
  const display: { print(text: string): void } = { print: (text) => process.stderr.write(text) };
  let stopped: Error | undefined;
  let stop: (reason: Error) => void = () => {};
  const ended = new Promise<never>((_, reject) => {
    stop = reject;
  });
  ended.catch(() => {});
  const server = await Server.open({
    store,
    platform: workers.platform,
    clock: systemClock,
    random: Math.random,
    workers: options.workers,
    durability: options.durability,
    ...(options.retentionMs === undefined ? {} : { retentionMs: options.retentionMs }),
    workerOptions: workerOptions(options),
    freeze: options.freeze,
    spare: !options.freeze,
    giveBack: giveBackMemory,
    ...(drives === undefined ? {} : { drives }),
    events: {
      printed({ run, text }) {
        // Where many runs go on, a line says whose it is.
        const whose = again === "serve" ? `${run}: ` : "";
        display.print(`${whose}${text.endsWith("\n") ? text : `${text}\n`}`);
      },
      workerPrinted: ({ text }) => display.print(text),
      taskFailed: ({ task, name, message }) => display.print(`task ${task} (${name}) failed: ${message}\n`),
      ...(runStarted === undefined ? {} : { runStarted }),
      ...(runEnded === undefined ? {} : { runEnded }),
      stopped: (reason) => {
        stopped = reason;
        stop(reason);
      },
    },
  });
  const closeControl = await openControlOf(server, options.store, display);
  const interrupted = interruption(options.store, again);
  const whenOver = Promise.race([interrupted.promise, ended]);
  try {
    await Promise.race([
      action({
        server,
        chaos: () => startChaosOf(server, options),
        whenOver,
        follow: (run) => follow({ server, bill: workers.bill, display }, run, options),
      }),
      whenOver,
    ]);
  } catch (error) {
    throw stopped ?? error;
  } finally {
    interrupted.ignore();
    closeControl();
    await server.close().catch((error: unknown) => {
      if (stopped === undefined) throw error;
    });
  }
}

/** Without it the run goes on all the same; it cannot be looked at, that is all. */
async function openControlOf(
  server: Server,
  store: string,
  display: { print(text: string): void },
): Promise<() => void> {
  const path = controlPath(store);
  if (path === undefined) return () => {};
  try {
    return await openControl(server, path);
  } catch (error) {
    display.print(`continua: this run cannot be looked at from outside: ${(error as Error).message}\n`);
    return () => {};
  }
}

interface Place {
  readonly server: Server;
  readonly bill: () => Bill;
  readonly display: { print(text: string): void };
}

async function follow({ server, bill, display }: Place, run: RunId, options: DriveOptions): Promise<void> {
  const over = server.runs().some(({ id, status }) => id === run && status !== "running");
  if (over) {
    const result = await server.result(run);
    return printResult(result, server.bundle(result.row.version));
  }
  const progress = startProgress(() => server.statistics(run) ?? noFigures, options);
  const { print } = display;
  display.print = progress.print;
  const endChaos = startChaosOf(server, options);
  let how = "stopped";
  let result: RunResult | undefined;
  try {
    result = await server.result(run);
    how = result.status === "succeeded" ? "done" : result.status;
  } finally {
    endChaos();
    progress.end(how, bill());
    display.print = print;
  }
  await printResult(result, server.bundle(result.row.version));
}

function startChaosOf(server: Server, { chaos, seed }: DriveOptions): () => void {
  return chaos ? startChaos(seededRandom(seed), (random) => server.killWorker(random)) : () => {};
}

/**
 * @param blobs where large values lie, if not in the store and not where they were.
 * @throws {UserError} for a URL of no known kind.
 */
export async function openStore(url: string, create: boolean, blobs?: string): Promise<Store> {
  const [, scheme, path = ""] = /^(\w+):(.*)$/s.exec(url) ?? [];
  if (scheme === "memory") {
    if (blobs === undefined) return openMemoryStore();
    throw new UserError(`--blobs ${blobs}: a store in memory: keeps nothing; leave --blobs out`);
  }
  if (scheme === "file" && path !== "") return openLargeValues(await openFileStore({ path, create }), blobs);
  if (scheme === "redis" || scheme === "rediss")
    return openLargeValues(await openRedisStore({ url, create }), blobs);
  throw new UserError(
    `--store ${url}: not a store; give file:DIR, redis://HOST:PORT, or memory: to keep nothing`,
  );
}

/** Ctrl-C and SIGTERM: everything is closed in order, and nothing is lost. */
function interruption(store: string, again: "resume" | "serve"): { promise: Promise<never>; ignore(): void } {
  let stop: (signal: NodeJS.Signals) => void = () => {};
  const promise = new Promise<never>((_, reject) => {
    stop = () =>
      reject(
        new UserError(
          `stopped; go on with: continua ${again}${store === "file:.continua" ? "" : ` --store ${withoutPassword(store)}`}`,
          // To stop a server that stays is no failure of a program.
          { exitCode: again === "serve" ? 0 : 1 },
        ),
      );
  });
  promise.catch(() => {});
  process.once("SIGINT", stop).once("SIGTERM", stop);
  return {
    promise,
    ignore() {
      process.off("SIGINT", stop).off("SIGTERM", stop);
    },
  };
}

function withoutPassword(store: string): string {
  return store.replace(/^(\w+:\/\/[^/@]*:)[^/@]*@/, "$1***@");
}

const noFigures: Figures = {
  tasks: 0,
  tasksEnded: 0,
  running: 0,
  parked: 0,
  workers: 0,
  activations: 0,
  commits: 0,
  checkpointBytes: 0,
  deaths: Object.fromEntries(deathKinds.map((kind) => [kind, 0])) as Record<DeathKind, number>,
};
