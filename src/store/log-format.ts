/**
 * The bytes of the write-ahead log (docs/internals/store.md has the tables): a segment is a header and records behind it, each record one
 * group of changes.
 *
 * G1. A record is whole or it is not there: its checksum covers everything of it but its magic number, and begins with the salt of its
 *     segment, so that bytes of another segment are no records here, nor those that were in this one's file before.
 * G2. Records are numbered without a gap, over all segments of a term. The next one is written only when the last one is flushed, so at
 *     most the last can be torn.
 * G3. What is no record, with a record behind it, is damage and never a torn end: reading stops with an error, since what was said to be
 *     durable is missing. So it does when there is a gap between two segments.
 * G4. A header is within one sector of the disk, which is written wholly or not at all.
 */
import { crc32 } from "node:zlib";
import { UserError } from "../base/errors.ts";
import { packedForNow, unpack } from "../protocol/pack.ts";
import type { Change, Rows, Table } from "../protocol/rows.ts";
import { joinedCrc32 } from "./crc.ts";

export interface SegmentHeader {
  /** Of the owner that wrote it. */
  readonly term: number;
  /** Counted from 1 within a term. */
  readonly number: number;
  readonly salt: number;
}

export interface LogRecord {
  readonly sequence: number;
  readonly changes: Change[];
}

export interface Segment {
  readonly term: number;
  readonly number: number;
  readonly records: LogRecord[];
}

const segmentMagic = Buffer.from("ctnalog1");
const recordMagic = Buffer.from([0xc7, 0x1a, 0x10, 0x9e]);
export const headerBytes = 32;
/** Before the payload: magic 4, checksum 4, lengths of payload and of its head 4 + 4, sequence 8. */
const prefixBytes = 24;
const alignment = 8;
/** How much of a record is put together at a time; a larger value in it goes out as it is. */
const partBytes = 64 * 1024;

