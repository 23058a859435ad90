/**
 * The write-ahead log of a directory: what makes a group of changes durable, until the tree has it.
 *
 * Owns: the segments of one owner (`log-TERM-NUMBER`), from their creation to their removal. Talks to: the file system.
 *
 * L1. `append` ends after the record is flushed, and after a look whether the segment still has its name. A later owner renames all
 *     segments before it reads them ({@link takeSegments}); so it has read whatever an earlier one was told to be durable, and an earlier
 *     one is told of nothing that the later has not read.
 * L2. A segment is filled with zeros ahead of its records, and when the tree has them it is written anew from its beginning: a flush
 *     then has no new length to write down, which a third of its time would go into (docs/internals/measurements.md). Its header is replaced,
 *     with a salt of its own, and flushed before the first new record: so what is left of earlier records is none.
 * L3. A flush is made in place, in the server's thread, while the disk answers fast enough: for a lone task that is a third less latency
 *     than the thread pool, and what comes meanwhile goes into the next record together. On a slow disk, for large records, and
 *     where nobody waits for it, the thread pool does it, so that the server can decide meanwhile.
 * L4. After a failed write or flush nothing more is written: what the file holds then is unknown.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  ftruncate,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
  write as writeWithCallback,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Change } from "../protocol/rows.ts";
import { keepName } from "./directory.ts";
import {
  damaged,
  decodeSegment,
  encodeHeader,
  headerBytes,
  type LogRecord,
  type RecordPart,
  RecordWriter,
} from "./log-format.ts";
import { FencedError } from "./store.ts";

const flush = promisify(fdatasync);
const truncate = promisify(ftruncate);
const writeAt = promisify(writeWithCallback);

/** Zeros ahead of the records: as many as there is already, within these bounds. */
const fillBytes = { min: 48 * 1024, max: 256 * 1024 } as const;
const zeros = Buffer.alloc(fillBytes.min);
/** What a record has beyond that is written by the thread pool. */
const inPlaceBytesMax = 256 * 1024;
/** As long as flushes take less than this, waiting for them in place costs less than the way to the thread pool and back. */
const inPlaceMsMax = 1;

export interface Open {
  readonly path: string;
  readonly file: number;
  salt: number;
  /** Where the next record goes. */
  end: number;
  /** Up to where the file has a length. */
  filled: number;
}

export class Log {
  readonly #folder: string;
  readonly #term: number;
  readonly #owned: () => boolean;
  #segment: Open | undefined;
  /** One that the tree has, with a new header. */
  #spare: Open | undefined;
  readonly #files = new Set<Open>();
  /** Of the last segment, and of the last file. */
  #number = 0;
  #fileNumber = 0;
  #sequence = 0;
  readonly #record = new RecordWriter();
  /** What a flush takes of late. */
  #flushMs = 0;

  /** @param owned whether the directory still belongs to this term; asked when a segment is created. */
  constructor(folder: string, term: number, owned: () => boolean) {
    this.#folder = folder;
    this.#term = term;
    this.#owned = owned;
  }

  /** Number of the last record. */
  get sequence(): number {
    return this.#sequence;
  }

  get isEmpty(): boolean {
    return this.#segment === undefined;
  }

  /** Of the segment that is being written. */
  get bytes(): number {
    return this.#segment?.end ?? 0;
  }

