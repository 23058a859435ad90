/**
 * The store on a Redis server, one node.
 *
 * Owns: all keys with its prefix, from `open` to `close`. Talks to: the server, by the scripts of redis-scripts.ts.
 *
 * R1. A group of changes is one call of one script, so it is there wholly or not at all (S1). It carries the owner's token, which only the
 *     latest owner has (S3), and its number: the script does the next number, answers "written" for the last one again, and refuses all
 *     others. So when the line breaks the group is sent again, and is there once.
 * R2. A group is durable when the server has flushed it (S2): the server is asked at opening whether it answers only after the flush
 *     (`appendfsync always`). One that does not is refused, unless the URL says `durable=assumed`.
 * R3. An owner has a lease, renewed by a heartbeat, so that a second one is refused while the first lives. It is a courtesy: what keeps an
 *     earlier owner from writing is the token.
 * R4. Everything that decisions need is in memory: rows, until they have been loaded, and bytes of bundles, outcomes and completions. What
 *     tasks begin from stays on the server, and is fetched; what was written or fetched a moment ago is remembered.
 * R5. A server that is away is waited for; whoever writes meanwhile waits, too. One that comes back without what it had said to be
 *     durable is an error, and nothing is written any more.
 */
import { randomBytes } from "node:crypto";
import { UserError } from "../base/errors.ts";
import { pack, unpack } from "../protocol/pack.ts";
import type { BytesKey, Change, Rows, Table } from "../protocol/rows.ts";
import { tables } from "../protocol/rows.ts";
import { Groups, inOrder, type Layer, placeOf } from "./group.ts";
import type { HostOwner, Hosts } from "./owner.ts";
import { systemHosts } from "./owner.ts";
import { type Answer, RefusedError, type Word } from "./redis-connection.ts";
import { RedisLine } from "./redis-line.ts";
import * as scripts from "./redis-scripts.ts";
import type { LoadedRow, Store } from "./store.ts";
import { FencedError } from "./store.ts";

export interface RedisStoreOptions {
  /** `redis://HOST:PORT/DB?prefix=NAME`, also `rediss:`, with `user:password@`; `durable=assumed` see R2. */
  readonly url: string;
  /** Whether to begin where there is nothing; else that is a user's error. */
  readonly create: boolean;
  readonly hosts?: Hosts;
  readonly leaseMs?: number;
  /** How long a server may be away. */
  readonly patienceMs?: number;
}

/** Raised when a reader of today could not read what is written tomorrow. */
const format = 2;
/** Kinds of bytes, and whether they are held in memory (R4). */
const kinds = {
  bundle: true,
  outcome: true,
  completion: true,
  payload: false,
  input: false,
  snapshot: false,
  shared: false,
  manifest: true,
  log: false,
  kept: false,
  chunk: false,
  place: true,
};
const places = ["meta", "lease", ...tables, ...Object.keys(kinds).map((kind) => `bytes:${kind}`)];
/** Rows or values that are asked for at a time. */
const pageSize = 4_000;
/** Bytes of snapshots and arguments that are remembered. */
const rememberedBytesMax = 32 * 1024 * 1024;
/** How often a place that is held is looked at. */
const lookMs = 100;
/** How long an owner that is there may take to be gone. */
const ownerGoneMs = 500;

/** @throws {UserError} if the server cannot be reached, does not keep what it is given, or is held by somebody who lives. */
export async function openRedisStore(options: RedisStoreOptions): Promise<Store> {
  const { url, create, hosts = systemHosts, leaseMs = 5_000, patienceMs = 30_000 } = options;
  const { address, prefix, assumed, shown } = readUrl(url);
  const token = randomBytes(16).toString("hex");
  const line = new RedisLine({
    address,
    shown,
    patienceMs,
    keys: places.map((place) => `${prefix}:${place}`),
  });
  try {
    await line.open();
    if (!assumed) await mustFlush(line, shown);
    const term = await take({ line, token, hosts, create, leaseMs, shown });
    const store = new RedisStore({ line, token, term, leaseMs, shown });
    await store.begin();
    return store;
  } catch (error) {
    line.close();
    throw storeError(error, shown);
  }
}

