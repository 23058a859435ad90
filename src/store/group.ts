/**
 * Changes on their way to a store: collected into groups, written one group at a time.
 *
 * Owns: what has been handed in and is not durable, and the failure after which nothing is. Talks to: the store, which writes a group.
 *
 * Q1. One group is being written at any time. What is handed in meanwhile is collected and goes together next: the disk's pace sets the size of the groups.
 * Q2. A later change of a row takes the place of an earlier one in its group.
 * Q3. What follows builds on what has been lost: after a failure nothing is written any more, and everybody is told of that failure.
 */
import type { Change } from "../protocol/rows.ts";
import { FencedError } from "./store.ts";

/** Changes by {@link placeOf}. */
export type Layer = Map<string, Change>;

export interface GroupWriter {
  /** The store, for people. */
  readonly shown: string;
  /** Ends when the group is durable. `unhurried`: so said whoever handed in any of it. */
  write(group: Layer, unhurried: boolean): Promise<void> | void;
  /** Who waited for it has been told. */
  written?(): void;
  /** What is told of an error. */
  reason(error: unknown): Error | Promise<Error>;
}

interface Group {
  readonly changes: Layer;
  unhurried: boolean;
  readonly written: Promise<void>;
  readonly settle: (error?: unknown) => void;
}

export class Groups {
  readonly #writer: GroupWriter;
  #next: Group | undefined;
  #writing: Group | undefined;
  #failure: Error | undefined;
  #closed = false;

  constructor(writer: GroupWriter) {
    this.#writer = writer;
  }

  /** What is not durable yet, the latest first. */
  get layers(): Layer[] {
    return [this.#next, this.#writing].flatMap((group) => group?.changes ?? []);
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether anything is taken. */
  get isOpen(): boolean {
    return !this.#closed && this.#failure === undefined;
  }

  write(changes: readonly Change[], unhurried = false): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#closed)
      return Promise.reject(new FencedError(`the store in ${this.#writer.shown} has been closed`));
    this.#next ??= newGroup();
    const { written, changes: collected } = this.#next;
    this.#next.unhurried &&= unhurried;
    for (const change of changes) collected.set(placeOf(change), change);
    if (this.#writing === undefined) void this.#writeAll();
    return written;
  }

  /** Q3; the first one counts. */
  fail(reason: Error): void {
    this.#failure ??= reason;
  }

  /** Takes nothing more, and waits for what has been handed in. */
  async close(): Promise<void> {
    this.#closed = true;
    await (this.#next ?? this.#writing)?.written.catch(() => {});
  }

  async #writeAll(): Promise<void> {
    while (this.#next !== undefined) {
      const group = this.#next;
      this.#next = undefined;
      this.#writing = group;
      try {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#writer.write(group.changes, group.unhurried);
        group.settle();
      } catch (error) {
        this.fail(await this.#writer.reason(error));
        group.settle(this.#failure);
      }
      this.#writing = undefined;
      this.#writer.written?.();
    }
  }
}

/** Where a change belongs, in words. */
export function placeOf({ table, key }: Pick<Change, "table" | "key">): string {
  return `${table}/${key}`;
}

/** In order of their keys. */
export function inOrder<T extends { readonly key: string }>(rows: T[]): T[] {
  const sorted = rows.every((row, index) => index === 0 || rows[index - 1]!.key < row.key);
  return sorted ? rows : rows.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function newGroup(): Group {
  let settle: Group["settle"] = () => {};
  const written = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  // Whoever wrote is told; that nobody listens any more is no reason to end the process.
  written.catch(() => {});
  return { changes: new Map(), unhurried: true, written, settle };
}
