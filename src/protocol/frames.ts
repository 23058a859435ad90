/**
 * Messages on a byte stream. A frame is the length of its message as 4 bytes, most significant first, and the message in MessagePack
 * (pack.ts). Nothing else is on the stream: no greeting, no padding, no checksum (both ends are on one machine, or above TLS).
 *
 *   00 00 00 0e   de 00 01 a4 6b 69 6e 64 a5 72 65 61 64 79       { kind: "ready" }
 *
 * F1. A frame is complete or it is not there: a stream that ends inside a frame yields nothing of it.
 * F2. A length above `limits.messageBytesMax` is refused before a byte of its message is kept.
 * F3. A message holds no bytes of its neighbours alive: every frame is copied out of the chunks it came in.
 */
import { UserError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { packAfter, unpack } from "./pack.ts";

const prefixBytes = 4;

/** The stream is not what this file says: the other end is broken, or somebody else. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** @throws {UserError} if the message is too long: what a task keeps alive is up to the user. */
export function encodeFrame(message: unknown, bytesMax: number = limits.messageBytesMax): Uint8Array {
  const frame = packAfter(prefixBytes, message);
  const length = frame.length - prefixBytes;
  if (length > bytesMax) {
    throw new UserError(
      `a message of ${length} bytes is over the limit of ${bytesMax} bytes; keep less data in live variables, or in smaller pieces`,
    );
  }
  new DataView(frame.buffer).setUint32(0, length);
  return frame;
}

/** Takes a stream in chunks of any size and gives its messages. */
export class FrameDecoder<Message> {
  readonly #bytesMax: number;
  /** What has come and belongs to no complete frame; the first `#offset` bytes of the first chunk are used up. */
  #chunks: Uint8Array[] = [];
  #offset = 0;
  #size = 0;
  /** Length of the message whose prefix has been read. */
  #length: number | undefined;

  constructor(bytesMax: number = limits.messageBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes of an incomplete frame. */
  get pending(): number {
    return this.#size + (this.#length === undefined ? 0 : prefixBytes);
  }

  /** @throws {FrameError} if the stream is damaged; the decoder is of no more use then. */
  push(chunk: Uint8Array): Message[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const messages: Message[] = [];
    for (;;) {
      this.#length ??= this.#readLength();
      if (this.#length === undefined || this.#size < this.#length) return messages;
      messages.push(decode(this.#take(this.#length)) as Message);
      this.#length = undefined;
    }
  }

  #readLength(): number | undefined {
    if (this.#size < prefixBytes) return undefined;
    const prefix = this.#take(prefixBytes);
    const length = new DataView(prefix.buffer).getUint32(0);
    if (length > this.#bytesMax) {
      throw new FrameError(`a frame announces ${length} bytes, over the limit of ${this.#bytesMax} bytes`);
    }
    return length;
  }

  /** The next `count` bytes, which are there, in memory of their own. */
  #take(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    let filled = 0;
    let used = 0;
    while (filled < count) {
      const chunk = this.#chunks[used]!;
      const part = chunk.subarray(this.#offset, this.#offset + count - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#offset += part.length;
      if (this.#offset === chunk.length) {
        used += 1;
        this.#offset = 0;
      }
    }
    if (used > 0) this.#chunks.splice(0, used);
    this.#size -= count;
    return bytes;
  }
}

function decode(bytes: Uint8Array): unknown {
  try {
    return unpack(bytes);
  } catch (error) {
    throw new FrameError(`a frame of ${bytes.length} bytes is not a message: ${(error as Error).message}`);
  }
}
