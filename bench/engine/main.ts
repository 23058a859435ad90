/**
 * What the engine costs: the cases of case.ts, each run in a process of its own on fresh state, by turns with the floor that it is compared with.
 *
 * E1. A case and its floor take turns, and medians are compared: a disk that is busy is busy for both.
 * E2. Every row says where its worker is (`inproc`: in the server's process; else processes), what durability it has, and whether its processes
 *     are new (a case runs once on a small size before it is measured) or `warm`: have done the same several times, as those of a server that
 *     stays. `recover` is a task's going on in the worker in reserve, or (`new`) in one that has to be started, and its
 *     `replay` what the task costs there.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Row, Wish } from "../report.ts";

type Figures = Readonly<Record<string, number>>;

interface EngineCase {
  readonly name: string;
  /** Of case.ts, with its flags. */
  readonly run: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** It is measured in warm processes, too: after so many times. */
  readonly warm?: number;
  /** What it is compared with, and as what. */
  readonly floor?: { readonly run: readonly string[]; readonly figure: string };
  readonly rows: readonly {
    readonly figure: string;
    readonly unit: Row["unit"];
    readonly target: number;
  }[];
}

const processes = ["--processes", "--workers", "2"];

const cases: readonly EngineCase[] = [
  {
    name: "seq:10000",
    run: ["seq:10000"],
    warm: 1,
    floor: { run: ["floor:10000"], figure: "ms" },
    rows: [{ figure: "ms", unit: "ms", target: 1 / 0.8 }],
  },
  {
    name: "seq:10000 processes",
    run: ["seq:10000", ...processes],
    warm: 1,
    floor: { run: ["floor:10000"], figure: "ms" },
    rows: [{ figure: "ms", unit: "ms", target: 1 / 0.8 }],
  },
  {
    name: "internal:10000 group",
    run: ["internal:10000", "--group"],
    rows: [{ figure: "ms", unit: "ms", target: 100 }],
  },
  {
    name: "seq:10000 group",
    run: ["seq:10000", "--group"],
    warm: 1,
    floor: { run: ["floor:10000"], figure: "ms" },
    rows: [{ figure: "ms", unit: "ms", target: 1 / 0.8 }],
  },
  { name: "start:1000", run: ["start:1000"], warm: 10, rows: [{ figure: "ms", unit: "ms", target: 100 }] },
  {
    name: "fanout:1000",
    run: ["fanout:1000"],
    warm: 10,
    rows: [{ figure: "ms", unit: "ms", target: 80 }],
  },
  {
    name: "fanout:1000 processes",
    run: ["fanout:1000", ...processes],
    warm: 10,
    rows: [{ figure: "ms", unit: "ms", target: 80 }],
  },
  ...[1, 1_000, 10_000].map((n) => ({
    name: `recover:${n} processes`,
    run: [`recover:${n}`],
    rows: [
      { figure: "replay_ms", unit: "ms", target: 3 },
      { figure: "from_spawn_ms", unit: "ms", target: 499 },
      { figure: "new_replay_ms", unit: "ms", target: 3 },
      { figure: "new_from_spawn_ms", unit: "ms", target: 499 },
    ] as const,
  })),
  {
    name: "pingpong:500",
    run: ["pingpong:500"],
    warm: 5,
    rows: [{ figure: "p50_ms", unit: "ms", target: 0.15 }],
  },
  {
    name: "pingpong:500 group",
    run: ["pingpong:500", "--group"],
    warm: 5,
    rows: [
      { figure: "p50_ms", unit: "ms", target: 0.15 },
      { figure: "p99_ms", unit: "ms", target: 1 },
    ],
  },
  {
    name: "pingpong:500 processes group",
    run: ["pingpong:500", "--group", ...processes],
    warm: 5,
    rows: [
      { figure: "p50_ms", unit: "ms", target: 0.4 },
      { figure: "p99_ms", unit: "ms", target: 2 },
    ],
  },
  {
    name: "parked:10000 processes",
    run: ["parked:10000", ...processes],
    rows: [
      { figure: "bytes_each", unit: "bytes", target: 600 },
      { figure: "next_bytes_each", unit: "bytes", target: 600 },
    ],
  },
  {
    name: "parked:10000 processes, freed memory trimmed",
    run: ["parked:10000", ...processes],
    env: { MALLOC_TRIM_THRESHOLD_: "131072" },
    rows: [
      { figure: "bytes_each", unit: "bytes", target: 600 },
      { figure: "next_bytes_each", unit: "bytes", target: 600 },
    ],
  },
  {
    name: "bytes:10000",
    run: ["bytes:10000"],
    rows: [{ figure: "stored_bytes", unit: "bytes", target: 200_000 }],
  },
  ...[1_000, 1_000_000].flatMap((size) => [
    {
      name: `checkpoint:${size} sync`,
      run: [`checkpoint:${size}`],
      ...(size === 1_000 ? { warm: 20 } : {}),
      floor: { run: [`floorbytes:${size}`], figure: "p50_ms" },
      rows: [{ figure: "sync_p50_ms", unit: "ms", target: 2 }] as const,
    },
    {
      name: `checkpoint:${size} async, foreground`,
      run: [`checkpoint:${size}`],
      ...(size === 1_000 ? { warm: 20 } : {}),
      rows: [{ figure: "async_p50_ms", unit: "ms", target: size === 1_000 ? 0.02 : 4 }] as const,
    },
  ]),
];

export async function benchEngine({ only, rounds }: Wish): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const each of cases.flatMap(withWarm)) {
    if (only !== undefined && !each.name.includes(only)) continue;
    const ours: Figures[] = [];
    const floors: Figures[] = [];
    for (let round = 0; round < rounds; round++) {
      if (each.floor !== undefined) floors.push(await measure(each.floor.run));
      ours.push(await measure(each.run, each.env));
    }
    for (const { figure, unit, target } of each.rows) {
      const row = {
        name: each.rows.length > 1 ? `${each.name} ${figure}` : each.name,
        ours: median(ours.map((figures) => figures[figure]!)),
        unit,
        target,
        note: each.run.includes("--group") ? "group" : "strict",
      };
      if (each.floor === undefined) rows.push(row);
      else {
        const { figure: floor } = each.floor;
        rows.push({ ...row, against: "floor", other: median(floors.map((figures) => figures[floor]!)) });
      }
    }
  }
  return rows;
}

/** The case as it is, and warm if it is measured so, too. */
function withWarm(each: EngineCase): readonly EngineCase[] {
  if (each.warm === undefined) return [each];
  return [each, { ...each, name: `${each.name} warm`, run: [...each.run, "--warm", String(each.warm)] }];
}

async function measure(args: readonly string[], env: EngineCase["env"] = {}): Promise<Figures> {
  const script = fileURLToPath(new URL("./case.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args], {
    env: { ...process.env, ...env },
  });
  return JSON.parse(/^RESULT (.*)$/m.exec(stdout)![1]!) as Figures;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[sorted.length >> 1]!;
}
