/** Finding texts, cutting them into pieces of work, and reading the lines of a piece. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** The lines of one file that begin at a byte in [from, to). */
export interface Piece {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

export interface PieceText {
  readonly bytes: number;
  readonly lines: readonly string[];
  /** As many lines of context as were asked for, where there are so many. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Bytes that one task searches, about. */
const jobBytes = 2_000_000;
const newline = 0x0a;
const texts = /\.(md|txt|ts|js|mjs|cjs|json|csv|html|css|log|eml)$/;

/** The files among `paths`, and the texts below the folders among them; links are not followed. */
export async function sourceFiles(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const folders: string[] = [];
  for (const path of paths) ((await stat(path)).isFile() ? found : folders).push(path);
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile() && texts.test(entry.name)) found.push(path);
    }
  }
  return [...new Set(found)].sort();
}

/** Jobs of about the same size, in the order of the files: small files together, large ones in pieces. */
export async function piecesOf(files: readonly string[]): Promise<Piece[][]> {
  const jobs: Piece[][] = [];
  let job: Piece[] = [];
  let room = jobBytes;
  for (const path of files) {
    const { size } = await stat(path);
    for (let from = 0; from === 0 || from < size; ) {
      const to = Math.min(size, from + Math.max(room, 1));
      job.push({ path, from, to });
      room -= to - from;
      from = Math.max(to, 1);
      if (room > 0) continue;
      jobs.push(job);
      job = [];
      room = jobBytes;
    }
  }
  if (job.length > 0) jobs.push(job);
  return jobs;
}

export function readPiece({ path, from, to }: Piece, context: number): PieceText {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    // Lines that begin before the piece and end in it are another's; those that begin in it are followed to their end.
    const begin = from === 0 ? 0 : lineAfter(file, from - 1, size);
    const end = lineAfter(file, Math.max(to - 1, 0), size);
    const lines = begin < end ? splitLines(readBytes(file, begin, end)) : [];
    return {
      bytes: to - from,
      lines,
      before: linesBefore(file, begin, context),
      after: linesAfter(file, Math.max(begin, end), size, context),
    };
  } finally {
    closeSync(file);
  }
}

/** Where the first line begins that begins behind `position`. */
function lineAfter(file: number, position: number, size: number): number {
  for (let at = position; at < size; ) {
    const bytes = readBytes(file, at, Math.min(size, at + 65_536));
    const found = bytes.indexOf(newline);
    if (found >= 0) return at + found + 1;
    at += bytes.length;
  }
  return size;
}

function linesBefore(file: number, end: number, count: number): string[] {
  if (count === 0 || end === 0) return [];
  for (let bytes = 4_096; ; bytes *= 2) {
    const from = Math.max(0, end - bytes);
    const lines = splitLines(readBytes(file, from, end));
    // The first line may lack its beginning.
    if (lines.length > count || from === 0) return lines.slice(-count);
  }
}

function linesAfter(file: number, begin: number, size: number, count: number): string[] {
  let end = begin;
  for (let line = 0; line < count; line++) end = lineAfter(file, end, size);
  return end > begin ? splitLines(readBytes(file, begin, end)) : [];
}

function splitLines(bytes: Buffer): string[] {
  const lines = bytes.toString("utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function readBytes(file: number, from: number, to: number): Buffer {
  const bytes = Buffer.allocUnsafe(to - from);
  let filled = 0;
  while (filled < bytes.length) {
    const count = readSync(file, bytes, filled, bytes.length - filled, from + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
