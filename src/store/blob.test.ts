import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UserError } from "../base/errors.ts";
import { blobContract } from "./blob.contract.ts";
import { openDirectoryBlobs } from "./blob-directory.ts";
import { openMemoryBlobs } from "./blob-memory.ts";

blobContract("memory", async () => {
  const blobs = new Map<string, Uint8Array>();
  return { open: async () => openMemoryBlobs(blobs), remove: async () => {} };
});

async function folder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "continua-blobs-"));
}

blobContract("directory", async () => {
  const path = await folder();
  return {
    open: () => openDirectoryBlobs(join(path, "a", "b")),
    remove: () => rm(path, { recursive: true, force: true }),
  };
});

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const path = await folder();
  try {
    await body(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

test("directory B5: what a death has left unfinished is no blob, has a name, and can be deleted", () =>
  inFolder(async (path) => {
    await writeFile(join(path, "cut.part"), "half");
    const blobs = await openDirectoryBlobs(path);
    assert.equal(await blobs.has("cut"), false);
    assert.equal(await blobs.get("cut"), undefined);
    const names: string[] = [];
    for await (const name of blobs.names()) names.push(name);
    assert.deepEqual(names, ["cut"]);
    await blobs.delete("cut");
    assert.deepEqual(await readdir(path), []);
  }));

test("directory: one that has become empty is gone after its owner, one that has not is there", () =>
  inFolder(async (path) => {
    const empty = join(path, "empty");
    const full = join(path, "full");
    await (await openDirectoryBlobs(empty)).close();
    const blobs = await openDirectoryBlobs(full);
    await blobs.put("a", new Uint8Array([1]));
    await blobs.close();
    assert.deepEqual(await readdir(path), ["full"]);
  }));

test("directory: a place that is none is refused by name", () =>
  inFolder(async (path) => {
    const file = join(path, "file");
    await writeFile(file, "");
    for (const place of [file, join(file, "below")]) {
      await assert.rejects(openDirectoryBlobs(place), (error) => {
        assert(error instanceof UserError, String(error));
        assert(error.message.includes(place), error.message);
        return true;
      });
    }
    await mkdir(join(path, "gone"));
    const blobs = await openDirectoryBlobs(join(path, "gone"));
    await rm(join(path, "gone"), { recursive: true });
    await assert.rejects(blobs.put("a", new Uint8Array([1])), UserError);
  }));
