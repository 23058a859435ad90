/**
 * Files and URLs that are written exactly once, however often a worker dies while they are written.
 *
 *   write … write   into PATH.ID.part, at the position that is saved with the task: what a dead worker wrote beyond it is written over
 *   close           the file is cut to its length and flushed; a synchronous checkpoint; then it gets its name
 *
 * P1. At PATH there is what was there before, or the whole output; never a part of it.
 * P2. A checkpoint that names a position is taken only when the bytes up to it are flushed.
 * P3. Whoever goes on after the checkpoint of `close` finds the part, which gets its name now, or finds that it has got it.
 * P4. A URL gets its bytes with one `PUT`, after the checkpoint of `close`; it is sent again, with the same `Idempotency-Key`, if the worker
 *     dies before its answer is durable.
 */
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, resolve as resolvePath } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../base/errors.ts";
import { loadedId, savedId } from "../base/ids.ts";
import { closure, currentKernel, type Home, registerClass, runtimeSite } from "../runtime/index.ts";
import { checkpoint } from "./checkpoint.ts";
import { later, pending, type Settle } from "./later.ts";
import { keepPlainly } from "./plain.ts";
import { inTask } from "./task.ts";

type Stage = "open" | "closing" | "closed" | "discarded";

interface Saved {
  readonly target: string;
  readonly id: string;
  readonly stage: Stage;
  readonly position: number;
  /** Of a URL: what has been written. */
  readonly chunks: readonly Uint8Array[];
}

/** What `output()` answers. Can be kept and saved by the task that made it; it is not for two tasks at once. */
export class Output implements AsyncDisposable {
  readonly #target: string;
  readonly #id: string;
  #stage: Stage;
  #position: number;
  readonly #chunks: Uint8Array[];
  // What follows belongs to this process.
  #file: number | undefined;
  #unflushed = false;

  constructor({ target, id, stage, position, chunks }: Saved) {
    this.#target = target;
    this.#id = id;
    this.#stage = stage;
    this.#position = position;
    this.#chunks = [...chunks];
    keepPlainly(this);
  }

