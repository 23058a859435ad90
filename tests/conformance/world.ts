/**
 * The honest test of durability: harness and test are one compiled module, run as a task; at its stops it is written down and
 * taken up in a new realm, where only code has been loaded; for a sample of the tests, in a new process each time.
 * Nothing but the bytes (and what was printed) goes across.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compileFunction } from "node:vm";
import type { TaskId } from "../../src/base/ids.ts";
import type { Bundle } from "../../src/protocol/bundle.ts";
import { hashOf } from "./collect.ts";
import type { Thrown } from "./outcome.ts";
import { createRealm, loadRuntime } from "./realm.ts";

const loaded = Date.now();

// biome-ignore lint/suspicious/noExplicitAny: values of another realm have no type here
type Any = any;

/** Each of the first stops is a thaw, then every tenth. */
const thawsInARow = 10;
const stopsMax = 2_000;
/** One of so many tests goes on in new processes; a prime, for a sample within samples. */
const sampled = 23;

/** Where a task goes on. */
export interface Stop {
  /** Absent at the beginning. */
  readonly bytes: Uint8Array | undefined;
  /** How many there were. */
  readonly stops: number;
  /** Sleeps that are over by then. */
  readonly over: readonly number[];
}

/** From one stop to the next one at which the task is written down, or to its end. */
export type Leg =
  | { readonly kind: "stopped"; readonly stop: Stop; readonly printed: readonly string[] }
  | { readonly kind: "ended"; readonly message: string | undefined; readonly printed: readonly string[] };

export interface WorldRun {
  readonly thrown: Thrown | undefined;
  readonly printed: string[];
  readonly thaws: number;
  /** Thaws in a process of their own. */
  readonly processes: number;
}

export async function runWorld(bundle: Bundle, path: string): Promise<WorldRun> {
  const isSampled = hashOf(path) % sampled === 0;
  const run = isSampled ? legInProcess : leg;
  const printed: string[] = [];
  let thaws = 0;
  let stop: Stop = { bytes: undefined, stops: 0, over: [] };
  for (;;) {
    const next = await run(bundle, stop);
    printed.push(...next.printed);
    if (next.kind === "ended") {
      const thrown = next.message === undefined ? undefined : { error: new Error(next.message) };
      return { thrown, printed, thaws, processes: isSampled ? thaws : 0 };
    }
    thaws += 1;
    stop = next.stop;
  }
}

export async function leg(bundle: Bundle, from: Stop): Promise<Leg> {
  const printed: string[] = [];
  const ended = (message: string | undefined): Leg => ({ kind: "ended", message, printed });
  try {
    const { task, runtime } = await enter(bundle, printed, from.bytes);
    deliver(task, from.over);
    for (let { stops } = from; stops < stopsMax; ) {
      runtime.signal[0] = 1;
      const state = task.run();
      stops += 1;
      const over = task
        .takeEffects()
        .filter((effect: Any) => effect.kind === "sleep")
        .map((effect: Any) => effect.id);
      if (state.kind === "ended") return ended(messageOf(state.outcome));
      if (state.kind === "waiting" && over.length === 0) return ended("waits for ever");
      if (stops <= thawsInARow || stops % 10 === 0) {
        const bytes = new Uint8Array(task.snapshot());
        return { kind: "stopped", stop: { bytes, stops, over }, printed };
      }
      deliver(task, over);
    }
    return ended("has too many stops");
  } catch (error) {
    return ended(String(error));
  }
}

function deliver(task: Any, over: readonly number[]): void {
  const outcome = { kind: "value", value: new Uint8Array(0) };
  if (over.length > 0) task.deliver(over.map((effect) => ({ effect, outcome })));
}

/** The same in a process of its own. */
function legInProcess(bundle: Bundle, stop: Stop): Promise<Leg> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL("./world-leg.js", import.meta.url)), {
      execArgv: ["--no-warnings"],
      serialization: "advanced",
    });
    let answer: Leg = { kind: "ended", message: "the process ended", printed: [] };
    child.on("message", (found: Leg) => {
      answer = found;
    });
    child.on("exit", () => resolve(answer));
    child.send({ bundle, stop });
  });
}

async function enter(
  bundle: Bundle,
  printed: string[],
  bytes: Uint8Array | undefined,
): Promise<{ readonly runtime: Any; readonly task: Any }> {
  const realm = createRealm(printed);
  // The harness asks whether there is one.
  realm.global.$DONE = () => {};
  const runtime = loadRuntime(realm);
  runtime.TaskKernel.prototype.noteRejection = () => {};
  const program = await runtime.loadProgram(bundle, {
    compile: (code: string, filename: string) =>
      compileFunction(code, ["$rt"], { filename, parsingContext: realm.context as never }),
    importForeign: ({ name }: { name: string }) => Promise.reject(new Error(`there is no module ${name}`)),
  });
  let questions = 0;
  const host = {
    wake: () => {},
    freeze: () => {
      questions += 1;
      return questions % 2 === 0;
    },
    // Stands still, so that timers come in their order; near the clock that a class over the realm's own Date reads.
    now: () => loaded,
  };
  const task = program.task("rworld" as TaskId, host);
  // The task holds on to its input: so that is made in the realm.
  const input: unknown = realm.global.JSON.parse('{ "kind": "input", "json": "" }');
  // So do views of a thawed task on the bytes.
  task.begin(bytes === undefined ? input : { kind: "snapshot", bytes: new realm.global.Uint8Array(bytes) });
  return { runtime, task };
}

function messageOf(outcome: Any): string | undefined {
  if (outcome.kind === "value") return undefined;
  return outcome.message ?? `ended as ${outcome.kind}`;
}
