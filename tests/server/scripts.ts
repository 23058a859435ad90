/**
 * Programs of the fake workers: a task is a list of steps, its snapshot is where it stands. Its result is the sum of its own weight and
 * of what it got from its children, so an effect done twice, or not at all, shows in the result of the root.
 */
import assert from "node:assert/strict";
import type { EffectId, GateId, TaskId } from "../../src/base/ids.ts";
import { runOf } from "../../src/base/ids.ts";
import type { Completion, Effect, Gate, Outcome } from "../../src/protocol/effect.ts";

export type Step =
  | { readonly do: "log"; readonly text: string }
  /** Starts tasks by `call` and waits for all of them. */
  | { readonly do: "call"; readonly names: readonly string[] }
  /** Starts a task without waiting for it. */
  | { readonly do: "spawn"; readonly name: string }
  /** Waits for the task spawned last. */
  | { readonly do: "join" }
  | { readonly do: "sleep"; readonly ms: number }
  | { readonly do: "checkpoint" }
  /** Into the queue of this name, and waits until they are in. */
  | { readonly do: "enqueue"; readonly queue: string; readonly items: readonly number[] }
  /** Takes items out of the queue until it is closed and empty, prints each as "ITEM of QUEUE" and adds it to the sum. */
  | { readonly do: "drain"; readonly queue: string }
  | { readonly do: "close"; readonly queue: string }
  | { readonly do: "acquire"; readonly lock: string }
  | { readonly do: "release"; readonly lock: string }
  | { readonly do: "arrive"; readonly barrier: string }
  /** A moment at which the worker may commit and go on. */
  | { readonly do: "work" }
  | { readonly do: "fail"; readonly message: string }
  /** Kills the worker, each time it comes here. */
  | { readonly do: "die" };

export type Scripts = Readonly<Record<string, { readonly weight: number; readonly steps: readonly Step[] }>>;

/** Room in each queue, and how many arrive at each barrier. */
export const queueCapacity = 3;
export const barrierParties = 2;

/** Locks that are held now, by lock and as `TASK TOKEN`; and the last tokens. It outlives everything: it is what the outside world sees. */
export class LockWatch {
  readonly #holders = new Map<string, string>();
  readonly #tokens = new Map<string, number>();

