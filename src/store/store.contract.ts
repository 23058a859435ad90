/** What every store has to do (store.ts), as tests. A new store passes these and needs no other change. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunId, TaskId, Version } from "../base/ids.ts";
import type { BytesKey, Change, TaskRow } from "../protocol/rows.ts";
import type { Store } from "./store.ts";
import { FencedError } from "./store.ts";

/** One place to keep things, which can be opened again and again. */
interface Place {
  /** Opens it as a new owner would whose predecessor has died (or has closed). */
  open(): Promise<Store>;
  remove(): Promise<void>;
}

/** @param options why it cannot be tested here, if so. */
export function storeContract(
  name: string,
  makePlace: () => Promise<Place>,
  options: { readonly skip: string | false } = { skip: false },
): void {
  for (const [title, body] of Object.entries(clauses)) {
    test(`${name} store: ${title}`, options, async () => {
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
  "a new one is empty": async (place) => {
    const store = await place.open();
    assert.deepEqual([...store.load()], []);
    assert.equal(await bytesOf(store, "snapshot/r1"), undefined);
    assert.equal(store.term, 1);
    await store.close();
  },

  "rows of every table come back, by key within each": async (place) => {
    const store = await place.open();
    const changes: Change[] = [
      taskChange("r1.2"),
      taskChange("r1"),
      taskChange("r1.10"),
      { table: "timer", key: "r1/4", row: { task: "r1" as TaskId, effect: 4, dueAt: 1_700_000_000_000.5 } },
      { table: "bundle", key: "v1", row: { version: "v1" as Version, storedAt: 5 } },
      { table: "run", key: "r1", row: runRow() },
    ];
    await store.write(changes);
    await store.close();
    const again = await place.open();
    const rows = [...again.load()];
    const byTable = (table: string) => rows.filter((loaded) => loaded.table === table);
    assert.deepEqual(
      byTable("task").map(({ key }) => key),
      ["r1", "r1.10", "r1.2"],
    );
    assert.deepEqual(byTable("task")[0]?.row, taskRow("r1"));
    assert.deepEqual(
      byTable("timer").map(({ row }) => row),
      [{ task: "r1", effect: 4, dueAt: 1_700_000_000_000.5 }],
    );
    assert.deepEqual(
      byTable("bundle").map(({ row }) => row),
      [{ version: "v1", storedAt: 5 }],
    );
    assert.deepEqual(
      byTable("run").map(({ row }) => row),
      [runRow()],
    );
    await again.close();
  },

  "one that rests has lost nothing, and goes on when it is asked": async (place) => {
    const store = await place.open();
    for (let round = 1; round <= 3; round++) {
      await store.write([bytesChange("snapshot/r1", [round]), taskChange(`r1.${round}`)]);
      const written = store.write([bytesChange("input/r1", [round])]);
      await store.rest?.();
      await written;
      await Promise.all([store.rest?.(), store.rest?.()]);
      assert.deepEqual(await bytesOf(store, "snapshot/r1"), new Uint8Array([round]));
      assert.deepEqual(await bytesOf(store, "input/r1"), new Uint8Array([round]));
    }
    await store.rest?.();
    // As when its process is killed.
    const next = await place.open();
    assert.deepEqual(await bytesOf(next, "snapshot/r1"), new Uint8Array([3]));
    assert.deepEqual(
      [...next.load()].map(({ key }) => key),
      ["r1.1", "r1.2", "r1.3"],
    );
    await store.rest?.();
    await assert.rejects(store.write([bytesChange("snapshot/r1", [9])]), FencedError);
    await next.close();
    await store.close();
  },

  "S1: later changes win, within a write and between writes; undefined deletes": async (place) => {
    const store = await place.open();
    await Promise.all([
      store.write([taskChange("r1"), bytesChange("snapshot/r1", [1])]),
      store.write([bytesChange("snapshot/r1", [2]), bytesChange("snapshot/r1", [3]), taskChange("r2")]),
      store.write([{ table: "task", key: "r1", row: undefined }]),
    ]);
    assert.deepEqual(
      [...store.load()].map(({ key }) => key),
      ["r2"],
    );
    assert.deepEqual(await bytesOf(store, "snapshot/r1"), new Uint8Array([3]));
    await store.write([{ table: "bytes", key: "snapshot/r1", bytes: undefined }]);
    assert.equal(await bytesOf(store, "snapshot/r1"), undefined);
    await store.close();
  },

  "a read sees what is being written": async (place) => {
    const store = await place.open();
    const writes: Promise<void>[] = [];
    for (let i = 0; i < 50; i++) {
      writes.push(store.write([bytesChange("snapshot/r1", [i])]));
      assert.deepEqual(await bytesOf(store, "snapshot/r1"), new Uint8Array([i]));
      if (i % 7 === 0) await writes[i];
    }
    const last = store.write([{ table: "bytes", key: "snapshot/r1", bytes: undefined }]);
    assert.equal(await bytesOf(store, "snapshot/r1"), undefined);
    await Promise.all([...writes, last]);
    assert.equal(await bytesOf(store, "snapshot/r1"), undefined);
    await store.close();
  },

  "bytes of any kind, size and key": async (place) => {
    const store = await place.open();
    const large = new Uint8Array(3_000_000).map((_, i) => (i * 31) & 255);
    const longId = `r1${".7".repeat(3_000)}`;
    const longer = `${longId}.1`;
    await store.write([
      { table: "bytes", key: "outcome/r1", bytes: new Uint8Array(0) },
      { table: "bytes", key: "bundle/v1", bytes: large },
      bytesChange(`snapshot/${longId}`, [1]),
      bytesChange(`snapshot/${longer}`, [2]),
      taskChange(longId),
      taskChange(longer),
    ]);
    await store.close();
    const again = await place.open();
    assert.deepEqual(await bytesOf(again, "outcome/r1"), new Uint8Array(0));
    assert.deepEqual(await bytesOf(again, "bundle/v1"), large);
    assert.deepEqual(await bytesOf(again, `snapshot/${longId}`), new Uint8Array([1]));
    assert.deepEqual(await bytesOf(again, `snapshot/${longer}`), new Uint8Array([2]));
    assert.deepEqual(
      [...again.load()].map(({ key }) => key),
      [longId, longer],
    );
    await again.close();
  },

  "S5: what decisions need is at hand, also after opening anew": async (place) => {
    const store = await place.open();
    const keys = ["bundle/v1", "outcome/r1", "completion/r1.2/7"];
    await store.write(keys.map((key, index) => bytesChange(key, [index])));
    await store.write([bytesChange("outcome/r2", [9])]);
    await store.write([{ table: "bytes", key: "outcome/r2", bytes: undefined }]);
    const look = (opened: Store) =>
      assert.deepEqual(
        [...keys, "outcome/r2"].map((key) => opened.read(key)?.[0]),
        [0, 1, 2, undefined],
      );
    look(store);
    await store.close();
    const again = await place.open();
    look(again);
    await again.close();
  },

  "many rows and values": async (place) => {
    const store = await place.open();
    const ids = Array.from({ length: 3_000 }, (_, index) => `r1.${index}`);
    await store.write(
      ids.flatMap((id, index) => [taskChange(id), bytesChange(`snapshot/${id}`, [index & 255])]),
    );
    await store.write(
      ids.filter((_, index) => index % 3 > 0).map((key) => ({ table: "task", key, row: undefined })),
    );
    await store.close();
    const again = await place.open();
    assert.deepEqual(
      [...again.load()].map(({ key }) => key),
      ids.filter((_, index) => index % 3 === 0).sort(),
    );
    for (const at of [0, 1_234, 2_999]) {
      assert.deepEqual(await bytesOf(again, `snapshot/${ids[at]}`), new Uint8Array([at & 255]));
    }
    await again.close();
  },

  "S2: writes resolve in the order of their calls": async (place) => {
    const store = await place.open();
    const order: number[] = [];
    await Promise.all(
      [0, 1, 2, 3, 4].map(async (i) => {
        await store.write([bytesChange("snapshot/r1", [i])]);
        order.push(i);
      }),
    );
    assert.deepEqual(order, [0, 1, 2, 3, 4]);
    await store.close();
  },

  "S3: each owner has a greater term, and an earlier one cannot write": async (place) => {
    const first = await place.open();
    await first.write([bytesChange("snapshot/r1", [1])]);
    const second = await place.open();
    assert(second.term > first.term);
    await assert.rejects(first.write([bytesChange("snapshot/r1", [9])]), FencedError);
    await assert.rejects(first.write([bytesChange("snapshot/r1", [9])]), FencedError);
    assert.deepEqual(await bytesOf(second, "snapshot/r1"), new Uint8Array([1]));
    await second.write([bytesChange("snapshot/r1", [2])]);
    // That the first one leaves does not touch the second one's ownership.
    await first.close();
    await second.write([bytesChange("snapshot/r1", [3])]);
    await second.close();
    const third = await place.open();
    assert(third.term > second.term);
    assert.deepEqual(await bytesOf(third, "snapshot/r1"), new Uint8Array([3]));
    await third.close();
  },

  "close waits for what is being written, and nothing is written after it": async (place) => {
    const store = await place.open();
    const write = store.write([bytesChange("snapshot/r1", [1])]);
    await store.close();
    await write;
    await assert.rejects(store.write([bytesChange("snapshot/r1", [2])]), FencedError);
    const again = await place.open();
    assert.deepEqual(await bytesOf(again, "snapshot/r1"), new Uint8Array([1]));
    await again.close();
  },
};

/** Whatever kind they are of (S5). */
async function bytesOf(store: Store, key: BytesKey): Promise<Uint8Array | undefined> {
  return store.fetch === undefined ? store.read(key) : store.fetch(key);
}

function bytesChange(key: string, bytes: readonly number[]): Change {
  return { table: "bytes", key, bytes: new Uint8Array(bytes) };
}

function taskChange(id: string): Change {
  return { table: "task", key: id, row: taskRow(id) };
}

function taskRow(id: string): TaskRow {
  return {
    id: id as TaskId,
    name: "größe",
    epoch: 3,
    seq: 70_000,
    status: "parked",
    from: "snapshot",
    joiners: [{ task: "r1" as TaskId, effect: 2 }],
    observed: false,
    deaths: 1,
    alone: true,
  };
}

function runRow(): Extract<Change, { table: "run" }>["row"] & {} {
  return {
    id: "r1" as RunId,
    version: "v1" as Version,
    program: "app.ts",
    startedAt: 1,
    status: "running",
    log: { first: 0, next: 0 },
    stats: {
      tasks: 1,
      tasksEnded: 0,
      activations: 0,
      commits: 0,
      checkpointBytes: 0,
      deaths: { "time-limit": 0, chaos: 0, memory: 0, exit: 0, lost: 0 },
    },
  };
}
