/**
 * The seam to whatever can run a worker. Implementations: `inproc` (same process; tests), `process` (a child process that is
 * killed at its limits, as a function would be). One contract suite runs over both (platform.contract.ts).
 *
 * P1. Every started worker ends in exactly one `exited`, after which nothing of it is received.
 * P2. A worker is killed at its time limit whatever it does, and does not outlive the platform's process, frozen or not. The limit counts from when
 *     it has said that it is ready, as that of a function does not count its start; for the start it has `limits.workerStartMs`.
 * P3. A frozen worker does nothing; what is sent to it wakes it up, and nothing is lost.
 */
import type { DeathKind } from "../protocol/rows.ts";
import type { FromWorker, ToWorker } from "../protocol/wire.ts";

export interface Platform {
  start(options: WorkerOptions, events: WorkerEvents): WorkerLink;
  /** Ends all workers; resolves when they have ended. */
  close(): Promise<void>;
}

export interface WorkerOptions {
  /** How long after it was ready the worker is killed, in milliseconds; absent: never. */
  readonly timeLimitMs?: number;
  /** Heap limit in MiB; with buffers and code a worker may have `limits.workerOverheadMiB` more. Absent: the platform's default. */
  readonly memoryMiB?: number;
}

export interface Death {
  readonly kind: DeathKind | "closed";
  /** For people. */
  readonly detail: string;
  /** Of its time, when that was up: how long its code waited for a processor. Absent: not known. */
  readonly waitedMs?: number;
}

export interface WorkerEvents {
  received(message: FromWorker): void;
  /** What the program's foreign code wrote to stdout or stderr by itself. */
  printed(stream: "out" | "err", text: string): void;
  exited(death: Death): void;
}

export interface WorkerLink {
  /** For people: the process id, or a name. */
  readonly name: string;
  send(message: ToWorker): void;
  /** What has been sent and waits for more to go with it goes now; by itself it goes when the code that runs has ended. */
  flush?(): void;
  /** Stops the worker until something is sent to it, as functions are stopped between two calls. */
  freeze(): void;
  /** Kills at once (SIGKILL); `exited` reports the kind given here. */
  kill(kind: DeathKind | "closed"): void;
}
