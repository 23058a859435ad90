/**
 * `node dist/bench/engine/case.js CASE:N [--processes] [--workers N] [--group] [--warm N]`: one run of one case on fresh state, which prints one line `RESULT {json}`.
 *
 * `--warm N`: the same is done N times before it is measured, in the same processes; without it they have done a small size of it once.
 *
 * The cases, their starts and ends are those of other engines' benches, so that the figures can stand beside theirs:
 *
 *   seq:N          one run, N durable no-op steps one after another                           ms, steps_s
 *   start:N        N runs of no steps, started at once, all awaited                           ms, wf_s
 *   fanout:N       one run starts N tasks and joins them                                      ms
 *   recover:N      the worker is killed (SIGKILL) inside step N + 1                           from_spawn_ms: from the kill to step N + 1 running;
 *                                                                                             replay_ms: from the task's taking up to step N + 1;
 *                  new_from_spawn_ms, new_replay_ms: the same when the next worker is killed at once, and there is none in reserve
 *                  state_bytes: what the task goes on from
 *   pingpong:N     N messages each way between two tasks, over two queues                     p50_ms, p99_ms of one hop
 *   parked:N       N runs asleep for an hour                                                  bytes_each of memory, server and workers together;
 *                  next_bytes_each of N more beside them
 *   bytes:N        N steps with a result of 1,024 characters that do not compress             stored_bytes in all, bytes_per_step
 * and of our own:
 *   internal:N     N effects inside the system (enqueue, dequeue) one after another           ms, steps_s
 *   resumed:N      `recover` behind N effects inside the system                               as recover
 *   checkpoint:N   30 checkpoints with N bytes of state, synchronous ones and others          sync_p50_ms, async_p50_ms
 *   floor:N        no engine: N lines appended to a file, an fdatasync behind each            ms, steps_s
 *   floorbytes:N   no engine: 30 times N bytes appended, an fdatasync behind each             p50_ms
 */
import assert from "node:assert/strict";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type RunId, rootTaskOf } from "../../src/base/ids.ts";
import { limits } from "../../src/base/limits.ts";
import type { RunRow } from "../../src/protocol/rows.ts";
import { type HostOptions, memoryOf, openHost, sizeOf } from "./host.ts";

type Figures = Readonly<Record<string, number | string>>;
type Place = Pick<HostOptions, "platform" | "workers" | "durability"> & { readonly warm: number };
type Case = (n: number, place: Place) => Promise<Figures>;

const cases: Readonly<Record<string, Case>> = {
  seq: (n, place) => rate("seq", n, place, (n * (n - 1)) / 2),
  internal: (n, place) => rate("internal", n, place),
  async start(n, place) {
    await using host = await openHost({ program: "start", ...place });
    await host.result(0);
    return await warmly(place, async () => {
      const began = performance.now();
      await Promise.all(Array.from({ length: n }, (_, i) => host.result(i)));
      return perSecond("wf_s", n, performance.now() - began);
    });
  },
  async fanout(n, place) {
    await using host = await openHost({ program: "fanout", ...place });
    await host.result(1);
    return await warmly(place, async () => {
      const began = performance.now();
      assert.equal(await host.result(n), n);
      return { ms: performance.now() - began };
    });
  },
  recover: (n, place) => recover("recover", n, place),
  resumed: (n, place) => recover("resumed", n, place),
  async pingpong(n, place) {
    await using host = await openHost({ program: "pingpong", ...place });
    await host.result(20);
    return await warmly(place, async () => {
      const { hops } = (await host.result(n)) as { hops: number[] };
      assert.equal(hops.length, 2 * n);
      return {
        hops: hops.length,
        p50_ms: quantile(hops, 0.5),
        p99_ms: quantile(hops, 0.99),
        max_ms: Math.max(...hops),
      };
    });
  },
  parked,
  async bytes(n, place) {
    await using host = await openHost({ program: "bytes", ...place });
    await host.result(1);
    const before = sizeOf(host.path);
    const began = performance.now();
    assert.equal(await host.result(n), 1024);
    const ms = performance.now() - began;
    const after = sizeOf(host.path);
    return {
      ms,
      stored_bytes: after.bytes,
      stored_disk: after.disk,
      bytes_per_step: (after.bytes - before.bytes) / n,
    };
  },
  async checkpoint(size, place) {
    await using host = await openHost({ program: "checkpoint", ...place });
    await host.result({ n: 30, size, sync: true });
    return await warmly(place, async () => {
      const sync = (await host.result({ n: 30, size, sync: true })) as { times: number[] };
      const async = (await host.result({ n: 30, size, sync: false })) as { times: number[] };
      return { sync_p50_ms: quantile(sync.times, 0.5), async_p50_ms: quantile(async.times, 0.5) };
    });
  },
  async floor(n) {
    return inFile((fd) => {
      const began = performance.now();
      for (let i = 0; i < n; i++) {
        writeSync(fd, `${JSON.stringify({ i, v: i })}\n`);
        fdatasyncSync(fd);
      }
      return perSecond("steps_s", n, performance.now() - began);
    });
  },
  async floorbytes(size) {
    return inFile((fd) => {
      const bytes = Buffer.alloc(size, "x");
      const times = Array.from({ length: 30 }, () => {
        const began = performance.now();
        writeSync(fd, bytes);
        fdatasyncSync(fd);
        return performance.now() - began;
      });
      return { p50_ms: quantile(times, 0.5) };
    });
  },
};