export function encodeHeader({ term, number, salt }: SegmentHeader): Uint8Array {
  const bytes = Buffer.alloc(headerBytes);
  segmentMagic.copy(bytes);
  bytes.writeUInt32LE(number, 8);
  bytes.writeUInt32LE(salt, 12);
  bytes.writeBigUInt64LE(BigInt(term), 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
  return bytes;
}

/** A part of a record, and where in it it belongs; good until the next one is asked for. */
export interface RecordPart {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/**
 * Where records are put together, one at a time and part by part: none needs memory of its own length, which the allocator would keep
 * long after (docs/internals/measurements.md).
 */
export class RecordWriter {
  /** Goes out last, since it says how long the others are. */
  readonly #first = Buffer.alloc(partBytes);
  readonly #other = Buffer.alloc(partBytes);
  /** What is being filled, where it belongs in the record, and how much of it is filled. */
  #part = this.#first;
  #at = 0;
  #filled = 0;
  /** Of what has left the part that is being filled. */
  #checksum = 0;

  /** The parts of a record; answers where the next one begins, counted from this one's beginning. */
  *parts(salt: number, sequence: number, changes: readonly Change[]): Generator<RecordPart, number> {
    this.#part = this.#first;
    this.#at = 0;
    this.#filled = prefixBytes;
    this.#checksum = 0;
    this.#put(listHead(changes.length));
    for (const change of changes) {
      const value = change.table === "bytes" ? change.bytes?.length : change.row;
      const entry = packedForNow([change.table, change.key, value ?? null]);
      // A copy: others may pack something before it has been written.
      if (!this.#put(entry)) yield* this.#spill(new Uint8Array(entry));
    }
    const head = this.#at + this.#filled - prefixBytes;
    for (const change of changes) {
      if (change.table !== "bytes" || change.bytes === undefined || this.#put(change.bytes)) continue;
      yield* this.#spill(change.bytes);
    }
    const payload = this.#at + this.#filled - prefixBytes;
    const end = this.#at === 0 ? this.#filled : partBytes;
    if (this.#at > 0) yield* this.#pass();
    yield { at: 0, bytes: this.#sealed(salt, { payload, head, sequence, end }) };
    return aligned(prefixBytes + payload);
  }

  /** Whether there was room for it. */
  #put(bytes: Uint8Array): boolean {
    if (this.#filled + bytes.length > partBytes) return false;
    this.#part.set(bytes, this.#filled);
    this.#filled += bytes.length;
    return true;
  }

  *#spill(bytes: Uint8Array): Generator<RecordPart> {
    // The first part is full if there is another.
    const begins = this.#at === 0 ? partBytes - this.#filled : 0;
    this.#put(bytes.subarray(0, begins));
    yield* this.#pass();
    const rest = bytes.subarray(begins);
    if (this.#put(rest)) return;
    yield { at: this.#at, bytes: rest };
    this.#checksum = crc32(rest, this.#checksum);
    this.#at += rest.length;
  }

  /** Goes on to the next part. */
  *#pass(): Generator<RecordPart> {
    const isFirst = this.#part === this.#first;
    const bytes = this.#part.subarray(0, this.#filled);
    if (!isFirst) yield { at: this.#at, bytes };
    this.#checksum = crc32(isFirst ? bytes.subarray(prefixBytes) : bytes, this.#checksum);
    this.#part = this.#other;
    this.#at += this.#filled;
    this.#filled = 0;
  }

  /** The first part, with what is known only when the last one is done. */
  #sealed(
    salt: number,
    { payload, head, sequence, end }: Readonly<Record<"payload" | "head" | "sequence" | "end", number>>,
  ): Uint8Array {
    const first = this.#first;
    recordMagic.copy(first);
    first.writeUInt32LE(payload, 8);
    first.writeUInt32LE(head, 12);
    first.writeBigUInt64LE(BigInt(sequence), 16);
    const own = crc32(first.subarray(8, this.#at === 0 ? end : prefixBytes), salt);
    first.writeUInt32LE(this.#at === 0 ? own : joinedCrc32(own, this.#checksum, payload), 4);
    return first.subarray(0, end);
  }
}

/** How a list of so many entries begins in MessagePack. */
function listHead(count: number): Uint8Array {
  const bytes = Buffer.alloc(5, 0xdd);
  bytes.writeUInt32BE(count, 1);
  return bytes;
}

/**
 * Reads a segment to its end, or to where it is torn. `path` is for the error alone. Undefined: it was being created, and has no record.
 * @throws {UserError} if it is damaged (G3).
 */
export function decodeSegment(bytes: Buffer, path: string): Segment | undefined {
  const header = decodeHeader(bytes);
  if (header === undefined) {
    if (bytes.indexOf(recordMagic) >= 0) throw damaged(path, "it does not begin as a log");
    return undefined;
  }
  const records: LogRecord[] = [];
  let at = headerBytes;
  let last: number | undefined;
  for (;;) {
    const found = recordAt(bytes, at, header.salt);
    if (found === undefined) break;
    if (last !== undefined && found.sequence !== last + 1) {
      throw damaged(path, `record ${last + 1} is missing at byte ${at}`);
    }
    last = found.sequence;
    records.push({ sequence: last, changes: decodeChanges(found, path) });
    at = aligned(at + prefixBytes + found.payload.length);
  }
  if (hasRecordBehind(bytes, at, header.salt)) throw damaged(path, `what is at byte ${at} is no record`);
  return { term: header.term, number: header.number, records };
}

export function damaged(path: string, what: string): UserError {
  return new UserError(
    `${path} is damaged (${what}): restore the directory from a copy, or use another one (--state DIR)`,
  );
}

function decodeHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < headerBytes || bytes.compare(segmentMagic, 0, 8, 0, 8) !== 0) return undefined;
  if (bytes.readUInt32LE(28) !== crc32(bytes.subarray(0, 28))) return undefined;
  return {
    number: bytes.readUInt32LE(8),
    salt: bytes.readUInt32LE(12),
    term: Number(bytes.readBigUInt64LE(16)),
  };
}

interface Found {
  readonly sequence: number;
  readonly headLength: number;
  readonly payload: Buffer;
}

function recordAt(bytes: Buffer, at: number, salt: number): Found | undefined {
  if (at + prefixBytes > bytes.length || bytes.compare(recordMagic, 0, 4, at, at + 4) !== 0) return undefined;
  const end = at + prefixBytes + bytes.readUInt32LE(at + 8);
  if (end > bytes.length) return undefined;
  if (bytes.readUInt32LE(at + 4) !== crc32(bytes.subarray(at + 8, end), salt)) return undefined;
  return {
    sequence: Number(bytes.readBigUInt64LE(at + 16)),
    headLength: bytes.readUInt32LE(at + 12),
    payload: bytes.subarray(at + prefixBytes, end),
  };
}

function hasRecordBehind(bytes: Buffer, at: number, salt: number): boolean {
  for (let next = bytes.indexOf(recordMagic, at); next >= 0; next = bytes.indexOf(recordMagic, next + 1)) {
    if (next > at && next % alignment === 0 && recordAt(bytes, next, salt) !== undefined) return true;
  }
  return false;
}

function decodeChanges({ headLength, payload }: Found, path: string): Change[] {
  // A copy, as what is unpacked may keep views of it.
  const entries = unpack(new Uint8Array(payload.subarray(0, headLength))) as [string, string, unknown][];
  let at = headLength;
  const changes = entries.map(([table, key, value]): Change => {
    if (table !== "bytes") {
      return { table: table as Table, key, row: (value ?? undefined) as Rows[Table] | undefined } as Change;
    }
    if (value === null) return { table, key, bytes: undefined };
    const begin = at;
    at += value as number;
    // A copy, so that one value does not keep the whole segment in memory.
    return { table, key, bytes: new Uint8Array(payload.subarray(begin, at)) };
  });
  if (at !== payload.length) throw damaged(path, "a record's lengths do not add up");
  return changes;
}

function aligned(length: number): number {
  return Math.ceil(length / alignment) * alignment;
}
