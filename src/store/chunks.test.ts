import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UserError } from "../base/errors.ts";
import { seededRandom } from "../base/random.ts";
import type { Change } from "../protocol/rows.ts";
import { chunkedBytesMin, cut, withChunks } from "./chunks.ts";
import { openFileStore } from "./file.ts";
import { emptyMedium, type Medium, openMemoryStore } from "./memory.ts";
import { storeContract } from "./store.contract.ts";

storeContract("file in chunks", async () => {
  const path = await mkdtemp(join(tmpdir(), "continua-chunks-"));
  const processes = { own: () => ({ pid: 1 }), isAlive: () => false };
  return {
    open: async () => withChunks(await openFileStore({ path, create: true, processes })),
    remove: () => rm(path, { recursive: true, force: true }),
  };
});

const pieces = { min: 16 * 1024, max: 256 * 1024, bits: 16 };

function noise(length: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  return new Uint8Array(length).map(() => Math.floor(random() * 256));
}

function kept(medium: Medium, kind: string): string[] {
  return [...medium.bytes.keys()].filter((key) => key.startsWith(`${kind}/`));
}

function snapshot(task: string, bytes: Uint8Array | undefined): Change {
  return { table: "bytes", key: `snapshot/${task}`, bytes };
}

/** A store whose writes are noted by their size. */
async function noted(medium: Medium) {
  const inner = await openMemoryStore({ medium });
  const sizes: number[] = [];
  const store = withChunks({
    term: inner.term,
    load: () => inner.load(),
    read: (key) => inner.read(key),
    values: (kind) => inner.values!(kind),
    close: () => inner.close(),
    write: (changes) => {
      sizes.push(changes.reduce((sum, c) => sum + (c.table === "bytes" ? (c.bytes?.length ?? 0) : 0), 0));
      return inner.write(changes);
    },
  });
  return { store, sizes };
}

test("chunks C4: bytes put in front, in the middle or behind change few chunks", () => {
  const bytes = noise(2_000_000, 1);
  const chunks = new Set([...cut(bytes, pieces)].map((chunk) => Buffer.from(chunk).toString("base64")));
  assert(chunks.size > 10, `${chunks.size} chunks`);
  for (const at of [0, 700_001, bytes.length]) {
    const changed = Buffer.concat([bytes.subarray(0, at), Buffer.from("something new"), bytes.subarray(at)]);
    const fresh = [...cut(changed, pieces)].filter(
      (chunk) => !chunks.has(Buffer.from(chunk).toString("base64")),
    );
    assert(fresh.length <= 3, `${fresh.length} of ${chunks.size} are new after a change at ${at}`);
    assert.equal(Buffer.compare(Buffer.concat([...cut(changed, pieces)]), changed), 0);
  }
  for (const length of [0, 1, 16_384, 300_000]) {
    assert.equal(Buffer.concat([...cut(new Uint8Array(length), pieces)]).length, length);
  }
});

test("chunks: a large value that has changed a little is written as little", async () => {
  const medium = emptyMedium();
  const { store, sizes } = await noted(medium);
  const bytes = noise(4_000_000, 2);
  await store.write([snapshot("r1", bytes)]);
  for (let i = 0; i < 5; i++) {
    const next = Uint8Array.from(bytes);
    next.set([i, i, i], 1_000_000 * (i % 3));
    await store.write([snapshot("r1", next)]);
    assert.deepEqual(await store.fetch?.("snapshot/r1"), next);
  }
  assert(sizes[0]! >= bytes.length);
  for (const size of sizes.slice(1)) assert(size < 600_000, `${size} bytes for three`);
  assert(kept(medium, "chunk").length < 150);
});

test("chunks C1, C2: whatever is written, values are what was written last, and chunks are those that they name", async () => {
  for (let seed = 0; seed < 15; seed++) {
    const random = seededRandom(seed);
    const medium = emptyMedium();
    let store = withChunks(await openMemoryStore({ medium }));
    const expected = new Map<string, Uint8Array>();
    const pieces = Array.from({ length: 4 }, (_, index) => noise(chunkedBytesMin / 2, 100 * seed + index));
    const value = (): Uint8Array | undefined => {
      const dice = random();
      if (dice < 0.2) return undefined;
      if (dice < 0.4) return noise(10, dice);
      const piece = () => pieces[Math.floor(random() * pieces.length)]!;
      return Buffer.concat([piece(), noise(5, dice), piece()]);
    };
    for (let step = 0; step < 12; step++) {
      const changes: Change[] = [];
      for (let count = 0; count < 3; count++) {
        const task = `r${Math.floor(random() * 3)}`;
        const bytes = value();
        changes.push(snapshot(task, bytes));
        if (bytes === undefined) expected.delete(task);
        else expected.set(task, bytes);
      }
      await store.write(changes);
      if (random() < 0.3) store = withChunks(await openMemoryStore({ medium }));
      for (const task of ["r0", "r1", "r2"]) {
        const found = await store.fetch?.(`snapshot/${task}`);
        const wanted = expected.get(task);
        assert.equal(found?.length, wanted?.length);
        if (wanted !== undefined) assert.equal(Buffer.compare(found!, wanted), 0);
      }
    }
    await store.write(["r0", "r1", "r2"].map((task) => snapshot(task, undefined)));
    assert.deepEqual([...medium.bytes.keys()], [], `seed ${seed}: nothing is left`);
  }
});

test("chunks: what decisions need is never in chunks", async () => {
  const medium = emptyMedium();
  const store = withChunks(await openMemoryStore({ medium }));
  const keys = ["bundle/v1", "outcome/r1", "completion/r1/1"];
  await store.write(keys.map((key) => ({ table: "bytes", key, bytes: noise(chunkedBytesMin * 2, 1) })));
  assert.deepEqual([...medium.bytes.keys()], keys);
});

test("chunks: one that is missing is an error that names the value", async () => {
  const medium = emptyMedium();
  const store = withChunks(await openMemoryStore({ medium }));
  await store.write([snapshot("r1", noise(chunkedBytesMin, 1))]);
  medium.bytes.delete(kept(medium, "chunk")[0]!);
  assert.throws(
    () => store.read("snapshot/r1"),
    (error) =>
      error instanceof UserError && /1 of \d+ chunks of snapshot\/r1 are missing/.test(error.message),
  );
});