async function rate(
  program: HostOptions["program"],
  n: number,
  place: Place,
  expected?: number,
): Promise<Figures> {
  await using host = await openHost({ program, ...place });
  await host.result(100);
  return await warmly(place, async () => {
    const began = performance.now();
    const sum = await host.result(n);
    const ms = performance.now() - began;
    if (expected !== undefined) assert.equal(sum, expected);
    return perSecond("steps_s", n, ms);
  });
}

/** What is measured the last time, and the CPU time of all threads of this process meanwhile. */
async function warmly({ warm }: Place, measure: () => Promise<Figures>): Promise<Figures> {
  for (let round = 0; round < warm; round++) await measure();
  const before = process.cpuUsage();
  const figures = await measure();
  const { user, system } = process.cpuUsage(before);
  return { ...figures, cpu_ms: (user + system) / 1000 };
}

/** Always with processes: only those can be killed inside a step. */
async function recover(program: "recover" | "resumed", n: number, { durability }: Place): Promise<Figures> {
  const waiting: ((line: string) => void)[] = [];
  const line = (): Promise<string> => new Promise((resolve) => waiting.push(resolve));
  await using host = await openHost({
    program,
    platform: "process",
    workers: 1,
    durability,
    said: (text) => waiting.shift()?.(text),
  });
  const reached = line();
  await host.start(n);
  await reached;
  const [{ id }] = host.server.runs() as [RunRow];
  const state = await host.server.look(({ read }) => read(`snapshot/${rootTaskOf(id)}`));
  const kill = async (): Promise<readonly [number, number]> => {
    const again = line();
    const killed = performance.now();
    const [pid] = host.workers();
    process.kill(pid!, "SIGKILL");
    const text = await again;
    return [performance.now() - killed, Number(text.replace("REACHED ", ""))];
  };
  // Until there is a worker in reserve.
  await quiet(limits.spareAfterMs + 2_000);
  const [from_spawn_ms, replay_ms] = await kill();
  const [new_from_spawn_ms, new_replay_ms] = await kill();
  const state_bytes = state?.length ?? 0;
  return { from_spawn_ms, replay_ms, new_from_spawn_ms, new_replay_ms, state_bytes };
}

async function parked(n: number, place: Place): Promise<Figures> {
  await using host = await openHost({ program: "parked", ...place });
  // The first one brings the workers up, which are no part of what a sleeper costs.
  await host.start(0);
  await quiet(toRest);
  const total = (): number => [process.pid, ...host.workers()].reduce((sum, pid) => sum + memoryOf(pid), 0);
  const isUp = ({ id }: { readonly id: RunId }) => (host.server.statistics(id)?.parked ?? 0) === 0;
  const park = async (all: number): Promise<Figures> => {
    const began = performance.now();
    // Nothing of them is kept here, which would be weighed, too.
    await Promise.all(Array.from({ length: n }, () => host.start(0).then(() => {})));
    const submit_ms = performance.now() - began;
    assert.equal(host.server.runs().length, all);
    while (host.server.runs().some(isUp)) await quiet();
    const all_parked_ms = performance.now() - began;
    await quiet(toRest);
    return { submit_ms, all_parked_ms };
  };
  const before = total();
  const times = await park(1 + n);
  const after = total();
  await park(1 + 2 * n);
  return {
    ...times,
    before_mb: before / 1e6,
    after_mb: after / 1e6,
    bytes_each: (after - before) / n,
    // What the allocator keeps of the start of so many is there already: this is what sleepers hold.
    next_bytes_each: (total() - after) / n,
  };
}

/** How long it takes until a server and its workers that have nothing to do have given back what they do not need. */
const toRest = limits.warmMs + 8 * limits.restAfterMs;

function quiet(ms = 500): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function perSecond(name: string, n: number, ms: number): Figures {
  return { ms, [name]: (n / ms) * 1000 };
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

function inFile(measure: (fd: number) => Figures): Figures {
  const path = mkdtempSync(join(tmpdir(), "continua-floor-"));
  const fd = openSync(join(path, "log"), "a");
  try {
    return measure(fd);
  } finally {
    closeSync(fd);
    rmSync(path, { recursive: true });
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    processes: { type: "boolean", default: false },
    group: { type: "boolean", default: false },
    workers: { type: "string", default: "1" },
    warm: { type: "string", default: "0" },
  },
});
const [name = "", count = ""] = (positionals[0] ?? "").split(":");
const found = cases[name];
const n = Number(count);
if (found === undefined || !Number.isSafeInteger(n) || n < 1) {
  console.error(
    `usage: case.js CASE:N [--processes] [--workers N] [--group] [--warm N], with a case of ${Object.keys(cases).join(", ")}`,
  );
  process.exitCode = 2;
} else {
  const platform = values.processes ? "process" : "inproc";
  const durability = values.group ? "group" : "strict";
  const warm = Number(values.warm);
  const figures = await found(n, { platform, durability, workers: Number(values.workers), warm });
  const rounded = Object.fromEntries(
    Object.entries(figures).map(([key, value]) => [
      key,
      typeof value === "number" ? Number(value.toFixed(4)) : value,
    ]),
  );
  console.log(
    `RESULT ${JSON.stringify({ platform, workers: Number(values.workers), durability, warm, ...rounded })}`,
  );
}