function readUrl(text: string) {
  const wrong = (what: string) =>
    new UserError(`--store ${text}: ${what}; as in redis://localhost:6379/0?prefix=continua`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === "") {
    throw wrong("not the address of a Redis server");
  }
  if (!/^(\/\d*)?$/.test(url.pathname))
    throw wrong(`no database ${url.pathname.slice(1)}: they are numbered`);
  const { prefix, durable, ...others } = Object.fromEntries(url.searchParams);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw wrong(`no option "${unknown}", only prefix and durable`);
  if (durable !== undefined && durable !== "assumed")
    throw wrong(`durable=${durable} is not durable=assumed`);
  url.search = "";
  const address = url.href;
  if (url.password !== "") url.password = "***";
  if (prefix !== undefined) url.searchParams.set("prefix", prefix);
  // In braces: a cluster would keep all of them on one node, as one script needs.
  return { address, prefix: `{${prefix ?? "continua"}}`, assumed: durable === "assumed", shown: url.href };
}

/** @throws {UserError} unless the server answers only after it has flushed (R2). */
async function mustFlush(line: RedisLine, shown: string): Promise<void> {
  const settings = new Map<string, string>();
  try {
    const found = (await line.command(["CONFIG", "GET", "append*"])) as readonly Buffer[];
    for (let i = 0; i < found.length; i += 2) settings.set(String(found[i]), String(found[i + 1]));
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    throw new UserError(
      `the Redis server ${shown} does not say whether it flushes what it is given (${error.message}): if you know that it does, add ?durable=assumed`,
    );
  }
  if (settings.get("appendonly") === "yes" && settings.get("appendfsync") === "always") return;
  const has = `appendonly ${settings.get("appendonly")}, appendfsync ${settings.get("appendfsync")}`;
  throw new UserError(
    `the Redis server ${shown} would lose what it has acknowledged (${has}): set appendonly yes and appendfsync always; or accept it with ?durable=assumed`,
  );
}

interface Taking {
  readonly line: RedisLine;
  readonly token: string;
  readonly hosts: Hosts;
  readonly create: boolean;
  readonly leaseMs: number;
  readonly shown: string;
}

/**
 * Becomes the owner. One that is known to have ended, since it was a process of this host, is followed at once; of any other the lease has to
 * run out. A lease that grows while it is looked at belongs to somebody who lives.
 */
