/** Writing and reading the primitives of a snapshot. A reader checks every step against the end of its bytes. */
import { SnapshotError } from "../errors.ts";

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Runs of bytes from this length on are noted, and copied once, into the finished snapshot. */
const largeBytes = 16_384;
const initialCapacity = 4_096;
/** A writer that has grown beyond this is not kept. */
const keptCapacityMax = 1_048_576;
const keptMax = 8;
/** ASCII text below this length is copied by a loop; its length fits a byte. */
const shortText = 64;
/** Writers at rest: memory for a small snapshot costs more than writing it. */
const kept: ByteWriter[] = [];

export class ByteWriter {
  #bytes = new Uint8Array(initialCapacity);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #large: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #largeLength = 0;

  /** A writer for as long as one snapshot is written. */
  static borrow(): ByteWriter {
    return kept.pop() ?? new ByteWriter();
  }

  giveBack(): void {
    this.#length = 0;
    this.#large = [];
    this.#largeLength = 0;
    if (this.#bytes.length <= keptCapacityMax && kept.length < keptMax) kept.push(this);
  }

  get length(): number {
    return this.#length + this.#largeLength;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  varint(value: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      if (rest < 0x8000_0000) {
        this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
        rest >>>= 7;
      } else {
        this.#bytes[this.#length++] = (rest % 128) | 0x80;
        rest = Math.floor(rest / 128);
      }
    }
    this.#bytes[this.#length++] = rest;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  bytes(value: Uint8Array): void {
    if (value.length >= largeBytes) {
      this.#large.push({ at: this.#length, bytes: value });
      this.#largeLength += value.length;
      return;
    }
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** `length * 2 + wide` and the text. */
  text(value: string): void {
    const { length } = value;
    // Short ASCII text is most of what there is, and a loop beats the encoder there.
    if (length < shortText) {
      this.#reserve(length + 1);
      const start = this.#length;
      this.#bytes[start] = length * 2;
      let at = 0;
      for (; at < length; at++) {
        const code = value.charCodeAt(at);
        if (code >= 0x80) break;
        this.#bytes[start + 1 + at] = code;
      }
      if (at === length) {
        this.#length += length + 1;
        return;
      }
    }
    if (value.isWellFormed()) {
      this.#utf8(value);
      return;
    }
    this.varint(length * 4 + 1);
    this.#reserve(length * 2);
    for (let at = 0; at < length; at++) {
      this.#view.setUint16(this.#length, value.charCodeAt(at), true);
      this.#length += 2;
    }
  }

  /** Encodes in place, with room left for the length of ASCII text; other text is moved if its length takes more. */
  #utf8(value: string): void {
    this.#reserve(value.length * 3 + 8);
    const start = this.#length;
    this.varint(value.length * 2);
    const expected = this.#length;
    const { written } = textEncoder.encodeInto(value, this.#bytes.subarray(expected));
    if (written !== value.length) {
      const needed = start + varintLength(written * 2);
      if (needed !== expected) this.#bytes.copyWithin(needed, expected, expected + written);
      this.#length = start;
      this.varint(written * 2);
    }
    this.#length += written;
  }

  /** Copies what was written to `target` from `start` on; answers where it ends. */
  copyTo(target: Uint8Array, start: number): number {
    let from = 0;
    let to = start;
    for (const { at, bytes } of this.#large) {
      target.set(this.#bytes.subarray(from, at), to);
      to += at - from;
      target.set(bytes, to);
      to += bytes.length;
      from = at;
    }
    const rest = this.#length - from;
    // A view of a part takes longer to make than a few bytes to copy.
    if (rest < shortText) for (let at = 0; at < rest; at++) target[to + at] = this.#bytes[from + at]!;
    else target.set(this.#bytes.subarray(from, this.#length), to);
    return to + rest;
  }
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) length++;
  return length;
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get position(): number {
    return this.#at;
  }

  set position(at: number) {
    this.#at = at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw truncated();
    return this.#bytes[this.#at++]!;
  }

  varint(): number {
    let byte = this.byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let scale = 128;
    for (;;) {
      byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
      if (scale > 2 ** 49) throw new SnapshotError("the snapshot is corrupted: a number is too long");
    }
    if (value > Number.MAX_SAFE_INTEGER)
      throw new SnapshotError("the snapshot is corrupted: a number is too large");
    return value;
  }

  /** A count of things that take at least `each` bytes. */
  count(each = 1): number {
    const count = this.varint();
    if (count * each > this.remaining) throw truncated();
    return count;
  }

  /** A number below `limit`. */
  below(limit: number, what: string): number {
    const value = this.varint();
    if (value < limit) return value;
    throw new SnapshotError(`the snapshot is corrupted: ${what} ${value} of ${limit}`);
  }

  double(): number {
    if (this.remaining < 8) throw truncated();
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }

  bytes(length: number): Uint8Array {
    if (length > this.remaining) throw truncated();
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  text(): string {
    const head = this.varint();
    const part = this.bytes(Math.floor(head / 2));
    if (head % 2 === 1) {
      if (part.length % 2 === 1) throw new SnapshotError("the snapshot is corrupted: half a character");
      return readWide(part);
    }
    if (part.length < 24) {
      let text = "";
      for (let at = 0; at < part.length; at++) {
        const code = part[at]!;
        if (code >= 0x80) return readText(part);
        text += String.fromCharCode(code);
      }
      return text;
    }
    return readText(part);
  }
}

function readText(part: Uint8Array): string {
  try {
    return textDecoder.decode(part);
  } catch (cause) {
    throw new SnapshotError("the snapshot is corrupted: text is not UTF-8", { cause });
  }
}

/** UTF-16 with lone surrogates, which a TextDecoder would replace. */
function readWide(part: Uint8Array): string {
  const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
  let text = "";
  for (let at = 0; at < part.length; at += 2) text += String.fromCharCode(view.getUint16(at, true));
  return text;
}

function truncated(): SnapshotError {
  return new SnapshotError("the snapshot is truncated or corrupted: it ends too early");
}
