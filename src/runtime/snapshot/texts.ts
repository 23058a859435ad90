/**
 * The texts of a snapshot, apart from all else: joined into blocks, and cut out again by their lengths. To join strings and to cut
 * them costs an engine a few nanoseconds; to turn each into bytes and back would cost more than all the rest.
 *
 * N1. A text lies in one block; blocks are read in the order in which texts are met.
 * N2. What is left of a block when most of its texts have gone is bounded by `blockUnits`, since a part of a string holds the whole.
 */
import { SnapshotError } from "../errors.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";

/** A block is closed when it has grown to this. Longer texts are blocks of their own. */
const blockUnits = 16_384;
/** Latin-1 (one byte a unit), UTF-8, UTF-16 little-endian for what is not well-formed. */
const forms = { latin1: 0, utf8: 1, utf16: 2 } as const;

export class TextWriter {
  #open = "";
  #closed: string[] = [];

  add(text: string): void {
    if (this.#open.length + text.length > blockUnits && this.#open !== "") {
      this.#closed.push(this.#open);
      this.#open = text;
    } else this.#open += text;
  }

  /** Writes all blocks and forgets them. */
  flush(out: ByteWriter): void {
    const blocks = this.#closed;
    if (this.#open !== "") blocks.push(this.#open);
    out.varint(blocks.length);
    for (const block of blocks) out.block(block, forms);
    this.clear();
  }

  clear(): void {
    this.#open = "";
    if (this.#closed.length > 0) this.#closed = [];
  }
}

export class TextReader {
  #blocks: readonly string[] = [];
  #next = 0;
  #block = "";
  #at = 0;

  read(input: ByteReader): void {
    const count = input.count(2);
    const blocks: string[] = [];
    for (let at = 0; at < count; at++) blocks.push(input.block(forms));
    this.#blocks = blocks;
    this.#block = blocks[0] ?? "";
    this.#next = 1;
  }

  take(length: number): string {
    const end = this.#at + length;
    if (end <= this.#block.length) {
      const text = this.#block.slice(this.#at, end);
      this.#at = end;
      return text;
    }
    return this.#takeFromNext(length);
  }

  #takeFromNext(length: number): string {
    const block = this.#blocks[this.#next];
    if (this.#at !== this.#block.length || block === undefined || length > block.length)
      throw new SnapshotError("the snapshot is corrupted: a text that is not there");
    this.#next++;
    this.#block = block;
    this.#at = 0;
    return this.take(length);
  }

  /** Whether all texts have been taken. */
  get isAtEnd(): boolean {
    return this.#at === this.#block.length && this.#next >= this.#blocks.length;
  }
}

export type TextForms = typeof forms;