  /** Ends durable; at once where that can be (L3). @throws {FencedError} if another owner has come. */
  append(changes: readonly Change[], unhurried = false): Promise<void> | undefined {
    const segment = this.#begin();
    const parts = this.#record.parts(segment.salt, ++this.#sequence, changes);
    const began = performance.now();
    let written = 0;
    while (!unhurried && this.#flushMs <= inPlaceMsMax && written < inPlaceBytesMax) {
      const next = parts.next();
      if (next.done) {
        for (const part of this.#grow(segment, next.value)) writeWhole(segment.file, part, 0);
        fdatasyncSync(segment.file);
        this.#flushed(segment, began);
        return undefined;
      }
      writeWhole(segment.file, next.value, segment.end);
      written += next.value.bytes.length;
    }
    return this.#appendLater(segment, parts, unhurried ? undefined : began);
  }

  /** Ends the segment, so that the next record begins another; undefined: there is none. */
  roll(): Open | undefined {
    const segment = this.#segment;
    this.#segment = undefined;
    return segment;
  }

  /** The tree has what was in it, flushed (L2). */
  async reuse(segment: Open): Promise<void> {
    if (this.#spare !== undefined) {
      this.#remove(segment);
      return;
    }
    segment.salt = randomBytes(4).readUInt32LE();
    segment.end = headerBytes;
    if (segment.filled > fillBytes.min) {
      await truncate(segment.file, fillBytes.min);
      segment.filled = fillBytes.min;
    }
    const header = encodeHeader({ term: this.#term, number: ++this.#number, salt: segment.salt });
    await writeAt(segment.file, header, 0, header.length, 0);
    await flush(segment.file);
    this.#spare = segment;
  }

  /** `remove`: the tree has everything. */
  close({ remove }: { readonly remove: boolean }): void {
    for (const segment of this.#files) {
      if (remove) this.#remove(segment);
      else closeSync(segment.file);
    }
    this.#files.clear();
    this.#segment = undefined;
    this.#spare = undefined;
  }

  #remove(segment: Open): void {
    this.#files.delete(segment);
    closeSync(segment.file);
    rmSync(segment.path, { force: true });
  }

  #begin(): Open {
    if (this.#segment !== undefined) return this.#segment;
    this.#segment = this.#spare ?? this.#create();
    this.#spare = undefined;
    return this.#segment;
  }

  /** `began`: when, if it tells how fast the disk is. */
  async #appendLater(
    segment: Open,
    parts: Generator<RecordPart, number>,
    began: number | undefined,
  ): Promise<void> {
    let next = parts.next();
    for (; !next.done; next = parts.next()) await writeWholeLater(segment.file, next.value, segment.end);
    for (const part of this.#grow(segment, next.value)) await writeWholeLater(segment.file, part, 0);
    await flush(segment.file);
    this.#flushed(segment, began);
  }

  /** The record is in the file. Answers zeros to be written behind it; none behind a large one, which would not gain by them. */
  *#grow(segment: Open, length: number): Iterable<RecordPart> {
    const { end, filled } = segment;
    segment.end = end + length;
    if (segment.end <= filled) return;
    const step = Math.min(Math.max(end, fillBytes.min), fillBytes.max);
    segment.filled = length >= fillBytes.max ? segment.end : Math.ceil(segment.end / step) * step;
    for (let at = segment.end; at < segment.filled; at += zeros.length) {
      yield { at, bytes: zeros.subarray(0, segment.filled - at) };
    }
  }

  #flushed(segment: Open, began: number | undefined): void {
    // One slow flush among fast ones does not count for much.
    if (began !== undefined) this.#flushMs += (performance.now() - began - this.#flushMs) / 8;
    if (!existsSync(segment.path)) throw fenced(this.#folder);
  }

  #create(): Open {
    this.#number++;
    const path = join(this.#folder, `log-${this.#term}-${++this.#fileNumber}`);
    const salt = randomBytes(4).readUInt32LE();
    const file = openSync(path, "wx");
    writeWhole(file, { at: 0, bytes: zeros }, 0);
    writeWhole(file, { at: 0, bytes: encodeHeader({ term: this.#term, number: this.#number, salt }) }, 0);
    fdatasyncSync(file);
    keepName(this.#folder);
    // After the name is there: an owner that comes later than this look finds the segment.
    if (!this.#owned()) {
      closeSync(file);
      rmSync(path, { force: true });
      throw fenced(this.#folder);
    }
    const segment: Open = { path, file, salt, end: headerBytes, filled: fillBytes.min };
    this.#files.add(segment);
    return segment;
  }
}

function writeWhole(file: number, { at, bytes }: RecordPart, from: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, from + at + done);
  }
}

async function writeWholeLater(file: number, { at, bytes }: RecordPart, from: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const written = await writeAt(file, bytes, done, bytes.length - done, from + at + done);
    done += written.bytesWritten;
  }
}

function fenced(folder: string): FencedError {
  return new FencedError(`another process has taken over the state in ${folder}`);
}

/** What earlier owners left. */
export interface Taken {
  readonly paths: readonly string[];
  /** Of all segments, in order, without those up to `applied`. */
  readonly records: readonly LogRecord[];
}

/** Up to where the tree has what the log had: all of the terms before, and of this one the records up to `sequence`. */
export interface Applied {
  readonly term: number;
  readonly sequence: number;
}

const segmentName = /^(?:log|old)-(\d+)-(\d+)$/;

export function hasSegments(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => segmentName.test(name));
}

/**
 * Takes the segments of earlier owners away from them and reads them (L1).
 * @throws {UserError} if something that was durable is missing.
 */
export function takeSegments(folder: string, applied: Applied): Taken {
  const found = readdirSync(folder).flatMap((name) => {
    const term = segmentName.exec(name)?.[1];
    if (term === undefined) return [];
    const path = join(folder, name.replace(/^log/, "old"));
    if (!name.startsWith("old")) renameSync(join(folder, name), path);
    return [{ path, term: Number(term) }];
  });
  const segments = found
    // The tree has everything of earlier terms, whatever has become of it.
    .filter(({ term }) => term >= applied.term)
    .flatMap(({ path }) => {
      const segment = decodeSegment(readFileSync(path), path);
      return segment === undefined ? [] : [{ path, ...segment }];
    })
    .sort((a, b) => a.term - b.term || a.number - b.number);
  const records: LogRecord[] = [];
  let last = applied;
  for (const { path, term, records: own } of segments) {
    if (term > last.term) last = { term, sequence: 0 };
    for (const record of own) {
      if (record.sequence <= last.sequence) continue;
      if (record.sequence > last.sequence + 1) throw damaged(path, `record ${last.sequence + 1} is missing`);
      last = { term, sequence: record.sequence };
      records.push(record);
    }
  }
  return { paths: found.map(({ path }) => path), records };
}
