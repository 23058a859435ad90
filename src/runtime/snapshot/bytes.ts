/** Writing and reading the primitives of a snapshot. A reader checks every step against the end of its bytes. */
import { SnapshotError } from "../errors.ts";
import type { TextForms } from "./texts.ts";

/** Where the engine keeps a byte for a character, it knows at once that this cannot match. */
const beyondLatin1 = /[^\0-\xff]/;
const textDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Runs of bytes from this length on are noted, and copied once, into the finished snapshot. */
const largeBytes = 16_384;
const initialCapacity = 4_096;
/** A writer that has grown beyond this starts small again. */
const keptCapacityMax = 1_048_576;
/** Below this, a loop copies bytes and characters faster than a call does. */
const short = 12;
/** Up to here the length of a text fits a byte, and a loop is still faster. */
const shortText = 48;

export class ByteWriter {
  /** To be written to at `at` after `reserve`. */
  bytes = Buffer.allocUnsafeSlow(initialCapacity);
  at = 0;
  #view = viewOf(this.bytes);
  #large: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #largeLength = 0;

  clear(): void {
    this.at = 0;
    if (this.#largeLength > 0) this.#large = [];
    this.#largeLength = 0;
    if (this.bytes.length <= keptCapacityMax) return;
    this.bytes = Buffer.allocUnsafeSlow(initialCapacity);
    this.#view = viewOf(this.bytes);
  }

  get length(): number {
    return this.at + this.#largeLength;
  }

  reserve(count: number): void {
    if (this.at + count > this.bytes.length) this.#grow(this.at + count);
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
    this.#view = viewOf(larger);
  }

  byte(value: number): void {
    if (this.at === this.bytes.length) this.#grow(this.at + 1);
    this.bytes[this.at++] = value;
  }

  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      if (rest < 0x8000_0000) {
        this.bytes[this.at++] = (rest & 0x7f) | 0x80;
        rest >>>= 7;
      } else {
        this.bytes[this.at++] = (rest % 128) | 0x80;
        rest = Math.floor(rest / 128);
      }
    }
    this.bytes[this.at++] = rest;
  }

  double(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  float(value: number): void {
    this.reserve(4);
    this.#view.setFloat32(this.at, value, true);
    this.at += 4;
  }

  run(value: Uint8Array): void {
    if (value.length >= largeBytes) {
      this.#large.push({ at: this.at, bytes: value });
      this.#largeLength += value.length;
      return;
    }
    this.reserve(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  /** A short text that is not worth a block: `length * 2 + wide`, and its characters. */
  text(value: string): void {
    if (value.length < shortText && this.#ascii(value)) return;
    if (value.isWellFormed()) {
      const length = Buffer.byteLength(value);
      this.varint(length * 2);
      this.reserve(length);
      this.at += this.bytes.write(value, this.at, length, "utf8");
    } else {
      this.varint(value.length * 4 + 1);
      this.reserve(value.length * 2);
      this.at += this.bytes.write(value, this.at, value.length * 2, "utf16le");
    }
  }

  #ascii(value: string): boolean {
    const { length } = value;
    this.reserve(length + 1);
    const { bytes, at } = this;
    bytes[at] = length * 2;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) return false;
      bytes[at + 1 + index] = code;
    }
    this.at = at + 1 + length;
    return true;
  }

  /** `units * 4 + form`, for UTF-8 the count of bytes, and the bytes. */
  block(text: string, forms: TextForms): void {
    const units = text.length;
    this.reserve(units * 3 + 16);
    if (!beyondLatin1.test(text)) {
      this.varint(units * 4 + forms.latin1);
      if (units < short) for (let at = 0; at < units; at++) this.bytes[this.at++] = text.charCodeAt(at);
      else this.at += this.bytes.write(text, this.at, units, "latin1");
    } else if (text.isWellFormed()) {
      const length = Buffer.byteLength(text);
      this.varint(units * 4 + forms.utf8);
      this.varint(length);
      this.at += this.bytes.write(text, this.at, length, "utf8");
    } else {
      this.varint(units * 4 + forms.utf16);
      this.at += this.bytes.write(text, this.at, units * 2, "utf16le");
    }
  }

  /** Copies what was written to `target` from `start` on; answers where it ends. */
  copyTo(target: Uint8Array, start: number): number {
    let from = 0;
    let to = start;
    for (const { at, bytes } of this.#large) {
      target.set(this.bytes.subarray(from, at), to);
      to += at - from;
      target.set(bytes, to);
      to += bytes.length;
      from = at;
    }
    const rest = this.at - from;
    // A view of a part takes longer to make than a few bytes to copy.
    if (rest < 64) for (let at = 0; at < rest; at++) target[to + at] = this.bytes[from + at]!;
    else target.set(this.bytes.subarray(from, this.at), to);
    return to + rest;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** By length and last character. */
const recentTexts: string[] = new Array<string>(64).fill("");

export class ByteReader {
  readonly bytes: Uint8Array;
  position = 0;
  #view: DataView | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  byte(): number {
    if (this.position >= this.bytes.length) throw truncated();
    return this.bytes[this.position++]!;
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
    return this.#take(8).getFloat64(this.position - 8, true);
  }

  float(): number {
    return this.#take(4).getFloat32(this.position - 4, true);
  }

  #take(length: number): DataView {
    if (this.remaining < length) throw truncated();
    this.position += length;
    this.#view ??= viewOf(this.bytes);
    return this.#view;
  }

  /** A view of the next bytes. */
  run(length: number): Uint8Array {
    this.#skip(length);
    return this.bytes.subarray(this.position - length, this.position);
  }

  #skip(length: number): number {
    if (length > this.remaining) throw truncated();
    const from = this.position;
    this.position += length;
    return from;
  }

  text(): string {
    const head = this.varint();
    const length = Math.floor(head / 2);
    if (head % 2 === 0) return this.#ascii(length) ?? this.#utf8(length);
    if (length % 2 === 1) throw new SnapshotError("the snapshot is corrupted: half a character");
    return this.#utf16(length);
  }

  /** Whether the next text is this one: mostly it is, and need not be made. */
  textIs(expected: string): boolean {
    return this.#passes(expected) || this.text() === expected;
  }

  /** The next text, which is mostly one of few: what was met lately is not made anew. */
  textAgain(): string {
    const { bytes, position } = this;
    const length = bytes[position]! >> 1;
    const slot = (length * 31 + bytes[position + length]!) & (recentTexts.length - 1);
    const recent = recentTexts[slot]!;
    if (recent !== "" && this.#passes(recent)) return recent;
    const text = this.text();
    if (text.length < shortText) recentTexts[slot] = text;
    return text;
  }

  /** Passes by the next text if it is this one and a short one of ASCII. */
  #passes(expected: string): boolean {
    const { bytes, position } = this;
    const { length } = expected;
    if (length >= shortText || bytes[position] !== length * 2 || length >= this.remaining) return false;
    for (let at = 0; at < length; at++) {
      const byte = bytes[position + 1 + at]!;
      // Only of ASCII is a byte the character.
      if (byte >= 0x80 || byte !== expected.charCodeAt(at)) return false;
    }
    this.position = position + 1 + length;
    return true;
  }

  /** The next characters, if they are all of ASCII. */
  #ascii(length: number): string | undefined {
    const from = this.position;
    if (length > this.remaining) throw truncated();
    const { bytes } = this;
    for (let at = from; at < from + length; at++) if (bytes[at]! >= 0x80) return undefined;
    return this.#latin1(length);
  }

  block(forms: TextForms): string {
    const head = this.varint();
    const units = Math.floor(head / 4);
    if (head % 4 === forms.latin1) return this.#latin1(units);
    if (head % 4 === forms.utf16) return this.#utf16(units * 2);
    if (head % 4 === forms.utf8) {
      const text = this.#utf8(this.varint());
      if (text.length === units) return text;
    }
    throw new SnapshotError("the snapshot is corrupted: a block of text");
  }

  #latin1(length: number): string {
    const from = this.#skip(length);
    if (length >= short) return Buffer.prototype.latin1Slice.call(this.bytes, from, from + length);
    let text = "";
    for (let at = from; at < from + length; at++) text += String.fromCharCode(this.bytes[at]!);
    return text;
  }

  #utf8(length: number): string {
    const from = this.#skip(length);
    try {
      return textDecoder.decode(this.bytes.subarray(from, from + length));
    } catch (cause) {
      throw new SnapshotError("the snapshot is corrupted: text is not UTF-8", { cause });
    }
  }

  /** UTF-16 with lone surrogates, which a TextDecoder would replace. */
  #utf16(length: number): string {
    const from = this.#skip(length);
    return Buffer.prototype.ucs2Slice.call(this.bytes, from, from + length);
  }
}

function truncated(): SnapshotError {
  return new SnapshotError("the snapshot is truncated or corrupted: it ends too early");
}
