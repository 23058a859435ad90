/**
 * Runs one program three ways: natively, compiled, and compiled with a thaw at every stop. A program is the text of an
 * async function's body over `sleep`, `log` and `call`; time is virtual, so that all three see the same.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { compileFunction } from "node:vm";
import type { EffectId, TaskId } from "../../src/base/ids.ts";
import { bundle } from "../../src/compiler/index.ts";
import type { Bundle, ModuleLink } from "../../src/protocol/bundle.ts";
import type { Completion, Outcome } from "../../src/protocol/effect.ts";
import {
  type Begin,
  loadProgram,
  type Program,
  signal,
  sleepFor,
  spawnChild,
} from "../../src/runtime/index.ts";

/** What a program leaves: what it logged, then how it ended. */
export type Trace = readonly unknown[];

export async function runNatively(body: string): Promise<Trace> {
  const timers: { readonly at: number; readonly resolve: () => void }[] = [];
  let now = 0;
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      timers.push({ at: now + ms, resolve });
      timers.sort((one, other) => one.at - other.at);
    });
  const log: unknown[] = [];
  const call = (fn: (...args: unknown[]) => unknown, ...args: unknown[]): unknown =>
    fn(...structuredClone(args));
  const program = compileFunction(`"use strict"; return (async () => { ${body} })()`, [
    "sleep",
    "log",
    "call",
  ]);
  const done = (program as (...args: unknown[]) => Promise<unknown>)(
    sleep,
    (text: unknown) => log.push(text),
    call,
  );
  let ended = false;
  const end = done.then(
    (value) => ["returned", value],
    (error) => ["threw", String(error)],
  );
  void end.then(() => {
    ended = true;
  });
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    const next = timers.shift();
    if (next === undefined) break;
    now = next.at;
    next.resolve();
  }
  assert.ok(ended, "the program waits for ever");
  return [...log, ...(await end)];
}

interface Build {
  /** It may put globals of its own in the place of others. */
  readonly ownRealm?: boolean;
}

export async function compileBody(body: string, options: Build = {}): Promise<Program> {
  return await loadBody(await buildBody(body, options));
}

export async function buildBody(body: string, options: Build = {}): Promise<Bundle> {
  const source = `import { sleep, call } from "api";
const trace = [];
const log = (text) => { trace.push(text); };
export default async function main() {
  let end;
  const run = async () => { ${body} };
  const running = run();
  try { end = ["returned", await running]; } catch (error) { end = ["threw", String(error)]; }
  await sleep(1e6);
  return [...trace, ...end];
}`;
  const link: ModuleLink = { kind: "foreign", name: "api" };
  const host = {
    read: async () => source,
    resolve: async () => link,
    hash: (text: string) => createHash("sha256").update(text).digest("hex"),
  };
  const built = await bundle("main.js", host, { root: "/app", nodeMajor: 20, ...options });
  assert.ok(built.bundle !== undefined, JSON.stringify(built.diagnostics));
  return built.bundle;
}

export async function loadBody(built: Bundle): Promise<Program> {
  const api = {
    sleep: sleepFor,
    call: (fn: unknown, ...args: unknown[]) => spawnChild("call", fn, args, { joined: true }).result,
  };
  return await loadProgram(built, {
    compile: (code, filename) => compileFunction(code, ["$rt"], { filename }) as (rt: unknown) => unknown,
    importForeign: async () => api,
  });
}

/** `stops`: go on from bytes wherever the task waits. `polls`: freeze it at every chance, too, and go on from bytes there. */
export type Thaw = "never" | "stops" | "polls";

/** The end of a sleep. */
export interface Sleeping {
  readonly at: number;
  readonly effect: EffectId;
}
const awake: Outcome = { kind: "value", value: new Uint8Array(0) };

/** Runs a task to its end in virtual time. `sleeping`: what it waits for if it begins in the middle. */
export function runTask(
  program: Program,
  {
    thaw,
    begin = { kind: "input", json: "" },
    id = "rdrive",
    sleeping = [],
  }: { thaw: Thaw; begin?: Begin; id?: string; sleeping?: readonly Sleeping[] },
): Outcome {
  let now = 0;
  let frozen = false;
  // A task just frozen runs on to the next chance: the first question after a thaw is answered no.
  const freeze = (): boolean => {
    frozen = !frozen;
    return thaw === "polls" && frozen;
  };
  const host = { wake: () => {}, freeze, now: () => now };
  let task = program.task(id as TaskId, host);
  task.begin(begin);
  const coming: (Completion & { readonly at: number })[] = sleeping.map((each) => ({
    ...each,
    outcome: awake,
  }));
  for (;;) {
    signal[0] = thaw === "polls" ? 1 : 0;
    const state = task.run();
    signal[0] = 0;
    for (const effect of task.takeEffects()) {
      if (effect.kind === "sleep") {
        coming.push({
          at: now + effect.ms,
          effect: effect.id,
          outcome: awake,
        });
      } else if (effect.kind === "spawn") {
        const outcome = runTask(program, {
          thaw,
          begin: { kind: "payload", bytes: effect.payload },
          id: effect.task,
        });
        coming.push({ at: now, effect: effect.id, outcome });
      }
    }
    if (state.kind === "ended") return state.outcome;
    if (thaw !== "never") {
      const bytes = task.snapshot();
      task.drop();
      task = program.task(id as TaskId, host);
      task.begin({ kind: "snapshot", bytes });
    }
    if (state.kind === "frozen") continue;
    coming.sort((one, other) => one.at - other.at || one.effect - other.effect);
    const next = coming.shift();
    assert.ok(next !== undefined, "the task waits for nothing that could come");
    now = next.at;
    task.deliver([next]);
  }
}

export function traceOf(program: Program, thaw: Thaw): Trace {
  const outcome = runTask(program, { thaw });
  assert.equal(outcome.kind, "value", outcome.kind === "value" ? "" : outcome.message);
  return program.decode((outcome as Outcome & { kind: "value" }).value) as Trace;
}
