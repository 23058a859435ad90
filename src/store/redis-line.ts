/**
 * A line to the server that is made again when it breaks. What was under way then may have been done or not; it is sent again, so only what
 * may be done twice is sent over it (redis-scripts.ts).
 */
import { createHash } from "node:crypto";
import { UserError } from "../base/errors.ts";
import type { Answer, RedisConnection, Word } from "./redis-connection.ts";
import { connect, LostError, RefusedError } from "./redis-connection.ts";

export interface LineOptions {
  readonly address: string;
  /** The address without its password, for people. */
  readonly shown: string;
  /** What scripts get as KEYS. */
  readonly keys: readonly string[];
  /** How long the server may be away. */
  readonly patienceMs: number;
}

/** How long to wait before the next attempt. */
const retryMs = { first: 20, most: 500 } as const;

export class RedisLine {
  readonly #options: LineOptions;
  #connection: Promise<RedisConnection> | undefined;
  #closed = false;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** Once, without patience: whoever gives a wrong address wants to know it. @throws {UserError} */
  async open(): Promise<void> {
    this.#connection = connect(this.#options.address);
    try {
      await this.#connection;
    } catch (error) {
      if (!(error instanceof LostError || error instanceof RefusedError)) throw error;
      throw new UserError(
        `the Redis server ${this.#options.shown} cannot be reached (${error.message}): start it, or give another --store`,
        { cause: error },
      );
    }
  }

  key(place: string): string {
    return this.#options.keys.find((key) => key.endsWith(`}:${place}`))!;
  }

  async command(words: readonly Word[]): Promise<Answer> {
    return this.#patiently((connection) => connection.command(words));
  }

  async script(source: string, words: readonly Word[]): Promise<Answer> {
    const { keys } = this.#options;
    const rest = [String(keys.length), ...keys, ...words];
    return this.#patiently(async (connection) => {
      try {
        return await connection.command(["EVALSHA", shaOf(source), ...rest]);
      } catch (error) {
        if (!(error instanceof RefusedError && error.message.startsWith("NOSCRIPT"))) throw error;
        return connection.command(["EVAL", source, ...rest]);
      }
    });
  }

  close(): void {
    this.#closed = true;
    this.#connection?.then(
      (connection) => connection.close(),
      () => {},
    );
  }

  async #patiently(ask: (connection: RedisConnection) => Promise<Answer>): Promise<Answer> {
    const began = performance.now();
    for (let wait: number = retryMs.first; ; wait = Math.min(2 * wait, retryMs.most)) {
      this.#connection ??= connect(this.#options.address);
      const attempt = this.#connection;
      try {
        return await ask(await attempt);
      } catch (error) {
        if (this.#closed || !isPassing(error)) throw error;
        if (performance.now() - began > this.#options.patienceMs) {
          const { shown } = this.#options;
          throw new UserError(
            `the Redis server ${shown} has been away for too long (${(error as Error).message}): start it and resume; nothing is lost`,
            { cause: error },
          );
        }
        // Others may have made a new one by now.
        if (error instanceof LostError && this.#connection === attempt) this.#connection = undefined;
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/** The line broke, or the server has come back and is still reading its data. */
function isPassing(error: unknown): boolean {
  return error instanceof LostError || (error instanceof RefusedError && /^LOADING/.test(error.message));
}

const shas = new Map<string, string>();

function shaOf(source: string): string {
  let sha = shas.get(source);
  if (sha === undefined) {
    sha = createHash("sha1").update(source).digest("hex");
    shas.set(source, sha);
  }
  return sha;
}
