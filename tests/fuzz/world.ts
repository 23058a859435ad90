/**
 * A compiled program in the real runtime, with virtual time. At stops that a seed chooses, the task is written down, dropped, and thawed,
 * often over freshly loaded modules: nothing goes across but bytes.
 *
 * W1. Time passes only while nothing can run, to the next moment at which something is due (clock.ts).
 * W2. The same bundle, policy and place give the same run, unless it waits for foreign code.
 */
import assert from "node:assert/strict";
import { compileFunction } from "node:vm";
import type { TaskId } from "../../src/base/ids.ts";
import { seededRandom } from "../../src/base/random.ts";
import { nothing } from "../../src/protocol/answers.ts";
import type { Bundle, ModuleLink } from "../../src/protocol/bundle.ts";
import {
  loadProgram,
  NotSaveableError,
  type Program,
  type ProgramHost,
  signal,
  type Task,
} from "../../src/runtime/index.ts";
import { type Due, earliest } from "./clock.ts";

/** When a task is frozen, and when it is thawed in a new world. */
export interface Policy {
  readonly seed: number;
  /** Of the questions whether to freeze. */
  readonly freezes: number;
  /** Of the stops. */
  readonly thaws: number;
}

export const undisturbed: Policy = { seed: 0, freezes: 0, thaws: 0 };
export const everywhere: Policy = { seed: 0, freezes: 0.5, thaws: 1 };

export function randomPolicy(seed: number): Policy {
  const random = seededRandom(seed ^ 0x5eed);
  const pick = (...items: number[]): number => items[Math.floor(random() * items.length)]!;
  return { seed, freezes: pick(0.05, 0.2, 0.5), thaws: pick(0.2, 0.5, 1) };
}

interface Sleep extends Due {
  readonly kind: "sleep";
}

/** Where a run stands: all that another process needs to go on with it. */
export interface Place {
  readonly bytes: Uint8Array;
  readonly clock: number;
  readonly firings: number;
  readonly sleeps: readonly Sleep[];
  readonly seed: number;
}

/** What surrounds the program. */
export interface Outside {
  importForeign(link: ModuleLink & { kind: "foreign" }): Promise<Record<string, unknown>>;
  /** What else a worker's host does, if it is to be as there: stacks in the positions of the source, say. */
  readonly host?: Partial<ProgramHost>;
  /** Sleeps that have come to their end after which a run is cut off. */
  readonly firingsMax: number;
  /** Real time for which it waits for foreign code; without it, not at all. */
  readonly patienceMs?: number;
  /** May take the run elsewhere: then it ends here. Asked at each thaw. */
  leave?(place: Place): boolean;
  /** Called whenever time has passed. */
  passed?(clock: number): void;
}

/** `waits`: for what never comes, or foreign code; `cut`: too many sleeps. */
export type End =
  | { readonly kind: "ended" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "waits" | "cut" | "left" };

const stopsMax = 200_000;
/** Of the thaws: how many are over freshly loaded modules; the others as in a worker that has run other tasks of the program. */
const fresh = 0.2;

/** Stops at which foreign code of the process may still bring something. */
const boundMax = 3;

/** `left`: the run goes on elsewhere. */
type Passage = "kept" | "thawed" | "left";

export class World {
  readonly #bundle: Bundle;
  readonly #policy: Policy;
  readonly #outside: Outside;
  readonly #random: () => number;
  readonly #sleeps = new Map<number, Sleep>();
  #clock = 0;
  #firings = 0;
  #program: Program | undefined;
  #task: Task | undefined;
  #wake: () => void = () => {};
  thaws = 0;
  #bound = 0;
  /** Why the task could not be written down, and how often. */
  readonly refusals = new Map<string, number>();

  constructor(bundle: Bundle, policy: Policy, outside: Outside, place?: Place) {
    this.#bundle = bundle;
    this.#policy = policy;
    this.#outside = outside;
    this.#random = seededRandom(place?.seed ?? policy.seed);
    if (place === undefined) return;
    this.#clock = place.clock;
    this.#firings = place.firings;
    for (const sleep of place.sleeps) this.#sleeps.set(sleep.number, sleep);
  }

