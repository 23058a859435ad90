/**
 * One line to a Redis server. The only file that knows the client library, which is an optional peer of the package: it is loaded when a
 * `redis:` store is opened, and not before.
 */
import { UserError } from "../base/errors.ts";

/** What a command is made of, and what an answer is: numbers, bytes, null, and lists of answers. */
export type Word = string | Uint8Array;
export type Answer = number | Buffer | null | readonly Answer[];

export interface RedisConnection {
  /** Rejects with {@link RefusedError} if the server says no, with {@link LostError} if the line broke: it may have been done or not. */
  command(words: readonly Word[]): Promise<Answer>;
  close(): void;
}

/** The server answered with an error. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/** The server cannot be reached, or cannot be any more. */
export class LostError extends Error {
  override readonly name = "LostError";
}

/** Gives up a connection attempt after this long: a machine that is gone does not answer at all. */
const connectMsMax = 2_000;

/** @throws {LostError} if nobody answers. @throws {UserError} if the library is not there. */
export async function connect(url: string): Promise<RedisConnection> {
  const { createClient, ErrorReply, RESP_TYPES } = await library();
  const client = createClient({
    url,
    RESP: 2,
    socket: { reconnectStrategy: false, connectTimeout: connectMsMax },
    disableOfflineQueue: true,
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  });
  // Whoever waits for an answer is told; the event is for those who wait for none.
  client.on("error", () => {});
  const understood = (error: unknown): Error => {
    const because = { cause: error };
    const { message } = error as Error;
    return error instanceof ErrorReply ? new RefusedError(message, because) : new LostError(message, because);
  };
  try {
    await client.connect();
  } catch (error) {
    throw understood(error);
  }
  return {
    async command(words) {
      try {
        return (await client.sendCommand(words.map(word))) as Answer;
      } catch (error) {
        throw understood(error);
      }
    },
    close: () => client.destroy(),
  };
}

function word(given: Word): string | Buffer {
  return typeof given === "string" ? given : Buffer.from(given.buffer, given.byteOffset, given.byteLength);
}

async function library() {
  try {
    return await import("@redis/client");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UserError("a redis: store needs the package @redis/client: npm install @redis/client", {
      cause: error,
    });
  }
}
