/**
 * Blobs as files of a directory: one for each, under its name.
 *
 * Owns: the directory. Talks to: the file system.
 *
 * B1, B2. A blob is written under another name, flushed, given its own by a rename, and the directory is flushed: only then it is there for good.
 *    Of several puts at a time the directory is flushed once.
 * B5. What has the other name when its writer dies is `names`' and `delete`'s, too.
 */
import { constants } from "node:fs";
import { access, mkdir, open, readdir, readFile, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../base/errors.ts";
import type { BlobStore } from "./blobs.ts";
import { storeError } from "./directory.ts";

const unfinished = ".part";

/** @throws {UserError} if `path` cannot be made or written to. */
export async function openDirectoryBlobs(path: string): Promise<BlobStore> {
  try {
    await makeFolder(path);
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw blobError(error, path);
  }
  return new DirectoryBlobs(path);
}

/** And the names of all that had to be made are flushed, the outermost first. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await flushFolder(dirname(made));
}

class DirectoryBlobs implements BlobStore {
  readonly shown: string;
  /** The flush of the directory that is under way, and the one after it. */
  #flush: Promise<void> | undefined;
  #nextFlush: Promise<void> | undefined;

  constructor(path: string) {
    this.shown = path;
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.#pathOf(name);
    try {
      const file = await open(path + unfinished, "w");
      try {
        await file.writeFile(bytes);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(path + unfinished, path);
      await this.#keepNames();
    } catch (error) {
      throw blobError(error, this.shown);
    }
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.#pathOf(name));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw blobError(error, this.shown);
    }
  }

  async has(name: string): Promise<boolean> {
    try {
      await access(this.#pathOf(name), constants.R_OK);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw blobError(error, this.shown);
    }
  }

  async delete(name: string): Promise<void> {
    const path = this.#pathOf(name);
    await rm(path + unfinished, { force: true });
    await rm(path, { force: true });
  }

  async *names(): AsyncIterable<string> {
    const names = await readdir(this.shown).catch((error: unknown) => {
      throw blobError(error, this.shown);
    });
    for (const name of names) yield name.endsWith(unfinished) ? name.slice(0, -unfinished.length) : name;
  }

  async close(): Promise<void> {
    // Only if it is empty; the next owner makes it anew.
    await rmdir(this.shown).catch(() => {});
  }

  #pathOf(name: string): string {
    return join(this.shown, name);
  }

  /** Ends after a flush that began after the call. */
  #keepNames(): Promise<void> {
    if (this.#flush === undefined) return this.#beginFlush();
    this.#nextFlush ??= this.#flush
      .catch(() => {})
      .then(() => {
        this.#nextFlush = undefined;
        return this.#beginFlush();
      });
    return this.#nextFlush;
  }

  #beginFlush(): Promise<void> {
    this.#flush = flushFolder(this.shown).finally(() => {
      this.#flush = undefined;
    });
    return this.#flush;
  }
}

async function flushFolder(path: string): Promise<void> {
  // Windows has no such thing, and does not open directories.
  if (process.platform === "win32") return;
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

function blobError(error: unknown, path: string): Error {
  if (error instanceof UserError) return error;
  if ((error as NodeJS.ErrnoException).code === "EEXIST")
    return new UserError(`--blobs ${path} is a file: give a directory`, { cause: error });
  return storeError(error, path);
}