  /** P2. */
  static save(output: Output, home: Home): Saved {
    output.#flush();
    return {
      target: output.#target,
      id: savedId(output.#id, home.id),
      stage: output.#stage,
      position: output.#position,
      chunks: output.#chunks,
    };
  }

  static isUrl(output: Output): boolean {
    return isUrl(output.#target);
  }

  static rename(output: Output): void {
    output.#rename();
  }

  static put(output: Output): Promise<void> {
    return output.#put();
  }

  /** How many bytes have been written. */
  get bytes(): number {
    return this.#position;
  }

  /**
   * Adds text, as UTF-8, or bytes.
   *
   * @throws {UserError} if the output is closed, or what the system says if the file cannot be written.
   */
  write(data: string | Uint8Array): void {
    if (this.#stage !== "open")
      throw new UserError(`output to ${this.#target}: it is ${this.#stage} already`);
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    if (isUrl(this.#target)) this.#chunks.push(new Uint8Array(bytes));
    else {
      const file = this.#open();
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(file, bytes, done, bytes.length - done, this.#position + done);
      }
      this.#unflushed = true;
    }
    this.#position += bytes.length;
  }

  /** Resolves when the whole output is at its place, durable. Exactly once, as everything that a commit does. */
  close(): Promise<void> {
    if (this.#stage !== "open")
      throw new UserError(`output to ${this.#target}: it is ${this.#stage} already`);
    if (!isUrl(this.#target)) {
      ftruncateSync(this.#open(), this.#position);
      this.#unflushed = true;
    }
    this.#stage = "closing";
    const { promise, settle } = pending<void>();
    void checkpoint({ sync: true }).then(finish({ output: this, settle }));
    return promise;
  }

  /** Gives up what was written; nothing if it was closed. */
  discard(): void {
    if (this.#stage !== "open") return;
    this.#stage = "discarded";
    this.#shut();
    if (!isUrl(this.#target)) rmSync(this.#part, { force: true });
  }

  /** At the end of a block with `await using`: without `close()` nothing is put in place. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.discard();
  }

  get #part(): string {
    return `${this.#target}.${this.#id}.part`;
  }

  #open(): number {
    if (this.#file !== undefined) return this.#file;
    if (this.#position === 0) this.#file = openSync(this.#part, "w");
    else {
      const size = sizeOf(this.#part);
      if (size === undefined || size < this.#position)
        throw new UserError(
          `output to ${this.#target}: ${this.#position} bytes were written, and ${this.#part} has ${size ?? "none"} of them here; workers on several machines need a directory that they share`,
        );
      this.#file = openSync(this.#part, "r+");
    }
    return this.#file;
  }

  #flush(): void {
    if (!this.#unflushed || this.#file === undefined) return;
    fdatasyncSync(this.#file);
    this.#unflushed = false;
  }

  #shut(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#unflushed = false;
  }

  /** P3. */
  #rename(): void {
    this.#shut();
    const size = sizeOf(this.#part);
    if (size === this.#position) {
      renameSync(this.#part, this.#target);
      keepNames(dirname(resolvePath(this.#target)));
    } else if (sizeOf(this.#target) !== this.#position) {
      throw new UserError(
        `output to ${this.#target}: neither it nor ${this.#part} has the ${this.#position} bytes that were written; workers on several machines need a directory that they share`,
      );
    }
    this.#stage = "closed";
  }

  /** P4. */
  async #put(): Promise<void> {
    const response = await fetch(this.#target, {
      method: "PUT",
      headers: { "idempotency-key": this.#id },
      body: Buffer.concat(this.#chunks),
    });
    if (!response.ok)
      throw new UserError(
        `output to ${this.#target}: PUT was answered with ${response.status} ${response.statusText}`,
      );
    this.#stage = "closed";
    this.#chunks.length = 0;
  }
}

registerClass("continua.Output", Output, {
  save: Output.save,
  load: (saved: Saved, home) => new Output({ ...saved, id: loadedId(saved.id, home.id) }),
});

const finish = later("output.finish", ({ output, settle }: { output: Output; settle: Settle<void> }) => {
  try {
    if (Output.isUrl(output)) {
      const kernel = currentKernel();
      const put = closure(putSite, { output }) as () => Promise<void>;
      settle.resolve((kernel === undefined ? put() : kernel.foreign.call(put)) as unknown as undefined);
    } else {
      Output.rename(output);
      settle.resolve();
    }
  } catch (error) {
    settle.reject(error);
  }
});

/** A call that is made again after a thaw (design H5). */
const putSite = runtimeSite("output.put", (env: { readonly output: Output }) => () => Output.put(env.output));

function isUrl(target: string): boolean {
  return /^https?:/.test(target);
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

/** Flushes the directory, without which a new name may be lost with the machine's power. */
function keepNames(directory: string): void {
  // Windows does not open directories.
  if (process.platform === "win32") return;
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

let plainOutputs = 0;

/**
 * A file or an `http(s)` URL that is written exactly once: what is written becomes visible, whole, with {@link Output.close}, and not at all if the
 * task ends without it. A file needs a directory that all workers share; a URL must take `PUT`, and what is written to it is kept with the task.
 *
 *     const out = output("report.csv");
 *     for (const row of rows) out.write(`${row}\n`);
 *     await out.close();
 */
export function output(target: string | URL): Output {
  const text = target instanceof URL ? target.href : target;
  const id = inTask(
    "output()",
    (kernel) => `${kernel.id}-${kernel.effects.takeNumber()}`,
    () => `plain-${process.pid}-${++plainOutputs}`,
  );
  const path = text.startsWith("file:") ? fileURLToPath(text) : text;
  return new Output({ target: path, id, stage: "open", position: 0, chunks: [] });
}
