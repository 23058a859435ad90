/**
 * A worker's end of the line to its server: what a platform hands to the code of a worker. The server's end is `WorkerLink`.
 *
 * X1. Messages arrive in the order in which they were sent, each once; those that came before `listen` wait for it.
 * X2. After `closed` nothing arrives, and what is sent goes nowhere. A platform that can end the process does so instead of calling it.
 */
import type { FromWorker, ToWorker } from "../protocol/wire.ts";
import type { WorkerOptions } from "./platform.ts";

export interface Connection {
  /** @throws {UserError} if the message is longer than `limits.messageBytesMax`; nothing of it is sent then. */
  send(message: FromWorker): void;
  /** What has been sent and waits for more to go with it goes now; by itself it goes when the code that runs has ended. */
  flush?(): void;
  /** Once. */
  listen(events: ConnectionEvents): void;
}

export interface ConnectionEvents {
  received(message: ToWorker): void;
  closed(): void;
}

/** The code of a worker, handed to a platform that runs it in the same process. */
export type WorkerMain = (connection: Connection, options: WorkerOptions) => void;
