/**
 * The stories of the coordinator once more, with all that it keeps so heavy that it lies in blobs: after each command these are the blobs of what live checkpoints, arguments, answers,
 * shared values and kept checkpoints lead to, and no others (design H16).
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { seededRandom } from "../../src/base/random.ts";
import type { RunImage } from "../../src/coordinator/index.ts";
import { pack, unpack } from "../../src/protocol/pack.ts";
import type { Change } from "../../src/protocol/rows.ts";
import { openMemoryBlobs } from "../../src/store/blob-memory.ts";
import { chunkedBytesMin, withChunks } from "../../src/store/chunks.ts";
import { openMemoryStore } from "../../src/store/memory.ts";
import { Outside } from "../../src/store/outside.ts";
import type { Store } from "../../src/store/store.ts";
import { commandsIn, Harness, pathOf, transcripts } from "./coordinator-harness.ts";

const heavy = new Map<string, Uint8Array>();

/** The same for the same text, and nothing that another one has. */
function heavyOf(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(bytes);
  let found = heavy.get(text);
  if (found === undefined) {
    const random = seededRandom([...text].reduce((hash, each) => (hash * 31 + each.charCodeAt(0)) | 0, 7));
    found = Uint8Array.from({ length: chunkedBytesMin + 1_000 }, () => Math.floor(random() * 256));
    heavy.set(text, found);
  }
  return found;
}

function asHeavy(change: Change): Change {
  if (change.table !== "bytes" || change.bytes === undefined) return change;
  if (!change.key.startsWith("kept/")) return { ...change, bytes: heavyOf(change.bytes) };
  const image = unpack(change.bytes) as RunImage;
  const bytes = image.bytes.map(([key, each]) => [key, heavyOf(each)] as const);
  return { ...change, bytes: pack({ ...image, bytes }) };
}

async function openWith(blobs: Map<string, Uint8Array>): Promise<Store> {
  const store = await openMemoryStore();
  return withChunks(store, (isNamed) => new Outside(store, openMemoryBlobs(blobs), isNamed));
}

/** Hashes of what lies in blobs when this, and nothing else, has ever been written. */
async function blobsOf(changes: Iterable<Change>): Promise<Set<string>> {
  const blobs = new Map<string, Uint8Array>();
  const store = await openWith(blobs);
  await store.write([...changes]);
  await store.close();
  return hashes(blobs);
}

function hashes(blobs: ReadonlyMap<string, Uint8Array>): Set<string> {
  return new Set([...blobs.keys()].map((name) => name.split("-")[0]!).sort());
}

/** What a deletion takes in memory. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const told = /fork|kept|upgrade|shared|retention|happy|cycles|restart/;

for (const name of transcripts().filter((each) => told.test(each))) {
  test(`blobs are those of what can be reached: ${name}`, async () => {
    const harness = new Harness();
    const blobs = new Map<string, Uint8Array>();
    const store = await openWith(blobs);
    let most = 0;
    for (const block of readFileSync(pathOf(name), "utf8").trimEnd().split(/\n\n+/)) {
      const lines = block.split("\n");
      const end = lines.indexOf("----");
      for (const { text, effects } of commandsIn(end < 0 ? lines : lines.slice(0, end))) {
        const before = new Map(harness.stored);
        harness.run(text, effects);
        const after = harness.stored;
        const changes = [...after].filter(([key, change]) => before.get(key) !== change);
        const gone = [...before].filter(([key]) => !after.has(key));
        await store.write([
          ...changes.map(([, change]) => asHeavy(change)),
          ...gone.map(([, change]) => goneOf(change)),
        ]);
        await turn();
        const wanted = await blobsOf([...after.values()].map(asHeavy));
        assert.deepEqual(hashes(blobs), wanted, text);
        most = Math.max(most, wanted.size);
      }
    }
    assert(most > 0, "something has been in blobs");
    await store.close();
  });
}

function goneOf(change: Change): Change {
  return change.table === "bytes"
    ? { table: "bytes", key: change.key, bytes: undefined }
    : ({ ...change, row: undefined } as Change);
}
