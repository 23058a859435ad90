/**
 * Bytes of shared values in a worker: fetched from the server when a task asks for one, once for all of its run that are here, and kept while
 * there is room for them; what was asked for longest ago goes first.
 *
 * No more than `limits.sharedAsked` are on their way at a time: those that come together lie in the memory of both sides.
 */
import type { SharedId, TaskId } from "../base/ids.ts";
import { runOf, sharedKey } from "../base/ids.ts";
import { limits } from "../base/limits.ts";

type Bytes = Uint8Array | undefined;

export class SharedCache {
  readonly #ask: (task: TaskId, shared: SharedId) => void;
  /** Used longest ago first. */
  readonly #kept = new Map<string, Uint8Array>();
  readonly #asked = new Map<
    string,
    { readonly answer: Promise<Bytes>; readonly resolve: (bytes: Bytes) => void }
  >();
  /** Of those, what is to be asked for when others have come. */
  readonly #later: { readonly task: TaskId; readonly shared: SharedId }[] = [];
  #size = 0;

  /** `ask` sends for a value; it comes by `provide`. */
  constructor(ask: (task: TaskId, shared: SharedId) => void) {
    this.#ask = ask;
  }

  /** Of the task's run; `undefined`: it is gone. */
  get(task: TaskId, shared: SharedId): Promise<Bytes> {
    const key = sharedKey(runOf(task), shared);
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return Promise.resolve(kept);
    }
    let asked = this.#asked.get(key);
    if (asked === undefined) {
      let resolve: (bytes: Bytes) => void = () => {};
      const answer = new Promise<Bytes>((done) => {
        resolve = done;
      });
      asked = { answer, resolve };
      this.#asked.set(key, asked);
      this.#later.push({ task, shared });
      this.#askMore();
    }
    return asked.answer;
  }

  provide(task: TaskId, shared: SharedId, bytes: Bytes): void {
    const key = sharedKey(runOf(task), shared);
    const asked = this.#asked.get(key);
    if (asked === undefined) return;
    this.#asked.delete(key);
    if (bytes !== undefined) this.#keep(key, bytes);
    asked.resolve(bytes);
    this.#askMore();
  }

  #askMore(): void {
    while (this.#later.length > 0 && this.#asked.size - this.#later.length < limits.sharedAsked) {
      const { task, shared } = this.#later.shift()!;
      this.#ask(task, shared);
    }
  }

  #keep(key: string, bytes: Uint8Array): void {
    this.#kept.set(key, bytes);
    this.#size += bytes.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#size <= limits.sharedBytesKept) return;
      this.#kept.delete(oldest);
      this.#size -= length;
    }
  }
}
