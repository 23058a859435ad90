/** Messages of JSON-RPC as language servers frame them: `Content-Length: N`, an empty line, N bytes of JSON. */

export interface Message {
  readonly id?: number | string | null;
  readonly method?: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a method takes is its own business
  readonly params?: any;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

export const errorCodes = {
  parse: -32700,
  method: -32601,
  internal: -32603,
  notInitialized: -32002,
} as const;

/** A header longer than this is none. */
const headerMax = 4096;

/** Takes bytes as they come; hands out messages, or what cannot be read as one. */
export class MessageReader {
  #bytes: Buffer = Buffer.alloc(0);
  readonly #take: (message: Message) => void;
  readonly #fail: (why: string) => void;

  constructor(take: (message: Message) => void, fail: (why: string) => void) {
    this.#take = take;
    this.#fail = fail;
  }

  add(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (let body = this.#next(); body !== undefined; body = this.#next()) {
      let message: Message;
      try {
        message = JSON.parse(body);
      } catch (error) {
        this.#fail(`not JSON: ${(error as Error).message}`);
        continue;
      }
      this.#take(message);
    }
  }

  #next(): string | undefined {
    const end = this.#bytes.indexOf("\r\n\r\n");
    if (end < 0) {
      if (this.#bytes.length > headerMax) this.#drop("a header that does not end");
      return undefined;
    }
    const [, length] = /^Content-Length: *(\d+)\r?$/im.exec(this.#bytes.toString("latin1", 0, end)) ?? [];
    if (length === undefined) {
      this.#drop("a header without Content-Length");
      return undefined;
    }
    const from = end + 4;
    const to = from + Number(length);
    if (this.#bytes.length < to) return undefined;
    const body = this.#bytes.toString("utf8", from, to);
    this.#bytes = this.#bytes.subarray(to);
    return body;
  }

  /** Nobody knows where the next message begins. */
  #drop(why: string): void {
    this.#bytes = Buffer.alloc(0);
    this.#fail(why);
  }
}

export function framed(message: Message): string {
  const text = JSON.stringify({ jsonrpc: "2.0", ...message });
  return `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}
