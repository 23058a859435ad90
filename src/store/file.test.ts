import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { open } from "lmdb";
import { UserError } from "../base/errors.ts";
import { pack } from "../protocol/pack.ts";
import type { Change } from "../protocol/rows.ts";
import { storeError } from "./directory.ts";
import { openFileStore } from "./file.ts";
import { encodeHeader } from "./log-format.ts";
import type { Owner, Processes } from "./owner.ts";
import { systemProcesses } from "./owner.ts";
import { storeContract } from "./store.contract.ts";
import { FencedError, type Store } from "./store.ts";

async function folder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "continua-store-"));
}

/** A world in which each question comes from another process and all others are dead. */
const lastOneAlive: Processes = { own: () => ({ pid: 1, startedAt: "then" }), isAlive: () => false };

storeContract("file", async () => {
  const path = await folder();
  return {
    open: () => openFileStore({ path, create: true, processes: lastOneAlive }),
    remove: () => rm(path, { recursive: true, force: true }),
  };
});

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const path = await folder();
  try {
    await body(path);
  } finally {
    await chmod(path, 0o700).catch(() => {});
    await rm(path, { recursive: true, force: true });
  }
}

function refuses(pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert(error instanceof UserError, String(error));
    assert.match(error.message, pattern);
    return true;
  };
}

test("file store: a second owner is refused with the process that holds it", () =>
  inFolder(async (path) => {
    const holder: Owner = { pid: 1234, startedAt: "50" };
    const processes: Processes = { own: () => holder, isAlive: ({ pid }) => pid === 1234 };
    const store = await openFileStore({ path, create: true, processes });
    await assert.rejects(
      openFileStore({ path, create: true, processes }),
      refuses(/held by process 1234: give it the program/),
    );
    await store.write([{ table: "bytes", key: "input/r1", bytes: new Uint8Array([1]) }]);
    await store.close();
    const again = await openFileStore({ path, create: false, processes });
    assert.equal(again.term, 2);
    await again.close();
  }));

test("file store: what another version has written is refused, and left as it is", () =>
  inFolder(async (path) => {
    await (await openFileStore({ path, create: true })).close();
    const database = open<Buffer, string>({
      path,
      encoding: "binary",
      noSubdir: false,
      overlappingSync: false,
    });
    const [before] = database.getRange({ start: "meta/format", limit: 1 });
    assert.equal(before!.key, "meta/format");
    await database.put("meta/format", Buffer.from(pack(99)));
    await database.close();
    for (const create of [true, false])
      await assert.rejects(
        openFileStore({ path, create }),
        refuses(
          /was written by another version of continua \(format 99, this one reads \d+\): use that version, or/,
        ),
      );
  }));

test("file store: a process that was killed is taken over, whether or not its number is in use again", () =>
  inFolder(async (path) => {
    const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    const exited = once(child, "exit");
    const held: Owner = { pid: child.pid!, startedAt: "some earlier time" };
    const owned = await openFileStore({
      path,
      create: true,
      processes: { ...systemProcesses, own: () => held },
    });
    if (existsSync("/proc/self/stat")) {
      // The number is alive, but it is another process than the one that wrote it down.
      const next = await openFileStore({ path, create: true });
      assert.equal(next.term, 2);
      await next.close();
    }
    child.kill("SIGKILL");
    await exited;
    const last = await openFileStore({ path, create: false });
    await last.close();
    await owned.close();
  }));

test("file store: what was said to be durable is there after a kill, and the next owner goes on", () =>
  inFolder(async (path) => {
    // Segments so short that changes go to the tree all the time.
    const script = `
      const { openFileStore } = await import(${JSON.stringify(new URL("./file.js", import.meta.url).href)});
      const store = await openFileStore({ path: ${JSON.stringify(path)}, create: true, segmentBytes: 10_000 });
      for (let i = 1; ; i++) {
        const bytes = new Uint8Array(1_000).fill(i);
        const write = store.write([{ table: "bytes", key: "snapshot/a", bytes }, { table: "bytes", key: "snapshot/b", bytes }], i % 2 === 0);
        void write.then(() => process.stdout.write(i + "\\n"));
        if (i % 3 === 0) await write;
      }`;
    let said = 0;
    for (const lines of [1, 20, 45]) {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let text = "";
      for await (const chunk of child.stdout.setEncoding("utf8")) {
        text += chunk;
        if (text.split("\n").length > lines) child.kill("SIGKILL");
      }
      said = Number(text.split("\n").at(-2));
      const store = await openFileStore({ path, create: false });
      const [a, b] = [store.read("snapshot/a"), store.read("snapshot/b")];
      assert.deepEqual(a, b, "S1: both or none");
      // Numbers are kept as bytes, and few were written after the last one that was said.
      const ahead = (a![0]! - said + 256) % 256;
      assert(ahead < 128, `${said} was durable, and ${a![0]} is there`);
      await store.close();
    }
  }));