  acquired(lock: string, task: TaskId, token: number): void {
    const holder = this.#holders.get(lock);
    const self = `${task} ${token}`;
    assert(holder === undefined || holder === self, `${lock} is held by ${holder}, and by ${self}`);
    assert(token >= (this.#tokens.get(lock) ?? 0), `${lock}: token ${token} is lower than an earlier one`);
    this.#tokens.set(lock, token);
    this.#holders.set(lock, self);
  }

  /** Of a permit that has been given back already it is said again by who begins again before that. */
  released(lock: string, task: TaskId, token: number): void {
    if (this.#holders.get(lock) === `${task} ${token}`) this.#holders.delete(lock);
  }

  /** With a task what it holds is given back. */
  ended(task: TaskId): void {
    for (const [lock, holder] of this.#holders) if (holder.startsWith(`${task} `)) this.#holders.delete(lock);
  }
}

interface Place {
  readonly name: string;
  readonly step: number;
  readonly lastEffect: EffectId;
  readonly lastSpawned: TaskId | null;
  readonly waitsFor: readonly EffectId[];
  readonly sum: number;
  /** Of the lock acquired last. */
  readonly token: number;
  /** It was told that the queue it drains is closed and empty. */
  readonly drained: boolean;
}

type Stop =
  | { readonly kind: "waits" }
  | { readonly kind: "works" }
  | { readonly kind: "ends"; readonly outcome: Outcome }
  | { readonly kind: "dies" };

/** A task at work. */
export class ScriptedTask {
  readonly #id: TaskId;
  readonly #scripts: Scripts;
  readonly #watch: LockWatch;
  #place: Place;
  #effects: Effect[] = [];
  #consumed: EffectId[] = [];
  readonly #completions = new Map<EffectId, Outcome>();

  constructor(
    id: TaskId,
    scripts: Scripts,
    from: { readonly name: string } | { readonly snapshot: Uint8Array },
    watch = new LockWatch(),
  ) {
    this.#watch = watch;
    this.#id = id;
    this.#scripts = scripts;
    this.#place =
      "name" in from
        ? {
            name: from.name,
            step: 0,
            lastEffect: 0,
            lastSpawned: null,
            waitsFor: [],
            sum: 0,
            token: 0,
            drained: false,
          }
        : (JSON.parse(new TextDecoder().decode(from.snapshot)) as Place);
  }

  deliver(completions: readonly Completion[]): void {
    for (const { effect, outcome } of completions) this.#completions.set(effect, outcome);
  }

  snapshot(): Uint8Array {
    return encode(JSON.stringify(this.#place));
  }

  takeEffects(): Effect[] {
    return this.#effects.splice(0);
  }

  takeConsumed(): EffectId[] {
    return this.#consumed.splice(0);
  }

  run(): Stop {
    const { weight, steps } = this.#scripts[this.#place.name]!;
    for (;;) {
      if (!this.#consume()) return { kind: "waits" };
      const step = steps[this.#place.step];
      if (step === undefined) {
        this.#watch.ended(this.#id);
        const value = String(weight + this.#place.sum);
        return { kind: "ends", outcome: { kind: "value", value: encode(value) } };
      }
      if (step.do === "die") return { kind: "dies" };
      if (step.do === "fail") {
        const { message } = step;
        return { kind: "ends", outcome: { kind: "error", error: encode(message), message } };
      }
      if (step.do === "drain" && !this.#place.drained) {
        this.#effects.push({ kind: "dequeue", id: this.#next(true), gate: this.#queue(step.queue) });
        continue;
      }
      this.#place = { ...this.#place, step: this.#place.step + 1, drained: false };
      if (step.do === "drain") continue;
      if (step.do === "work") return { kind: "works" };
      this.#take(step);
    }
  }

  /** Takes in the answers that are there; whether none is missing. A failed child counts nothing. */
  #consume(): boolean {
    const missing: EffectId[] = [];
    const said: string[] = [];
    let { sum, token, drained } = this.#place;
    const step = this.#scripts[this.#place.name]!.steps[this.#place.step];
    const acquiring = this.#scripts[this.#place.name]!.steps[this.#place.step - 1];
    for (const effect of this.#place.waitsFor) {
      const outcome = this.#completions.get(effect);
      if (outcome === undefined) {
        missing.push(effect);
        continue;
      }
      this.#completions.delete(effect);
      this.#consumed.push(effect);
      if (outcome.kind === "failure" && outcome.name === "QueueClosedError") drained = true;
      if (outcome.kind !== "value") continue;
      if (outcome.number !== undefined && acquiring?.do === "acquire") {
        token = outcome.number;
        this.#watch.acquired(`${runOf(this.#id)}/${acquiring.lock}`, this.#id, token);
      } else if (step?.do === "drain" && outcome.value.length > 0) {
        said.push(`${new TextDecoder().decode(outcome.value)} of ${step.queue}`);
        sum += Number(new TextDecoder().decode(outcome.value));
      } else sum += Number(new TextDecoder().decode(outcome.value));
    }
    this.#place = { ...this.#place, waitsFor: missing, sum, token, drained };
    for (const text of said) this.#effects.push({ kind: "log", id: this.#next(false), stream: "out", text });
    return missing.length === 0;
  }

  #queue(name: string): Gate {
    return { id: `${runOf(this.#id)}/${name}` as GateId, is: { kind: "queue", capacity: queueCapacity } };
  }

  #take(step: Exclude<Step, { do: "work" | "fail" | "die" | "drain" }>): void {
    switch (step.do) {
      case "enqueue":
      case "close":
      case "acquire":
      case "release":
      case "arrive":
        this.#meet(step);
        break;
      case "log":
        this.#effects.push({ kind: "log", id: this.#next(false), stream: "out", text: step.text });
        break;
      case "sleep":
        this.#effects.push({ kind: "sleep", id: this.#next(true), ms: step.ms });
        break;
      case "checkpoint":
        this.#effects.push({ kind: "checkpoint", id: this.#next(true) });
        break;
      case "call":
        for (const name of step.names) this.#spawn(name, true);
        break;
      case "spawn":
        this.#spawn(step.name, false);
        break;
      case "join":
        this.#effects.push({ kind: "join", id: this.#next(true), task: this.#place.lastSpawned! });
    }
  }

  #meet(step: Step & { do: "enqueue" | "close" | "acquire" | "release" | "arrive" }): void {
    const gate = (name: string, is: Gate["is"]): Gate => ({ id: `${runOf(this.#id)}/${name}` as GateId, is });
    switch (step.do) {
      case "enqueue": {
        const items = step.items.map((item) => encode(String(item)));
        this.#effects.push({ kind: "enqueue", id: this.#next(true), gate: this.#queue(step.queue), items });
        break;
      }
      case "close":
        this.#effects.push({ kind: "close", id: this.#next(false), gate: this.#queue(step.queue) });
        break;
      case "acquire": {
        const lock = gate(step.lock, { kind: "lock", permits: 1 });
        this.#effects.push({ kind: "acquire", id: this.#next(true), gate: lock });
        break;
      }
      case "release": {
        const { token } = this.#place;
        this.#watch.released(`${runOf(this.#id)}/${step.lock}`, this.#id, token);
        const lock = gate(step.lock, { kind: "lock", permits: 1 });
        this.#effects.push({ kind: "release", id: this.#next(false), gate: lock, token });
        break;
      }
      case "arrive": {
        const meeting = gate(step.barrier, { kind: "barrier", parties: barrierParties });
        this.#effects.push({ kind: "arrive", id: this.#next(true), gate: meeting });
        break;
      }
    }
  }

  #spawn(name: string, joined: boolean): void {
    const id = this.#next(joined);
    const task = `${this.#id}.${id}` as TaskId;
    this.#effects.push({ kind: "spawn", id, task, name, payload: encode(name), joined });
    this.#place = { ...this.#place, lastSpawned: task };
  }

  #next(waits: boolean): EffectId {
    const id = this.#place.lastEffect + 1;
    const waitsFor = waits ? [...this.#place.waitsFor, id] : this.#place.waitsFor;
    this.#place = { ...this.#place, lastEffect: id, waitsFor };
    return id;
  }
}

/** What the script of this name gives when nothing goes wrong: its result, and the lines of it and of all that it starts. */
export function expected(
  scripts: Scripts,
  name: string,
): { readonly value: number; readonly lines: string[] } {
  const { weight, steps } = scripts[name]!;
  let value = weight;
  let spawned = 0;
  const lines: string[] = [];
  for (const step of steps) {
    if (step.do === "log") lines.push(step.text);
    if (step.do === "enqueue") {
      // Whoever takes an item adds it; in the root it is all the same.
      for (const item of step.items) value += item;
      lines.push(...step.items.map((item) => `${item} of ${step.queue}`));
    }
    if (step.do === "join") value += spawned;
    const names = step.do === "call" ? step.names : step.do === "spawn" ? [step.name] : [];
    for (const child of names) {
      const part = expected(scripts, child);
      lines.push(...part.lines);
      if (step.do === "call") value += part.value;
      else spawned = part.value;
    }
  }
  return { value, lines };
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
