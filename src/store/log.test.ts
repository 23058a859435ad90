import assert from "node:assert/strict";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UserError } from "../base/errors.ts";
import type { TaskId } from "../base/ids.ts";
import { pack } from "../protocol/pack.ts";
import type { Change } from "../protocol/rows.ts";
import { Log, takeSegments } from "./log.ts";
import { decodeSegment, encodeHeader, headerBytes, RecordWriter } from "./log-format.ts";

const salt = 77;

function changes(sequence: number): Change[] {
  return [
    { table: "bytes", key: "snapshot/größe", bytes: new Uint8Array(21).fill(sequence) },
    { table: "timer", key: `r1/${sequence}`, row: { task: "r1" as TaskId, effect: sequence, dueAt: 1.5 } },
    { table: "timer", key: `r1/${sequence - 1}`, row: undefined },
    { table: "bytes", key: "completion/r1/1", bytes: undefined },
    { table: "bytes", key: "outcome/r1", bytes: new Uint8Array(0) },
  ];
}

const writer = new RecordWriter();

/** A record as it is in a file, up to where the next one begins. */
function encodeRecord(salt: number, sequence: number, changes: readonly Change[]): Buffer {
  const pieces: { at: number; bytes: Uint8Array }[] = [];
  const parts = writer.parts(salt, sequence, changes);
  let next = parts.next();
  for (; !next.done; next = parts.next())
    pieces.push({ at: next.value.at, bytes: new Uint8Array(next.value.bytes) });
  const record = Buffer.alloc(next.value);
  for (const { at, bytes } of pieces) record.set(bytes, at);
  return record;
}

interface Made {
  readonly bytes: Buffer;
  /** Where each record begins, and the last one ends. */
  readonly at: number[];
}

/** Records `first` to `last`, and zeros behind them, as a segment has them. */
function segment(first: number, last: number, header = { term: 1, number: 1, salt }): Made {
  const pieces = [encodeHeader(header)];
  const at = [headerBytes];
  for (let sequence = first; sequence <= last; sequence++) {
    const record = encodeRecord(header.salt, sequence, changes(sequence));
    pieces.push(record);
    at.push(at.at(-1)! + record.length);
  }
  return { bytes: Buffer.concat([...pieces, Buffer.alloc(200)]), at };
}

function sequences(bytes: Buffer): number[] | undefined {
  return decodeSegment(bytes, "log")?.records.map(({ sequence }) => sequence);
}

test("log format: records come back as they were written", () => {
  const { bytes } = segment(4, 6);
  const read = decodeSegment(bytes, "log");
  assert.deepEqual([read?.term, read?.number], [1, 1]);
  assert.deepEqual(
    read?.records,
    [4, 5, 6].map((sequence) => ({ sequence, changes: changes(sequence) })),
  );
});

test("log format G1, G2: a last record that is torn anywhere is not there, and the others are", () => {
  const { bytes, at } = segment(1, 3);
  for (let cut = at[2]!; cut < at[3]!; cut++) {
    // The file ends there, or it has a length and what was behind has not reached the disk.
    const short = Buffer.from(bytes.subarray(0, cut));
    const zeros = Buffer.concat([short, Buffer.alloc(300)]);
    for (const torn of [short, zeros]) {
      const found = sequences(torn);
      // The end of a record may be zeros of its own.
      const whole = found?.length === 3 && bytes.subarray(cut, at[3]).every((byte) => byte === 0);
      if (!whole) assert.deepEqual(found, [1, 2], `cut at ${cut}`);
    }
    // Its end is there and its beginning is not.
    const headless = Buffer.from(bytes);
    headless.fill(0, at[2], cut + 1);
    assert.deepEqual(sequences(headless), [1, 2]);
  }
});

test("log format G1: no bit of a record can change unnoticed", () => {
  const { bytes, at } = segment(1, 2);
  const end = at[1]! + 24 + bytes.readUInt32LE(at[1]! + 8);
  for (let bit = at[1]! * 8; bit < end * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    assert.deepEqual(sequences(flipped), [1], `bit ${bit}`);
  }
});

