/**
 * Looks at a directory before the database is opened in it, because the database maps its file into memory: what is wrong with the file
 * would end the process rather than raise an error.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UserError } from "../base/errors.ts";

export const dataFile = "data.mdb";
export const lockFile = "lock.mdb";

/** Makes sure that a store can be opened in `path`. @throws {UserError} with the next step. */
export function checkDirectory(path: string, options: { readonly create: boolean }): void {
  try {
    if (existsSync(path) && !statSync(path).isDirectory()) {
      throw new UserError(`${path} is not a directory: give the state a directory of its own (--state DIR)`);
    }
    const data = join(path, dataFile);
    if (!existsSync(data)) {
      if (!options.create) throw new UserError(`there is no run in ${path}: none has been started there`);
      mkdirSync(path, { recursive: true });
    }
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    if (existsSync(data)) {
      accessSync(data, constants.R_OK | constants.W_OK);
      checkData(data);
    }
  } catch (error) {
    throw storeError(error, path);
  }
}

/** Flushes the names of a new store's files and of its directory, without which flushed data could not be found again. */
export function keepName(path: string): void {
  // Windows has no such thing, and does not open directories.
  if (process.platform === "win32") return;
  for (const folder of [path, dirname(resolve(path))]) flush(folder);
}

export function flush(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Where things lie in the first two pages of the file, of which the one with the greater transaction number counts. */
const meta = { magic: 24, pageSize: 48, roots: [88, 136], transaction: 152, bytes: 160 } as const;
const magic = 0xbeefc0de;
const noPage = 0xffff_ffff_ffff_ffffn;

/**
 * Finds files that are no database, or that have been cut off above the roots of their trees. The number of the last page cannot be held
 * against the length: pages that were taken and freed again need not have been written.
 */
function checkData(path: string): void {
  const damaged = (what: string) =>
    new UserError(
      `${path} is damaged (${what}): restore the directory from a copy, or use another one (--state DIR)`,
    );
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    // Nothing has been written yet: a process died just after creating it.
    if (size === 0) return;
    const head = new DataView(new ArrayBuffer(meta.bytes));
    let pageSize = 0;
    let newest = -1n;
    let roots: bigint[] = [];
    for (const page of [0, 1]) {
      if (readSync(file, head, 0, meta.bytes, page * pageSize) < meta.bytes) throw damaged("it is too short");
      if (head.getUint32(meta.magic, true) !== magic) throw damaged("it is not a store");
      pageSize = head.getUint32(meta.pageSize, true);
      const transaction = head.getBigUint64(meta.transaction, true);
      if (transaction < newest) continue;
      newest = transaction;
      roots = meta.roots.map((at) => head.getBigUint64(at, true)).filter((root) => root !== noPage);
    }
    for (const root of roots) {
      if ((root + 1n) * BigInt(pageSize) > BigInt(size)) throw damaged("its end is missing");
    }
  } finally {
    closeSync(file);
  }
}

/** What the system or the database said, as a user's error. */
export function storeError(error: unknown, path: string): Error {
  if (error instanceof UserError) return error;
  const { code, message = String(error) } = error as NodeJS.ErrnoException;
  const because = { cause: error };
  const says = (pattern: RegExp) => pattern.test(`${code} ${message}`);
  if (says(/EACCES|EPERM|EROFS|[Pp]ermission|[Rr]ead-only/)) {
    return new UserError(
      `the state in ${path} cannot be read and written: change its permissions, or use another directory (--state DIR)`,
      because,
    );
  }
  if (says(/ENOSPC|EDQUOT|EFBIG|[Nn]o space|[Qq]uota|MDB_MAP_FULL/)) {
    return new UserError(
      `no space left for the state in ${path}: make room and resume; nothing is lost`,
      because,
    );
  }
  // LMDB's word for a write that the system cut short.
  if (says(/EIO|Input\/output error/)) {
    return new UserError(
      `the state in ${path} cannot be written (${message}): most often the disk is full. Make room and resume; nothing is lost`,
      because,
    );
  }
  if (says(/ENOTDIR|EEXIST/)) {
    return new UserError(
      `${path} cannot be a directory, because part of it is a file: use another one (--state DIR)`,
      because,
    );
  }
  if (says(/MDB_CORRUPTED|MDB_PAGE_NOTFOUND|MDB_INVALID|MDB_VERSION_MISMATCH|MDB_PANIC/)) {
    return new UserError(
      `the state in ${path} is damaged (${message}): restore it from a copy, or use another directory (--state DIR)`,
      because,
    );
  }
  return new UserError(`the state in ${path} cannot be used: ${message}`, because);
}