  /** Runs the program with the input, or goes on from bytes, to its end. */
  async run(from: string | Uint8Array): Promise<End> {
    this.#task = await this.#enter(from);
    let hasThawed = false;
    for (let stops = 0; ; stops += 1) {
      assert.ok(stops < stopsMax, "the program has too many stops");
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const state = this.#runOnce();
      if (state.kind === "ended") {
        const { outcome } = state;
        return outcome.kind === "value" ? { kind: "ended" } : { kind: "failed", message: outcome.message };
      }
      const mayThaw: boolean = this.#random() < this.#policy.thaws && !hasThawed;
      const passage: Passage = mayThaw ? await this.#thaw() : "kept";
      if (passage === "left") return { kind: "left" };
      // What a thaw has to do (interrupt, call again) is done by the first run after it.
      hasThawed = passage === "thawed" && state.kind !== "frozen";
      if (state.kind === "frozen" || hasThawed) continue;
      if (state.foreign > 0 && (await this.#settlesSoon(woken))) continue;
      if (await this.#isWokenSoon(woken)) continue;
      const next = earliest(this.#sleeps.values());
      if (next === undefined) return { kind: "waits" };
      this.#firings += 1;
      if (this.#firings > this.#outside.firingsMax) return { kind: "cut" };
      this.#clock = next.at;
      this.#outside.passed?.(next.at);
      this.#task.deliver([{ effect: next.number, outcome: nothing }]);
    }
  }

  /** Foreign code takes real time; where timers wait as well, it gets little of it. */
  async #settlesSoon(woken: Promise<void>): Promise<boolean> {
    const { patienceMs = 0 } = this.#outside;
    if (patienceMs === 0) return false;
    let clock: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      clock = setTimeout(() => resolve(false), this.#sleeps.size > 0 ? 10 : patienceMs);
    });
    const settled = await Promise.race([woken.then(() => true), late]);
    clearTimeout(clock);
    return settled;
  }

  /** What foreign code does at once (`process.nextTick`) comes before time passes. */
  async #isWokenSoon(woken: Promise<void>): Promise<boolean> {
    if ((this.#outside.patienceMs ?? 0) === 0) return false;
    const turn = new Promise<boolean>((resolve) => void setImmediate(() => resolve(false)));
    return Promise.race([woken.then(() => true), turn]);
  }

  async #thaw(): Promise<Passage> {
    let bytes: Uint8Array;
    try {
      bytes = this.#task!.snapshot();
    } catch (error) {
      if (!(error instanceof NotSaveableError)) throw error;
      return this.#keep(error.message);
    }
    // A worker keeps such a task, too, as long as it lives. What has not come after a few stops is not waited for any longer.
    this.#bound = this.#task!.bound ? this.#bound + 1 : 0;
    if (this.#bound > 0 && this.#bound <= boundMax && (this.#outside.patienceMs ?? 0) > 0)
      return this.#keep(
        "it waits for what only foreign code of its process can bring (a stream, an emitter)",
      );
    this.#task!.drop();
    if (this.#outside.leave?.(this.#placeOf(bytes)) === true) return "left";
    this.#task = await this.#enter(bytes);
    return "thawed";
  }

  #keep(reason: string): "kept" {
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
    return "kept";
  }

  #runOnce(): ReturnType<Task["run"]> {
    const task = this.#task!;
    signal[0] = this.#policy.freezes > 0 && this.#random() < 0.8 ? 1 : 0;
    let state: ReturnType<Task["run"]>;
    try {
      state = task.run();
    } finally {
      signal[0] = 0;
    }
    for (const effect of task.takeEffects()) {
      if (effect.kind === "sleep")
        this.#sleeps.set(effect.id, { kind: "sleep", number: effect.id, at: this.#clock + effect.ms });
      else if (effect.kind === "withdraw") this.#sleeps.delete(effect.of);
      // Lines of the console go nowhere.
      else assert.equal(effect.kind, "log", `the program has an effect of kind ${effect.kind}`);
    }
    for (const effect of task.takeConsumed()) this.#sleeps.delete(effect);
    return state;
  }

  async #enter(from: string | Uint8Array): Promise<Task> {
    if (this.#program === undefined || this.#random() < fresh) this.#program = await this.#load();
    const task = this.#program.task("rworld" as TaskId, {
      wake: () => this.#wake(),
      freeze: () => this.#random() < this.#policy.freezes,
      now: () => this.#clock,
    });
    if (typeof from === "string") task.begin({ kind: "input", json: from });
    else {
      task.begin({ kind: "snapshot", bytes: from });
      this.thaws += 1;
    }
    return task;
  }

  #load(): Promise<Program> {
    return loadProgram(this.#bundle, {
      compile: (code, filename) => compileFunction(`"use strict";${code}`, ["$rt"], { filename }) as never,
      ...this.#outside.host,
      importForeign: (link) => this.#outside.importForeign(link),
    });
  }

  #placeOf(bytes: Uint8Array): Place {
    return {
      bytes: new Uint8Array(bytes),
      clock: this.#clock,
      firings: this.#firings,
      sleeps: [...this.#sleeps.values()],
      seed: Math.floor(this.#random() * 2 ** 32),
    };
  }
}
