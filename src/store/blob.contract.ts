/** What everything that keeps blobs has to do (blobs.ts), as tests. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BlobStore } from "./blobs.ts";

/** One place, which can be opened again and again. */
interface Place {
  open(): Promise<BlobStore>;
  remove(): Promise<void>;
}

export function blobContract(name: string, makePlace: () => Promise<Place>): void {
  for (const [title, body] of Object.entries(clauses)) {
    test(`${name} blobs: ${title}`, async () => {
      const place = await makePlace();
      try {
        await body(place);
      } finally {
        await place.remove();
      }
    });
  }
}

const clauses: Readonly<Record<string, (place: Place) => Promise<void>>> = {
  "what has been put comes back, also after opening anew": async (place) => {
    const blobs = await place.open();
    const sizes = [0, 1, 70_000, 3_000_000];
    await Promise.all(sizes.map((size) => blobs.put(`size-${size}`, noise(size))));
    const look = async (opened: BlobStore) => {
      for (const size of sizes) {
        assert.equal(await opened.has(`size-${size}`), true);
        assert.equal(Buffer.compare((await opened.get(`size-${size}`))!, noise(size)), 0);
      }
      assert.deepEqual(await namesOf(opened), sizes.map((size) => `size-${size}`).sort());
    };
    await look(blobs);
    await blobs.close();
    const again = await place.open();
    await look(again);
    await again.close();
  },

  "what is not there": async (place) => {
    const blobs = await place.open();
    assert.equal(await blobs.get("nothing"), undefined);
    assert.equal(await blobs.has("nothing"), false);
    assert.deepEqual(await namesOf(blobs), []);
    await blobs.close();
  },

  "B4: what has been deleted is gone, and can be deleted again": async (place) => {
    const blobs = await place.open();
    await Promise.all([blobs.put("a", noise(5)), blobs.put("b", noise(6))]);
    await blobs.delete("a");
    await blobs.delete("a");
    await blobs.delete("c");
    assert.equal(await blobs.get("a"), undefined);
    assert.equal(await blobs.has("a"), false);
    assert.deepEqual(await namesOf(blobs), ["b"]);
    await blobs.close();
  },

  "B3: a repetition changes nothing": async (place) => {
    const blobs = await place.open();
    await blobs.put("a", noise(5));
    await blobs.put("a", noise(5));
    assert.deepEqual(await namesOf(blobs), ["a"]);
    assert.deepEqual(new Uint8Array((await blobs.get("a"))!), noise(5));
    await blobs.close();
  },

  "what is given may be changed afterwards, and what is answered, too": async (place) => {
    const blobs = await place.open();
    const bytes = noise(1_000);
    await blobs.put("a", bytes);
    bytes.fill(7);
    (await blobs.get("a"))!.fill(8);
    assert.deepEqual(new Uint8Array((await blobs.get("a"))!), noise(1_000));
    await blobs.close();
  },

  "many, at once": async (place) => {
    const blobs = await place.open();
    const names = Array.from({ length: 300 }, (_, index) => `n${index}`);
    await Promise.all(names.map((name, index) => blobs.put(name, noise(index))));
    assert.deepEqual(await namesOf(blobs), [...names].sort());
    const found = await Promise.all(names.map((name) => blobs.get(name)));
    assert.deepEqual(
      found.map((bytes) => bytes?.length),
      names.map((_, index) => index),
    );
    await Promise.all(names.map((name) => blobs.delete(name)));
    assert.deepEqual(await namesOf(blobs), []);
    await blobs.close();
  },
};

async function namesOf(blobs: BlobStore): Promise<string[]> {
  const names: string[] = [];
  for await (const name of blobs.names()) names.push(name);
  return names.sort();
}

function noise(length: number): Uint8Array {
  return new Uint8Array(length).map((_, index) => (index * 31 + (index >> 8) + length) & 255);
}
