/**
 * What it costs to make something durable, against the least that it can cost: a line appended to a file and flushed. All sides write to
 * files of one directory (TMPDIR), by turns; medians of the rounds.
 */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  write,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { EffectId, RunId, TaskId, Version } from "../../src/base/ids.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { Platform } from "../../src/platform/platform.ts";
import type { Change, DeathKind } from "../../src/protocol/rows.ts";
import { Server, systemClock } from "../../src/server/index.ts";
import { openFileStore, openLargeValues, type Store } from "../../src/store/index.ts";
import { interleaved, type Row, type Wish } from "../report.ts";

const later = { write: promisify(write), flush: promisify(fdatasync) };

export async function benchStore({ rounds, only = "" }: Wish): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "continua-bench-"));
  try {
    const rows: Row[] = [];
    for (const [name, cases] of Object.entries(all)) {
      if (name.includes(only)) rows.push(...(await cases(folder, rounds)));
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const all: Readonly<Record<string, (folder: string, rounds: number) => Promise<Row[]>>> = {
  flush: benchFlush,
  write: benchWrites,
  open: benchOpen,
};

/** How a log can be flushed: the choice that src/store/log.ts has made. */
async function benchFlush(folder: string, rounds: number): Promise<Row[]> {
  const record = Buffer.alloc(1_000, 7);
  const count = 100;
  const side = (name: string, { ahead, inPlace }: { ahead: boolean; inPlace: boolean }) => {
    let at = 0;
    const file = openSync(join(folder, name), "w+");
    if (ahead) writeSync(file, Buffer.alloc((rounds + 4) * count * record.length));
    fdatasyncSync(file);
    return {
      close: () => closeSync(file),
      async run(): Promise<void> {
        for (let i = 0; i < count; i++, at += record.length) {
          if (inPlace) {
            writeSync(file, record, 0, record.length, at);
            fdatasyncSync(file);
          } else {
            await later.write(file, record, 0, record.length, at);
            await later.flush(file);
          }
        }
      },
    };
  };
  const ways = {
    "appended, flushed in place": { ahead: false, inPlace: true },
    "appended, flushed by the thread pool": { ahead: false, inPlace: false },
    "zeros ahead, flushed in place": { ahead: true, inPlace: true },
    "zeros ahead, flushed by the thread pool": { ahead: true, inPlace: false },
  };
  const sides = Object.entries(ways).map(([name, way]) => side(name.replaceAll(" ", "-"), way));
  const times = await interleaved(
    rounds,
    sides.map(({ run }) => run),
  );
  for (const { close } of sides) close();
  const [floor] = times;
  return Object.keys(ways).map((name, index) => ({
    name: `1 kB ${name}`,
    ours: times[index]! / count / 1e3,
    other: floor! / count / 1e3,
    against: "appended in place",
    unit: "us",
    target: 10,
    note: "for the choice of a way; no target",
  }));
}

interface WriteCase {
  readonly size: number;
  readonly count: number;
  readonly target: number;
  readonly anew?: true;
  /** In a directory of blobs. */
  readonly outside?: true;
}

const writeCases: readonly WriteCase[] = [
  { size: 600, count: 200, target: 1.25 },
  { size: 1_000, count: 200, target: 2 },
  { size: 1_000_000, count: 10, target: 2 },
  { size: 1_000_001, count: 10, target: 2, anew: true },
  { size: 1_000_002, count: 10, target: 4, outside: true },
  { size: 1_000_003, count: 10, target: 4, anew: true, outside: true },
];

/** One task that waits for each of its checkpoints; and as many bytes appended and flushed. */
async function benchWrites(folder: string, rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { size, count, target, anew = false, outside = false } of writeCases) {
    const inner = await openFileStore({ path: join(folder, `store-${size}`), create: true });
    const store = await openLargeValues(inner, outside ? join(folder, `blobs-${size}`) : undefined);
    const file = openSync(join(folder, `floor-${size}`), "w");
    let seq = 0;
    const random = seededRandom(1);
    const snapshots = Array.from({ length: anew ? 16 : 1 }, () =>
      new Uint8Array(size).map(() => random() * 256),
    );
    const ours = async (): Promise<void> => {
      for (let i = 0; i < count; i++) {
        seq++;
        const snapshot = snapshots[seq % snapshots.length]!;
        // Another one each time; the store keeps what it is given, so it gets a copy.
        snapshot[seq % size] = seq;
        await store.write(checkpoint(seq, snapshot.slice()));
      }
    };
    const floor = (): void => {
      for (let i = 0; i < count; i++) {
        writeSync(file, snapshots[0]!);
        fdatasyncSync(file);
      }
    };
    const [own, least] = await interleaved(rounds, [ours, floor]);
    closeSync(file);
    await store.close();
    rows.push({
      name: `a checkpoint of ${size} bytes${anew ? ", all of them new" : ""}${outside ? ", in a directory of blobs" : ""}`,
      ours: own! / count / 1e3,
      other: least! / count / 1e3,
      against: "append + fdatasync",
      unit: "us",
      target,
      note: "rows of the task and of its run go along",
    });
  }
  return rows;
}

function checkpoint(seq: number, snapshot: Uint8Array): Change[] {
  return [
    { table: "bytes", key: "snapshot/r1", bytes: snapshot },
    { table: "task", key: "r1", row: { ...parked("r1"), seq, status: "active" } },
    { table: "run", key: "r1", row: { ...run, stats: { ...run.stats, commits: seq } } },
  ];
}

/** Opening a state of many parked tasks, up to a server that decides. */
async function benchOpen(folder: string, rounds: number): Promise<Row[]> {
  const tasks = 100_000;
  const path = join(folder, "parked");
  const store = await openFileStore({ path, create: true });
  await fill(store, tasks);
  await store.close();
  const [time] = await interleaved(
    Math.min(rounds, 5),
    [
      async () => {
        const server = await Server.open({
          store: await openFileStore({ path, create: false }),
          platform: noWorkers,
          clock: systemClock,
          random: seededRandom(1),
          workers: 1,
        });
        await server.close();
      },
    ],
    1,
  );
  return [
    {
      name: `opening ${tasks} parked tasks, and closing`,
      ours: time! / 1e6,
      unit: "ms",
      target: 2_000,
      note: "one sleeps in each, with a snapshot of 300 bytes",
    },
  ];
}

async function fill(store: Store, tasks: number): Promise<void> {
  const snapshot = new Uint8Array(300).fill(3);
  await store.write([
    { table: "run", key: "r1", row: run },
    { table: "task", key: "r1", row: parked("r1") },
  ]);
  for (let i = 1; i <= tasks; i++) {
    const task = `r1.${i}`;
    const dueAt = Date.now() + 3_600_000 + i;
    const row = { task: task as TaskId, effect: 1 as EffectId, dueAt };
    const changes: Change[] = [
      { table: "task", key: task, row: parked(task) },
      { table: "timer", key: `${task}/1`, row },
      { table: "bytes", key: `snapshot/${task}`, bytes: snapshot },
    ];
    const written = store.write(changes);
    if (i % 1_000 === 0) await written;
  }
}

const noWorkers: Platform = {
  start: () => ({ name: "none", send() {}, kill() {}, freeze() {} }),
  async close() {},
};

const run = {
  id: "r1" as RunId,
  version: "v1" as Version,
  program: "bench.ts",
  log: { first: 0, next: 0 },
  startedAt: 1,
  status: "running",
  stats: {
    tasks: 1,
    tasksEnded: 0,
    activations: 0,
    commits: 0,
    checkpointBytes: 0,
    deaths: { "time-limit": 0, chaos: 0, memory: 0, exit: 0, lost: 0 } satisfies Record<DeathKind, number>,
  },
} as const;

function parked(id: string) {
  return {
    id: id as TaskId,
    name: "sleeper",
    epoch: 1,
    seq: 1,
    status: "parked",
    from: "snapshot",
    completions: [],
    joiners: [],
    observed: false,
    deaths: 0,
    alone: false,
  } as const;
}
