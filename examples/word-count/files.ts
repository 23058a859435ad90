/** Finding texts and cutting them into chunks. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** The lines of one file that begin at a byte in [from, to). */
export interface Chunk {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/** Bytes of text that one task counts, about. */
const chunkBytes = 20_000;

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

export async function readChunk({ path, from, to }: Chunk): Promise<string[]> {
  const bytes = await readFile(path);
  const newline = 10;
  const begin = from === 0 ? 0 : bytes.indexOf(newline, from - 1) + 1;
  const end = bytes.indexOf(newline, to - 1) + 1;
  if (from > 0 && begin === 0) return []; // its only line began before this chunk
  return bytes.toString("utf8", begin, end === 0 ? bytes.length : end).split("\n");
}
