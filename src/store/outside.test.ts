/** Large values in blobs: the contract of stores, and deaths at every point between blobs and rows (design H16). */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UserError } from "../base/errors.ts";
import type { TaskId } from "../base/ids.ts";
import { seededRandom } from "../base/random.ts";
import { unpack } from "../protocol/pack.ts";
import type { Change, TimerRow } from "../protocol/rows.ts";
import { openMemoryBlobs } from "./blob-memory.ts";
import { openLargeValues } from "./blob-place.ts";
import type { BlobStore } from "./blobs.ts";
import { chunkedBytesMin, withChunks } from "./chunks.ts";
import { openFileStore } from "./file.ts";
import { emptyMedium, type Medium, openMemoryStore } from "./memory.ts";
import { Outside } from "./outside.ts";
import { storeContract } from "./store.contract.ts";
import type { Store } from "./store.ts";

const processes = { own: () => ({ pid: 1 }), isAlive: () => false };

storeContract("file, blobs in a directory", async () => {
  const path = await mkdtemp(join(tmpdir(), "continua-outside-"));
  return {
    open: async () =>
      openLargeValues(
        await openFileStore({ path: join(path, "state"), create: true, processes }),
        join(path, "blobs"),
      ),
    remove: () => rm(path, { recursive: true, force: true }),
  };
});

function noise(length: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  return new Uint8Array(length).map(() => Math.floor(random() * 256));
}

/** What survives. */
interface World {
  readonly medium: Medium;
  readonly blobs: Map<string, Uint8Array>;
}

