/**
 * The worker's side of the process platform: file descriptor 3, the arguments, the watchdog.
 *
 * When the line breaks, the process ends at once: a worker without a server has lost the right to act (design H9).
 */
import { Socket } from "node:net";
import { UserError } from "../base/errors.ts";
import { encodeFrame, FrameDecoder } from "../protocol/frames.ts";
import type { ToWorker } from "../protocol/wire.ts";
import type { Connection, ConnectionEvents } from "./connection.ts";
import { killOwnGroup } from "./own-group.ts";
import type { WorkerOptions } from "./platform.ts";
import { startWatchdog } from "./watchdog.ts";

/** The descriptor that carries frames both ways. */
export const lineFd = 3;

/** What the platform tells its child as the only argument, in JSON. */
export interface ChildArguments {
  readonly parent: number;
  readonly options: WorkerOptions;
}

/** Takes up the line to the process that started this one. `signal` is the array that compiled loops poll. Once in a process. */
export function connectToParent(signal: Int32Array): {
  readonly connection: Connection;
  readonly options: WorkerOptions;
} {
  const { parent, options } = takeArguments();
  const { timeLimitMs, memoryMiB } = options;
  startWatchdog({ signal, parent, timeLimitMs, memoryMiB });
  return { connection: new ParentConnection(), options };
}

function takeArguments(): ChildArguments {
  // Removed, so that the program finds no argument that it was not given.
  const [text] = process.argv.splice(2, 1);
  try {
    return JSON.parse(text ?? "") as ChildArguments;
  } catch {
    throw new UserError("this file is the entry of a worker process: it is started by continua, not by hand");
  }
}

class ParentConnection implements Connection {
  readonly #socket = new Socket({ fd: lineFd, readable: true, writable: true });
  readonly #decoder = new FrameDecoder<ToWorker>();
  #early: ToWorker[] = [];
  #listener: ConnectionEvents | undefined;

  constructor() {
    this.#socket.on("data", (chunk) => {
      for (const message of this.#decoder.push(chunk)) {
        if (this.#listener === undefined) this.#early.push(message);
        else this.#listener.received(message);
      }
    });
    for (const end of ["end", "error", "close"]) this.#socket.on(end, killOwnGroup);
  }

  send(message: Parameters<Connection["send"]>[0]): void {
    const frame = encodeFrame(message);
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      queueMicrotask(this.flush);
    }
    this.#socket.write(frame);
  }

  readonly flush = (): void => this.#socket.uncork();

  listen(events: ConnectionEvents): void {
    this.#listener = events;
    const early = this.#early;
    this.#early = [];
    for (const message of early) events.received(message);
  }
}