test("log format G3: damage before the last record is an error, whichever byte it is", () => {
  const { bytes, at } = segment(1, 3);
  const end = at[1]! + 24 + bytes.readUInt32LE(at[1]! + 8);
  for (let byte = at[1]!; byte < end; byte++) {
    const changed = Buffer.from(bytes);
    changed[byte]! ^= 0x5a;
    assert.throws(
      () => sequences(changed),
      (error) => error instanceof UserError && /^log is damaged .*no record/.test(error.message),
      `byte ${byte}`,
    );
  }
  for (let byte = 0; byte < headerBytes; byte++) {
    const changed = Buffer.from(bytes);
    changed[byte]! ^= 0x5a;
    assert.throws(() => sequences(changed), /does not begin as a log/, `byte ${byte}`);
  }
});

test("log format: a record of another segment is no record here", () => {
  const { bytes, at } = segment(1, 2);
  const other = encodeRecord(salt + 1, 3, changes(3));
  other.forEach((byte, index) => {
    bytes[at[2]! + index] = byte;
  });
  assert.deepEqual(sequences(Buffer.concat([bytes, Buffer.from(other)])), [1, 2]);
});

test("log format: records of many parts come back, wherever one part ends", () => {
  const part = 64 * 1024;
  const row = (size: number): Change => ({
    table: "line",
    key: "x".repeat(size),
    row: { at: 1, task: "r1" as TaskId, name: "f", lines: [] },
  });
  const value = (size: number): Change => ({ table: "bytes", key: "outcome/r1", bytes: filled(size) });
  const filled = (size: number) => Uint8Array.from({ length: size }, (_, at) => at * 7 + (at >> 8));
  const sizes = [0, 1, part - 100, part - 1, part, part + 1, 2 * part, 3 * part + 5];
  const kinds: ((size: number) => Change[])[] = [
    (size) => [row(size)],
    (size) => [value(size)],
    (size) => [row(size), value(size), row(9), value(size + 1), value(3)],
    (size) => [...Array.from({ length: 3_000 }, (_, at) => row(at % 50)), value(size), row(size)],
  ];
  for (const kind of kinds) {
    for (const size of [...sizes, ...Array.from({ length: 40 }, (_, at) => part - 90 + at)]) {
      const first = kind(size);
      const bytes = Buffer.concat([
        encodeHeader({ term: 1, number: 1, salt }),
        encodeRecord(salt, 1, first),
        encodeRecord(salt, 2, changes(2)),
      ]);
      assert.deepEqual(decodeSegment(bytes, "log")?.records, [
        { sequence: 1, changes: first },
        { sequence: 2, changes: changes(2) },
      ]);
    }
  }
});

test("log format: what is only begun has no records", () => {
  assert.equal(decodeSegment(Buffer.alloc(0), "log"), undefined);
  assert.equal(decodeSegment(Buffer.alloc(300), "log"), undefined);
  assert.equal(decodeSegment(segment(1, 0).bytes.subarray(0, 20), "log"), undefined);
  assert.deepEqual(sequences(segment(1, 0).bytes), []);
});

function inFolder(body: (path: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const path = mkdtempSync(join(tmpdir(), "continua-log-"));
    try {
      await body(path);
    } finally {
      rmSync(path, { recursive: true });
    }
  };
}

const none = { term: 0, sequence: 0 };

test(
  "log L1: segments are taken away and read in order; what the tree has is left out",
  inFolder((path) => {
    writeFileSync(join(path, "log-1-10"), segment(4, 5, { term: 1, number: 10, salt: 1 }).bytes);
    writeFileSync(join(path, "log-1-9"), segment(1, 3, { term: 1, number: 9, salt: 2 }).bytes);
    writeFileSync(join(path, "log-2-1"), segment(1, 2, { term: 2, number: 1, salt: 3 }).bytes);
    const read = (applied: typeof none) =>
      takeSegments(path, applied).records.map(({ sequence }) => sequence);
    assert.deepEqual(read(none), [1, 2, 3, 4, 5, 1, 2]);
    assert.deepEqual(readdirSync(path).sort(), ["old-1-10", "old-1-9", "old-2-1"]);
    assert.deepEqual(read({ term: 1, sequence: 4 }), [5, 1, 2]);
    assert.deepEqual(read({ term: 2, sequence: 1 }), [2]);
    assert.deepEqual(read({ term: 3, sequence: 0 }), []);
  }),
);