test("file store: a log that goes to the tree over and over leaves everything readable, and nothing behind", () =>
  inFolder(async (path) => {
    const store = await openFileStore({ path, create: true, segmentBytes: 2_000 });
    const expected = new Map<string, number>();
    for (let i = 0; i < 600; i++) {
      const key = `snapshot/r${i % 7}`;
      expected.set(key, i % 256);
      await store.write([{ table: "bytes", key, bytes: new Uint8Array(40).fill(i) }]);
      for (const [at, value] of expected) assert.equal(store.read(at)?.[0], value);
    }
    await store.close();
    assert.deepEqual((await readdir(path)).sort(), ["data.mdb", "lock.mdb"]);
    const again = await openFileStore({ path, create: false });
    for (const [at, value] of expected) assert.equal(again.read(at)?.[0], value);
    await again.close();
  }));

test("file store: it is as large as what it holds, whatever has been in it", () =>
  inFolder(async (path) => {
    const store = await openFileStore({ path, create: true });
    const bytes = async (): Promise<number> => {
      const sizes = (await readdir(path)).map(async (name) => (await stat(join(path, name))).size);
      return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    };
    for (let i = 0; i < 3_000; i++) {
      const written = store.write([
        { table: "bytes", key: "snapshot/r1", bytes: new Uint8Array(1_300).fill(i) },
        { table: "bytes", key: `completion/r1/${i}`, bytes: new Uint8Array(40).fill(i) },
        { table: "bytes", key: `completion/r1/${i - 1}`, bytes: undefined },
      ]);
      // So that many records are written, and more than one group goes into some.
      if (i % 4 === 0) await written;
    }
    await store.rest!();
    assert((await bytes()) <= 200_000, `${await bytes()} bytes`);
    await store.close();
    assert((await bytes()) <= 100_000, `${await bytes()} bytes after the close`);
  }));

/** So many tasks' snapshots come and go, and ten stay. */
async function comeAndGo(store: Store, count: number): Promise<void> {
  const kept = Array.from({ length: 10 }, (_, i) => snapshot(`kept${i}`, 1_000));
  await store.write(kept);
  for (let from = 0; from < count; from += 200) {
    const some = Array.from({ length: 200 }, (_, i) => `r${from + i}`);
    await store.write(some.map((run) => snapshot(run, 1_000)));
    await store.rest!();
    await store.write(some.map((run) => snapshot(run)));
    await store.rest!();
  }
}

function snapshot(run: string, length?: number): Change {
  const bytes = length === undefined ? undefined : new Uint8Array(length).fill(run.length);
  return { table: "bytes", key: `snapshot/${run}`, bytes };
}

test("file store: T4: closed, it is as long as if what is gone had never been there", () =>
  inFolder(async (path) => {
    const length = async (): Promise<number> => (await stat(join(path, "data.mdb"))).size;
    const lengths: number[] = [];
    for (const count of [200, 2_000, 400]) {
      const store = await openFileStore({ path, create: true });
      await comeAndGo(store, count);
      assert((await length()) > 200_000, "the pages were taken");
      await store.close();
      lengths.push(await length());
      assert.deepEqual((await readdir(path)).sort(), ["data.mdb", "lock.mdb"]);
    }
    assert(Math.max(...lengths) <= 1.1 * lengths[0]!, lengths.join());
    const again = await openFileStore({ path, create: false });
    assert.equal(again.term, 4);
    assert.deepEqual(again.read("snapshot/kept3"), new Uint8Array(1_000).fill(5));
    assert.equal(again.read("snapshot/r3"), undefined);
    await again.close();
  }));

test("file store: T4: who has asked before the file was written anew finds the new one when it asks again", () =>
  inFolder(async (path) => {
    const script = `
      const { Tree } = await import(${JSON.stringify(new URL("./tree.js", import.meta.url).href)});
      const { systemProcesses } = await import(${JSON.stringify(new URL("./owner.js", import.meta.url).href)});
      const tree = new Tree(${JSON.stringify(path)});
      for await (const _ of process.stdin) {
        const taken = await tree.tryTakeOver(systemProcesses);
        console.log(JSON.stringify([taken, tree.read("snapshot/late")?.length ?? null]));
      }`;
    const store = await openFileStore({ path, create: true });
    await comeAndGo(store, 400);
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const answers = child.stdout.setEncoding("utf8")[Symbol.asyncIterator]();
    const ask = async (): Promise<unknown> => {
      child.stdin.write("?");
      return JSON.parse((await answers.next()).value);
    };
    assert.deepEqual(await ask(), [{ heldBy: process.pid }, null]);
    const before = await stat(join(path, "data.mdb"));
    await store.write([snapshot("late", 20)]);
    await store.close();
    assert.notEqual((await stat(join(path, "data.mdb"))).ino, before.ino);
    assert.deepEqual(await ask(), [{ term: 2 }, 20]);
    child.kill("SIGKILL");
    await once(child, "exit");
    const last = await openFileStore({ path, create: false });
    assert.equal(last.term, 3);
    await last.close();
  }));

