/**
 * Files read in the middle of which a task can be written down: what is saved is the path and the position, so a thaw goes on behind
 * the last line or chunk that the program has been given.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UserError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { closure, currentKernel, registerClass, runtimeSite } from "../runtime/index.ts";
import { keepPlainly } from "./plain.ts";

type Kind = "lines" | "chunks";

interface Saved {
  readonly path: string;
  readonly kind: Kind;
  readonly chunkBytes: number;
  readonly position: number;
}

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Files that nobody will read on are closed with what read them. */
const forgotten = new FinalizationRegistry<number>((file) => closeSync(file));

/** A place in a file: what `lines()` and `read()` answer. Can be kept and saved; a copy reads on by itself. */
export class Reading<T> implements AsyncIterable<T> {
  readonly #path: string;
  readonly #kind: Kind;
  readonly #chunkBytes: number;
  /** Of the first byte that has not been handed out. */
  #position: number;
  // What follows belongs to this process.
  #file: number | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  /** Position in the file of the buffer's first byte. */
  #bufferAt = 0;

  constructor({ path, kind, chunkBytes, position }: Saved) {
    this.#path = path;
    this.#kind = kind;
    this.#chunkBytes = chunkBytes;
    this.#position = position;
    this.#bufferAt = position;
    keepPlainly(this);
  }

  static save(reading: Reading<unknown>): Saved {
    return {
      path: reading.#path,
      kind: reading.#kind,
      chunkBytes: reading.#chunkBytes,
      position: reading.#position,
    };
  }

  /** Bytes of the file that have been handed out. */
  get position(): number {
    return this.#position;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return closure(iteratorSite, { reading: this })() as AsyncIterableIterator<T>;
  }

  /** Undefined: the end of the file. */
  next(): T | undefined {
    return (this.#kind === "lines" ? this.#line() : this.#chunk()) as T | undefined;
  }

  close(): void {
    if (this.#file === undefined) return;
    forgotten.unregister(this);
    closeSync(this.#file);
    this.#file = undefined;
    this.#buffer = Buffer.alloc(0);
  }

  #line(): string | undefined {
    // Bytes of the line that have been looked at: they need not be again.
    let looked = 0;
    for (;;) {
      const from = this.#position - this.#bufferAt;
      const end = this.#buffer.indexOf(newline, from + looked);
      if (end >= 0) return this.#take(from, end, 1);
      looked = this.#buffer.length - from;
      if (looked >= limits.lineBytesMax)
        throw new UserError(
          `lines("${this.#path}"): the line at byte ${this.#position} is longer than ${limits.lineBytesMax} bytes; use read()`,
        );
      if (this.#fill(Math.max(this.#chunkBytes, looked))) continue;
      return looked === 0 ? undefined : this.#take(0, looked, 0);
    }
  }

  #take(from: number, end: number, newlines: number): string {
    this.#position = this.#bufferAt + end + newlines;
    const last = end > from && this.#buffer[end - 1] === carriageReturn ? end - 1 : end;
    return this.#buffer.toString("utf8", from, last);
  }

  #chunk(): Uint8Array | undefined {
    this.#fill(this.#chunkBytes);
    const from = this.#position - this.#bufferAt;
    if (from === this.#buffer.length) return undefined;
    // A copy: what the program holds must not hold our buffer.
    const bytes = new Uint8Array(this.#buffer.subarray(from, from + this.#chunkBytes));
    this.#position += bytes.length;
    return bytes;
  }

  /** Reads on, and drops what has been handed out; false: there is nothing more. */
  #fill(count: number): boolean {
    const file = this.#open();
    const rest = this.#buffer.subarray(this.#position - this.#bufferAt);
    const buffer = Buffer.allocUnsafe(rest.length + count);
    rest.copy(buffer);
    const read = readSync(file, buffer, rest.length, count, this.#position + rest.length);
    this.#buffer = buffer.subarray(0, rest.length + read);
    this.#bufferAt = this.#position;
    return read > 0;
  }

  #open(): number {
    if (this.#file !== undefined) return this.#file;
    const file = openSync(this.#path, "r");
    const { size } = fstatSync(file);
    if (size < this.#position) {
      closeSync(file);
      throw new UserError(
        `${this.#path} has ${size} bytes now, and ${this.#position} of it had been read: it was changed meanwhile; start the run anew`,
      );
    }
    this.#file = file;
    this.#buffer = Buffer.alloc(0);
    this.#bufferAt = this.#position;
    forgotten.register(this, file, this);
    return file;
  }
}

registerClass("continua.Reading", Reading, {
  save: Reading.save,
  load: (saved: Saved) => new Reading(saved),
});

type OfReading = { readonly reading: Reading<unknown> };

const iteratorSite = runtimeSite("reading.iterator", (env: OfReading) => () => ({
  next: closure(nextSite, env),
  return: closure(returnSite, env),
  [Symbol.asyncIterator]: closure(sameSite, {}),
}));
const nextSite = runtimeSite("reading.next", (env: OfReading) => () => {
  const value = env.reading.next();
  const done = value === undefined;
  if (done) env.reading.close();
  return promises().resolve({ value, done });
});
const returnSite = runtimeSite("reading.return", (env: OfReading) => (value: unknown) => {
  env.reading.close();
  return promises().resolve({ value, done: true });
});
const sameSite = runtimeSite(
  "reading.same",
  () =>
    function (this: unknown): unknown {
      return this;
    },
);

function promises(): PromiseConstructor {
  return (currentKernel()?.globals.Promise ?? Promise) as PromiseConstructor;
}

/**
 * The lines of a file of UTF-8 text, without their ends (`\n` or `\r\n`); at a checkpoint the position is saved, and a thaw goes on with the
 * next line. The file must not change while it is read, but for growing at its end.
 *
 *     for await (const line of lines("access.log")) count(line);
 *
 * The iteration rejects with what the file system says if the file cannot be read, or if it has become shorter than what was read.
 */
export function lines(path: string | URL): Reading<string> {
  return open(path, "lines", limits.readBytes);
}

/** The bytes of a file in chunks of `chunkBytes` (absent: 64 KiB; the last one is shorter), with its position saved as by {@link lines}. */
export function read(
  path: string | URL,
  options: { readonly chunkBytes?: number } = {},
): Reading<Uint8Array> {
  const { chunkBytes = limits.readBytes } = options;
  if (!Number.isSafeInteger(chunkBytes) || chunkBytes < 1)
    throw new UserError(`read(): chunkBytes of ${String(chunkBytes)}; give a whole number of 1 or more`);
  return open(path, "chunks", chunkBytes);
}

function open<T>(path: string | URL, kind: Kind, chunkBytes: number): Reading<T> {
  return new Reading<T>({ path: pathOf(path), kind, chunkBytes, position: 0 });
}

function pathOf(path: string | URL): string {
  if (path instanceof URL || path.startsWith("file:")) return fileURLToPath(path);
  return path;
}