test(
  "log G3: a segment that is missing, or whose end is, is an error",
  inFolder((path) => {
    const second = join(path, "log-1-2");
    writeFileSync(second, segment(4, 5, { term: 1, number: 2, salt: 1 }).bytes);
    assert.throws(() => takeSegments(path, none), /old-1-2 is damaged \(record 1 is missing\)/);
    const first = segment(1, 3);
    writeFileSync(join(path, "log-1-1"), first.bytes.subarray(0, first.at[3]! - 10));
    assert.throws(() => takeSegments(path, none), /old-1-2 is damaged \(record 3 is missing\)/);
  }),
);

test(
  "log: whatever is copied off the disk at any moment has all that was durable then",
  inFolder(async (path) => {
    const log = new Log(path, 3, () => true);
    const copy = join(path, "copy");
    let written = 0;
    for (const size of [10, 300_000, 20, 700_000, 90_000, 90_000, 90_000, 5]) {
      await log.append([{ table: "bytes", key: "k", bytes: new Uint8Array(size).fill(1) }], size === 20);
      written++;
      assert.equal(log.sequence, written);
      copyFileSync(join(path, "log-3-1"), copy);
      const read = decodeSegment(readFileSync(copy), copy);
      assert.equal(read?.records.length, written);
      const last = read?.records.at(-1)?.changes[0];
      assert.deepEqual(last?.table === "bytes" && last.bytes?.length, size);
    }
    const rolled = log.roll()!;
    await log.append(changes(9));
    assert.equal(decodeSegment(readFileSync(join(path, "log-3-2")), "")?.records[0]?.sequence, ++written);
    await log.reuse(rolled);
    log.close({ remove: true });
    assert.deepEqual(readdirSync(path), ["copy"]);
  }),
);

test(
  "log L3: what nobody waits for is flushed while the thread goes on",
  inFolder(async (path) => {
    const log = new Log(path, 1, () => true);
    for (let number = 1; number <= 3; number++) {
      const written = log.append(changes(number), true);
      assert.ok(written !== undefined);
      await written;
      assert.equal(decodeSegment(readFileSync(join(path, "log-1-1")), "log")?.records.length, number);
    }
    log.close({ remove: true });
  }),
);

test(
  "log L3: what is packed while a large record is being written makes no difference to it",
  inFolder(async (path) => {
    const log = new Log(path, 1, () => true);
    const large = Array.from({ length: 20_000 }, (_, at) => changes(at)).flat();
    const written = log.append(large);
    assert.ok(written !== undefined, "it is written by the thread pool");
    let isWritten = false;
    void written.then(() => {
      isWritten = true;
    });
    while (!isWritten) {
      pack("x".repeat(2_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(decodeSegment(readFileSync(join(path, "log-1-1")), "log")?.records[0]?.changes, large);
    log.close({ remove: true });
  }),
);

test(
  "log L2: files are written anew in turns, and what was in them before is nowhere among the records",
  inFolder(async (path) => {
    const log = new Log(path, 1, () => true);
    const expected: number[] = [];
    let applied = { term: 1, sequence: 0 };
    for (let round = 0; round < 9; round++) {
      // Shorter and longer than what the file had.
      for (let i = 0; i < [7, 2, 5, 40][round % 4]!; i++) {
        await log.append(changes(log.sequence + 1));
        expected.push(log.sequence);
      }
      const copy = join(path, "copy");
      mkdirSync(copy);
      for (const name of readdirSync(path)) {
        if (name !== "copy") copyFileSync(join(path, name), join(copy, name));
      }
      const { paths, records } = takeSegments(copy, applied);
      assert(paths.length <= 2);
      assert.deepEqual(
        records,
        expected.map((sequence) => ({ sequence, changes: changes(sequence) })),
      );
      rmSync(copy, { recursive: true });
      if (round % 3 === 1) continue;
      const segment = log.roll()!;
      applied = { term: 1, sequence: log.sequence };
      expected.length = 0;
      await log.reuse(segment);
    }
    log.close({ remove: false });
  }),
);
