/** Asks the server that has a state (server/control.ts). */
import { connect, type Socket } from "node:net";
import { GoneError, UserError } from "../base/errors.ts";
import type { Answers, LineForm, Question, Told } from "../protocol/control.ts";
import { encodeFrame, FrameDecoder } from "../protocol/frames.ts";

export interface ControlClient {
  /**
   * `more` is given the lines of a log that is followed.
   *
   * @throws {UserError} if the server cannot answer the question, or ends before it has; a GoneError if what it asks for is not there any more.
   */
  ask<Kind extends Question["kind"]>(
    question: Question & { readonly kind: Kind },
    more?: (lines: readonly LineForm[]) => void,
  ): Promise<Answers[Kind]>;
  close(): void;
}

/** Undefined: nobody answers there. */
export async function connectControl(path: string): Promise<ControlClient | undefined> {
  const socket = connect(path);
  const connected = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
  });
  return connected ? new SocketClient(socket) : undefined;
}

interface Waiting {
  readonly more: ((lines: readonly LineForm[]) => void) | undefined;
  resolve(answer: never): void;
  reject(error: unknown): void;
}

class SocketClient implements ControlClient {
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder<Told>();
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => {
      for (const told of this.#decoder.push(chunk)) this.#told(told);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      const gone = new UserError("the server that had the state has ended; ask again");
      for (const { reject } of this.#waiting.values()) reject(gone);
    });
  }

  ask<Kind extends Question["kind"]>(
    question: Question & { readonly kind: Kind },
    more?: (lines: readonly LineForm[]) => void,
  ): Promise<Answers[Kind]> {
    const number = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { more, resolve, reject });
      this.#socket.write(encodeFrame({ number, question }));
    });
  }

  close(): void {
    this.#waiting.clear();
    this.#socket.destroy();
  }

  #told(told: Told): void {
    const waiting = this.#waiting.get(told.number);
    if (waiting === undefined) return;
    if ("lines" in told) {
      waiting.more?.(told.lines);
      return;
    }
    this.#waiting.delete(told.number);
    if ("refusal" in told)
      waiting.reject(told.gone ? new GoneError(told.refusal) : new UserError(told.refusal));
    else waiting.resolve(told.answer as never);
  }
}
