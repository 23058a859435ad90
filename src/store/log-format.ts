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
import { pack, unpack } from "../protocol/pack.ts";
import type { Change, Rows, Table } from "../protocol/rows.ts";

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

export function encodeHeader({ term, number, salt }: SegmentHeader): Uint8Array {
  const bytes = Buffer.alloc(headerBytes);
  segmentMagic.copy(bytes);
  bytes.writeUInt32LE(number, 8);
  bytes.writeUInt32LE(salt, 12);
  bytes.writeBigUInt64LE(BigInt(term), 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
  return bytes;
}

/** Its length is a multiple of 8. */
export function encodeRecord(salt: number, sequence: number, changes: Iterable<Change>): Uint8Array {
  const entries: [table: string, key: string, value: unknown][] = [];
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (const change of changes) {
    if (change.table !== "bytes") entries.push([change.table, change.key, change.row ?? null]);
    else {
      entries.push(["bytes", change.key, change.bytes?.length ?? null]);
      if (change.bytes === undefined) continue;
      pieces.push(change.bytes);
      length += change.bytes.length;
    }
  }
  const head = pack(entries);
  const payload = head.length + length;
  const bytes = Buffer.alloc(aligned(prefixBytes + payload));
  recordMagic.copy(bytes);
  bytes.writeUInt32LE(payload, 8);
  bytes.writeUInt32LE(head.length, 12);
  bytes.writeBigUInt64LE(BigInt(sequence), 16);
  let at = prefixBytes;
  for (const piece of [head, ...pieces]) {
    bytes.set(piece, at);
    at += piece.length;
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(8, prefixBytes + payload), salt), 4);
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