/** Ends everything at the step with this number: what is asked for after that is neither done nor answered. */
class Fate {
  readonly over: Promise<void>;
  #end: () => void = () => {};
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async step(): Promise<void> {
    await undefined;
    if (this.#left-- > 0) return;
    this.#end();
    await new Promise(() => {});
  }
}

/** Each operation dies before it is done, after it, or not; it takes its time, so others overtake it that need not wait. */
function mortal<T extends object>(target: T, fate: Fate, patience: Partial<Record<keyof T, number>>): T {
  const made = { ...target };
  for (const [name, steps] of Object.entries(patience) as [keyof T, number][]) {
    const original = target[name] as (...args: unknown[]) => Promise<unknown>;
    made[name] = (async (...args: unknown[]) => {
      for (let i = 0; i < steps; i++) await fate.step();
      const answer = await original(...args);
      await fate.step();
      return answer;
    }) as T[keyof T];
  }
  return made;
}

async function open(world: World, fate = new Fate(Number.POSITIVE_INFINITY)): Promise<Store> {
  const inner = await openMemoryStore({ medium: world.medium });
  const plain: Store = {
    term: inner.term,
    load: () => inner.load(),
    read: (key) => inner.read(key),
    values: (kind) => inner.values!(kind),
    write: (changes) => inner.write(changes),
    close: () => inner.close(),
  };
  const store = mortal(plain, fate, { write: 2 });
  const blobs: BlobStore = mortal(openMemoryBlobs(world.blobs), fate, { put: 6, delete: 2 });
  return withChunks(store, (isNamed) => new Outside(store, blobs, isNamed));
}

function namedIn({ medium }: World): string[] {
  const names = new Set<string>();
  for (const [key, bytes] of medium.bytes) {
    if (key.startsWith("manifest/"))
      for (const name of (unpack(bytes) as [string, string[]])[1]) names.add(name);
  }
  return [...names].sort();
}

const tasks = ["r1", "r2"];

/** A number and the values of that number: one write. */
function checkpoint(number: number, values: readonly (Uint8Array | undefined)[]): Change[] {
  const row: TimerRow = { task: "r1" as TaskId, effect: 1, dueAt: number };
  return [
    { table: "timer", key: "r1/1", row },
    ...tasks.map(
      (task, index): Change => ({ table: "bytes", key: `snapshot/${task}`, bytes: values[index] }),
    ),
  ];
}

/** Values that have much in common, small ones, and none. */
const history: readonly (readonly (Uint8Array | undefined)[])[] = (() => {
  const [one, two, three] = [1, 2, 3].map((seed) => noise(chunkedBytesMin, seed)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const small = noise(10, 9);
  return [
    [one, undefined],
    [Buffer.concat([one, small]), two],
    [small, Buffer.concat([two, one])],
    [two, two],
    [undefined, three],
    [one, undefined],
    [undefined, undefined],
  ];
})();

test("O1-O4: whoever dies at whatever step, values are those of one write, the last that was said to be durable or a later one, and no blob is left over", async () => {
  let ended = false;
  let steps = 0;
  for (; !ended; steps++) {
    const world: World = { medium: emptyMedium(), blobs: new Map() };
    const fate = new Fate(steps);
    const store = await open(world, fate);
    let durable = 0;
    // Two at a time, so that one waits for the blobs of another.
    const script = (async () => {
      for (let number = 1; number <= history.length; number++) {
        const write = store.write(checkpoint(number, history[number - 1]!)).then(() => {
          durable = number;
        });
        if (number % 2 === 0) await write;
      }
      await store.close();
      ended = true;
    })();
    await Promise.race([script, fate.over]);
    const saidDurable = durable;

    const again = await open(world);
    const [loaded] = [...again.load()];
    const found = loaded === undefined ? 0 : (loaded.row as TimerRow).dueAt;
    assert(found >= saidDurable, `step ${steps}: ${found} is there, ${saidDurable} was said to be durable`);
    for (const [index, task] of tasks.entries()) {
      const value = await again.fetch!(`snapshot/${task}`);
      const expected = found === 0 ? undefined : history[found - 1]![index];
      assert.equal(value?.length, expected?.length, `step ${steps}, write ${found}, ${task}`);
      if (expected !== undefined) assert.equal(Buffer.compare(value!, expected), 0);
    }
    await again.close();
    assert.deepEqual([...world.blobs.keys()].sort(), namedIn(world), `step ${steps}: what is left`);
  }
  assert(steps > 50, `${steps} steps`);
});

test("O3: what an earlier owner still does late touches nothing of a later one", async () => {
  const world: World = { medium: emptyMedium(), blobs: new Map() };
  const first = await open(world);
  const [one] = history[0]!;
  await first.write(checkpoint(1, [one, undefined]));
  // Named no more; the deletion is on its way when the next owner comes, who writes the same bytes.
  const deletion = first.write(checkpoint(2, [undefined, undefined]));
  await deletion;
  const second = await open(world);
  await second.write(checkpoint(3, [one, undefined]));
  await assert.rejects(first.write(checkpoint(4, [one, one])));
  await first.close();
  assert.equal(Buffer.compare((await second.fetch!("snapshot/r1"))!, one!), 0);
  await second.close();
  // What the first one has put in vain is left for the third.
  await (await open(world)).close();
  assert.deepEqual([...world.blobs.keys()].sort(), namedIn(world));
});

test("O1: reads see what waits for its blobs, and rows stay in their order", async () => {
  const world: World = { medium: emptyMedium(), blobs: new Map() };
  const store = await open(world);
  const [, two] = history[1]!;
  const order: number[] = [];
  const writes = [
    store.write([{ table: "bytes", key: "snapshot/r1", bytes: two }]).then(() => order.push(0)),
    store
      .write([{ table: "bytes", key: "outcome/r1", bytes: new Uint8Array([5]) }])
      .then(() => order.push(1)),
    store
      .write([{ table: "bytes", key: "snapshot/r1", bytes: new Uint8Array([6]) }])
      .then(() => order.push(2)),
  ];
  assert.deepEqual(store.read("outcome/r1"), new Uint8Array([5]));
  assert.deepEqual(await store.fetch!("snapshot/r1"), new Uint8Array([6]));
  await Promise.all(writes);
  assert.deepEqual(order, [0, 1, 2]);
  assert.deepEqual(await store.fetch!("snapshot/r1"), new Uint8Array([6]));
  await store.close();
  assert.equal(world.blobs.size, 0);
});

test("O5: after a blob could not be written nothing is written", async () => {
  const medium = emptyMedium();
  const inner = await openMemoryStore({ medium });
  const full = { ...openMemoryBlobs(new Map()), put: () => Promise.reject(new UserError("no space left")) };
  const store = withChunks(inner, (isNamed) => new Outside(inner, full, isNamed));
  const [one] = history[0]!;
  const writes = [checkpoint(1, [one, undefined]), checkpoint(2, [])].map((changes) => store.write(changes));
  for (const write of writes) await assert.rejects(write, /no space left/);
  await assert.rejects(store.write(checkpoint(3, [])), /no space left/);
  assert.equal(medium.rows.size, 0);
  await store.close();
});

test("O6: a blob that has changed is found out", async () => {
  const world: World = { medium: emptyMedium(), blobs: new Map() };
  const store = await open(world);
  await store.write(checkpoint(1, history[0]!));
  const [name, bytes] = [...world.blobs][0]!;
  world.blobs.set(
    name,
    Uint8Array.from(bytes, (byte) => byte ^ 1),
  );
  await assert.rejects(Promise.resolve(store.fetch!("snapshot/r1")), /is damaged/);
});

test("a state remembers where its blobs are, follows them, and refuses a place where they are not", async () => {
  const path = await mkdtemp(join(tmpdir(), "continua-place-"));
  try {
    const opened = async (blobs?: string) =>
      openLargeValues(await openFileStore({ path: join(path, "state"), create: true, processes }), blobs);
    const [one] = history[0]!;
    const inside = await opened();
    await inside.write([{ table: "bytes", key: "snapshot/r0", bytes: one }]);
    await inside.close();
    const first = await opened(join(path, "blobs"));
    await first.write([{ table: "bytes", key: "snapshot/r1", bytes: history[4]![1] }]);
    await first.close();
    const [folder] = await readdir(join(path, "blobs"));
    await writeFile(join(path, "blobs", folder!, "stranger"), "");

    const look = async (store: Store) => {
      assert.equal(Buffer.compare((await store.fetch!("snapshot/r0"))!, one!), 0);
      assert.equal(Buffer.compare((await store.fetch!("snapshot/r1"))!, history[4]![1]!), 0);
      await store.close();
    };
    await look(await opened());
    await assert.rejects(opened(join(path, "elsewhere")), /are not in .*elsewhere.*were in .*blobs/);
    await rename(join(path, "blobs"), join(path, "moved"));
    await assert.rejects(opened(), /give the place where they are now/);
    await look(await opened(join(path, "moved")));
    await look(await opened());
    assert((await readdir(join(path, "moved", folder!))).includes("stranger"), "only blobs are swept");
    await assert.rejects(opened("ftp://host/blobs"), /not a place for blobs/);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
});