test("file store: a tree that has been deleted under a store at rest is not made anew", () =>
  inFolder(async (path) => {
    const store = await openFileStore({ path, create: true });
    await store.write([{ table: "bytes", key: "snapshot/r1", bytes: new Uint8Array(10) }]);
    await store.rest!();
    await rm(join(path, "data.mdb"));
    assert.throws(() => store.read("snapshot/r1"), refuses(/damaged \(data.mdb is missing\)/));
    assert.equal(existsSync(join(path, "data.mdb")), false);
    await store.write([{ table: "bytes", key: "snapshot/r1", bytes: new Uint8Array(11) }]);
    await store.rest!();
    await assert.rejects(
      store.write([{ table: "bytes", key: "snapshot/r1", bytes: new Uint8Array(12) }]),
      refuses(/damaged/),
    );
    await store.close();
  }));

test("file store: what an earlier owner still writes counts neither now nor for the owner after next", () =>
  inFolder(async (path) => {
    const open = () => openFileStore({ path, create: true, processes: lastOneAlive });
    const at = (value: number): Change[] => [
      { table: "bytes", key: "snapshot/r1", bytes: new Uint8Array([value]) },
    ];
    const writer = await open();
    const idle = await open();
    await assert.rejects(writer.write(at(1)), FencedError, "its first segment begins too late");
    await idle.write(at(2));
    const third = await open();
    await third.write(at(3));
    await assert.rejects(idle.write(at(4)), FencedError, "its segment has been taken away");
    const fourth = await open();
    assert.equal(fourth.read("snapshot/r1")?.[0], 3);
    for (const store of [writer, idle, third, fourth]) await store.close();
    const last = await open();
    assert.equal(last.read("snapshot/r1")?.[0], 3);
    await last.close();
  }));

test("file store: a log whose tree is gone is not taken for a new store", () =>
  inFolder(async (path) => {
    await writeFile(join(path, "log-1-1"), encodeHeader({ term: 1, number: 1, salt: 1 }));
    await assert.rejects(
      openFileStore({ path, create: true }),
      refuses(/damaged \(data.mdb is missing, and a log is there\)/),
    );
  }));

test("file store: this process is alive", () => {
  assert(systemProcesses.isAlive(systemProcesses.own()));
});

test("file store: what cannot be a store is said so, and nothing is created", () =>
  inFolder(async (path) => {
    const missing = join(path, "missing");
    await assert.rejects(
      openFileStore({ path: missing, create: false }),
      refuses(/^there is no run in .*missing/),
    );
    assert.equal(existsSync(missing), false);

    const empty = join(path, "empty");
    await mkdir(empty);
    await assert.rejects(
      openFileStore({ path: empty, create: false }),
      refuses(/^there is no run in .*empty/),
    );
    assert.deepEqual(await readdir(empty), []);

    const file = join(path, "file");
    await writeFile(file, "x");
    await assert.rejects(openFileStore({ path: file, create: true }), refuses(/file is not a directory/));
    await assert.rejects(
      openFileStore({ path: join(file, "below"), create: true }),
      refuses(/part of it is a file/),
    );

    const alien = join(path, "alien");
    await mkdir(alien);
    await writeFile(join(alien, "data.mdb"), "this is a shopping list".repeat(1_000));
    await assert.rejects(
      openFileStore({ path: alien, create: true }),
      refuses(/damaged \(it is not a store\)/),
    );
  }));

test("file store: a file that was cut off is not mapped into memory", () =>
  inFolder(async (path) => {
    const store = await openFileStore({ path, create: true });
    for (let i = 0; i < 20; i++) {
      await store.write([{ table: "bytes", key: `input/r${i}`, bytes: new Uint8Array(20_000) }]);
    }
    await store.close();
    const data = join(path, "data.mdb");
    for (const length of [8_192, 5_000, 4_096, 100]) {
      await truncate(data, length);
      await assert.rejects(openFileStore({ path, create: true }), refuses(/damaged/), `length ${length}`);
    }
  }));

test(
  "file store: a directory without permission",
  { skip: process.getuid?.() === 0 ? "root may everything" : false },
  () =>
    inFolder(async (path) => {
      await chmod(path, 0o500);
      await assert.rejects(openFileStore({ path, create: true }), refuses(/cannot be read and written/));
      await assert.rejects(
        openFileStore({ path: join(path, "below"), create: true }),
        refuses(/cannot be read and written/),
      );
    }),
);

test("file store: what the system says becomes a sentence with a next step", () => {
  const cases: readonly (readonly [code: string, message: string, expected: RegExp])[] = [
    ["ENOSPC", "no space left on device, write", /^no space left for the state in \/s: make room and resume/],
    ["", "MDB_MAP_FULL: Environment mapsize limit reached", /^no space left/],
    ["EROFS", "read-only file system", /change its permissions/],
    ["", "MDB_CORRUPTED: Located page was wrong type", /is damaged \(MDB_CORRUPTED/],
    ["5", "Input/output error", /cannot be written \(Input\/output error\): most often the disk is full/],
    ["EMFILE", "too many open files", /cannot be used: too many open files/],
  ];
  for (const [code, message, expected] of cases) {
    const error = storeError(Object.assign(new Error(message), { code }), "/s");
    assert(error instanceof UserError);
    assert.match(error.message, expected);
  }
});