async function take({ line, token, hosts, create, leaseMs, shown }: Taking): Promise<number> {
  const asks = JSON.stringify(hosts.own());
  let dead = "";
  let least = Number.POSITIVE_INFINITY;
  for (let waitedMs = 0; ; waitedMs += lookMs) {
    const words = [String(format), token, asks, String(leaseMs), dead, create ? "1" : "0"];
    const [answer, first, owner, left] = (await line.script(scripts.take, words)) as readonly Answer[];
    switch (String(answer)) {
      case "taken":
        return Number(first);
      case "nothing":
        throw new UserError(`there is no run in ${shown}: none has been started there`);
      case "format":
        throw new UserError(
          `the state in ${shown} was written by another version of continua (format ${first}, this one reads ${format}): use that version, or another prefix`,
        );
    }
    const holder = JSON.parse(String(owner)) as HostOwner;
    const fate = hosts.fate(holder);
    if (fate === "dead") {
      dead = String(first);
      continue;
    }
    const remaining = Number(left);
    // One that was killed a moment ago is still there until the system has cleared it away.
    if ((fate === "alive" && waitedMs >= ownerGoneMs) || (fate === "unknown" && remaining > least)) {
      throw new UserError(
        `the state in ${shown} is held by process ${holder.pid} on ${holder.host}: stop it, or use another prefix`,
      );
    }
    if (fate === "unknown") least = remaining;
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

interface Opened {
  readonly line: RedisLine;
  readonly token: string;
  readonly term: number;
  readonly leaseMs: number;
  readonly shown: string;
}

class RedisStore implements Store {
  readonly term: number;
  readonly #opened: Opened;
  /** Rows of each table as they are, until they are loaded (R4). */
  #rows: Map<Table, Map<string, LoadedRow>> | undefined = new Map(
    tables.map((table) => [table, new Map<string, LoadedRow>()]),
  );
  readonly #held = new Map<BytesKey, Uint8Array>();
  readonly #remembered = new Map<BytesKey, Uint8Array>();
  #rememberedBytes = 0;
  #sequence = 0;
  readonly #groups: Groups;
  #beat: NodeJS.Timeout | undefined;

  constructor(opened: Opened) {
    this.#opened = opened;
    this.term = opened.term;
    this.#groups = new Groups({
      shown: opened.shown,
      write: async (group) => {
        await this.#writeGroup(group);
        for (const change of group.values()) this.#remember(change);
      },
      reason: (error) => storeError(error, opened.shown),
    });
  }

  /** Reads what is held in memory, and begins to renew the lease. */
  async begin(): Promise<void> {
    const { leaseMs } = this.#opened;
    this.#beat = setInterval(() => void this.#renew(), leaseMs / 3);
    this.#beat.unref();
    try {
      await this.#readHeld();
    } catch (error) {
      clearInterval(this.#beat);
      throw error;
    }
  }

  /** All places at a time: while one page is on its way another is read. */
  async #readHeld(): Promise<void> {
    const rows = tables.map((table) =>
      this.#eachEntry(table, (_, value) => {
        const [key, row] = unpack(new Uint8Array(value)) as [string, Rows[Table]];
        this.#rows?.get(table)?.set(key, { table, key, row } as LoadedRow);
      }),
    );
    const bytes = Object.keys(kinds).map(async (kind) => {
      if (!isHeld(`${kind}/`)) return;
      await this.#eachEntry(`bytes:${kind}`, (field, value) => {
        this.#held.set(`${kind}/${String(field)}`, new Uint8Array(value));
      });
    });
    await Promise.all([...rows, ...bytes]);
  }

  /** Once: afterwards the rows are whoever asked's. */
  *load(): Iterable<LoadedRow> {
    const rows = this.#rows;
    if (rows === undefined) throw new Error("the rows of a redis store are loaded once");
    this.#rows = undefined;
    for (const table of rows.values()) yield* inOrder([...table.values()]);
  }

  read(key: BytesKey): Uint8Array | undefined {
    if (!isHeld(key)) throw new Error(`${key} is fetched, not read`);
    return this.#held.get(key);
  }

  *values(kind: string): Iterable<Uint8Array> {
    for (const [key, bytes] of this.#held) if (parts(key)[0] === kind) yield bytes;
  }

  fetch(key: BytesKey): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    if (isHeld(key)) return this.#held.get(key);
    for (const layer of this.#groups.layers) {
      const change = layer.get(placeOf({ table: "bytes", key }));
      if (change?.table === "bytes") return change.bytes;
    }
    return this.#remembered.get(key) ?? this.#fetch(key);
  }

  write(changes: readonly Change[]): Promise<void> {
    if (this.#groups.isOpen) for (const change of changes) this.#note(change);
    return this.#groups.write(changes);
  }

  async close(): Promise<void> {
    if (this.#groups.closed) return;
    await this.#groups.close();
    clearInterval(this.#beat);
    const { line, token } = this.#opened;
    // Whoever cannot be reached any more finds the lease run out.
    if (this.#groups.failure === undefined) await line.script(scripts.release, [token]).catch(() => {});
    line.close();
  }

  /** R1. */
  async #writeGroup(group: Layer): Promise<void> {
    const { line, token, shown } = this.#opened;
    this.#sequence++;
    const words: Word[] = [token, String(this.#sequence)];
    for (const change of group.values()) words.push(...wordsOf(change));
    const answer = String(await line.script(scripts.write, words));
    if (answer === "fenced") throw new FencedError(`another process has taken over the state in ${shown}`);
    if (answer === "written") return;
    throw new UserError(
      `the Redis server ${shown} has lost what it had acknowledged (${answer === "gone" ? "everything" : `before group ${this.#sequence}`}): restore it from a copy, or start the run anew`,
    );
  }

  #note(change: Change): void {
    if (change.table !== "bytes") {
      const rows = this.#rows?.get(change.table);
      if (change.row === undefined) rows?.delete(change.key);
      else rows?.set(change.key, change as LoadedRow);
    } else if (!isHeld(change.key)) this.#forget(change.key);
    else if (change.bytes === undefined) this.#held.delete(change.key);
    else this.#held.set(change.key, change.bytes);
  }

  #remember(change: Change): void {
    if (change.table !== "bytes" || change.bytes === undefined || isHeld(change.key)) return;
    // Written anew meanwhile: that is looked for first, and remembered later.
    this.#forget(change.key);
    this.#remembered.set(change.key, change.bytes);
    this.#rememberedBytes += change.bytes.length;
    for (const oldest of this.#remembered.keys()) {
      if (this.#rememberedBytes <= rememberedBytesMax) break;
      this.#forget(oldest);
    }
  }

  #forget(key: BytesKey): void {
    this.#rememberedBytes -= this.#remembered.get(key)?.length ?? 0;
    this.#remembered.delete(key);
  }

  async #fetch(key: BytesKey): Promise<Uint8Array | undefined> {
    const { line } = this.#opened;
    const [kind, field] = parts(key);
    const found = (await line.command(["HGET", line.key(`bytes:${kind}`), field])) as Buffer | null;
    return found === null ? undefined : new Uint8Array(found);
  }

  /** All of a hash, in pages. Nobody else writes, so each is there once at least. */
  async #eachEntry(place: string, take: (field: Buffer, value: Buffer) => void): Promise<void> {
    const { line } = this.#opened;
    let cursor = "0";
    do {
      const words = ["HSCAN", line.key(place), cursor, "COUNT", String(pageSize)];
      const [next, page] = (await line.command(words)) as readonly [Buffer, readonly Buffer[]];
      for (let i = 0; i < page.length; i += 2) take(page[i]!, page[i + 1]!);
      cursor = String(next);
    } while (cursor !== "0");
  }

  /** R3. */
  async #renew(): Promise<void> {
    const { line, token, leaseMs, shown } = this.#opened;
    try {
      const answer = String(await line.script(scripts.renew, [token, String(leaseMs)]));
      if (answer === "fenced") {
        this.#groups.fail(new FencedError(`another process has taken over the state in ${shown}`));
      }
    } catch {
      // The next write tells, if there is one.
    }
  }
}

function wordsOf(change: Change): Word[] {
  const [place, field, value] =
    change.table === "bytes"
      ? [`bytes:${parts(change.key)[0]}`, parts(change.key)[1], change.bytes]
      : [change.table, change.key, change.row && pack([change.key, change.row])];
  const at = places.indexOf(place) + 1;
  if (at === 0) throw new Error(`there is no place for ${change.table} ${change.key}`);
  return value === undefined ? [String(-at), field, ""] : [String(at), field, value];
}

function parts(key: BytesKey): readonly [kind: string, field: string] {
  const slash = key.indexOf("/");
  return [key.slice(0, slash), key.slice(slash + 1)];
}

function isHeld(key: BytesKey): boolean {
  return kinds[parts(key)[0] as keyof typeof kinds] ?? true;
}

function storeError(error: unknown, shown: string): Error {
  if (error instanceof UserError || error instanceof FencedError) return error;
  const because = { cause: error };
  if (error instanceof RefusedError) {
    return new UserError(`the Redis server ${shown} refuses: ${error.message}`, because);
  }
  return error instanceof Error ? error : new Error(String(error));
}
