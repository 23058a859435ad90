/** Finding texts and cutting them into chunks. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** The lines of one file that begin at a byte in [from, to). */
export interface Chunk {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/** Bytes of text that one task counts, about. */
const chunkBytes = 20_000;
const newline = 0x0a;

/** The files among `paths`, and the .md and .txt files below the folders among them; links are not followed. */
export async function textFiles(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if ((await stat(path)).isFile()) found.push(path);
    else await search(path, found);
  }
  return [...new Set(found)].sort();
}

async function search(folder: string, found: string[]): Promise<void> {
  const entries = (await readdir(folder, { withFileTypes: true })).map((entry) => ({
    path: join(folder, entry.name),
    isFolder: entry.isDirectory(),
    isText: entry.isFile() && /\.(md|txt)$/.test(entry.name),
  }));
  for (const { path, isFolder, isText } of entries) {
    if (isFolder) await search(path, found);
    else if (isText) found.push(path);
  }
}

export async function chunksOf(files: readonly string[]): Promise<Chunk[]> {
  const sizes = await Promise.all(files.map(async (path) => ({ path, size: (await stat(path)).size })));
  return sizes.flatMap(({ path, size }) => {
    const pieces = Math.max(1, Math.round(size / chunkBytes));
    const bytes = Math.ceil((size + 1) / pieces);
    return Array.from({ length: pieces }, (_, n) => ({ path, from: n * bytes, to: (n + 1) * bytes }));
  });
}

/** Reads no more of the file than the chunk and the end of its last line. */
export async function readChunk({ path, from, to }: Chunk): Promise<string[]> {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const begin = from === 0 ? 0 : lineAfter(file, from - 1, size);
    const end = lineAfter(file, to - 1, size);
    return begin < end ? readBytes(file, begin, end).toString("utf8").split("\n") : [];
  } finally {
    closeSync(file);
  }
}

/** Where the first line begins that begins behind `position`. */
function lineAfter(file: number, position: number, size: number): number {
  for (let at = position; at < size; ) {
    const bytes = readBytes(file, at, Math.min(size, at + 4_096));
    const found = bytes.indexOf(newline);
    if (found >= 0) return at + found + 1;
    at += bytes.length;
  }
  return size;
}

function readBytes(file: number, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from);
  return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
}
