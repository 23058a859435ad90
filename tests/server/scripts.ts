/**
 * Programs of the fake workers: a task is a list of steps, its snapshot is where it stands. Its result is the sum of its own weight and
 * of what it got from its children, so an effect done twice, or not at all, shows in the result of the root.
 */
import type { EffectId, TaskId } from "../../src/base/ids.ts";
import type { Completion, Effect, Outcome } from "../../src/protocol/effect.ts";

export type Step =
  | { readonly do: "log"; readonly text: string }
  /** Starts tasks by `call` and waits for all of them. */
  | { readonly do: "call"; readonly names: readonly string[] }
  /** Starts a task without waiting for it. */
  | { readonly do: "spawn"; readonly name: string; readonly memoryMiB?: number }
  /** Waits for the task spawned last. */
  | { readonly do: "join" }
  | { readonly do: "sleep"; readonly ms: number }
  | { readonly do: "checkpoint" }
  /** A moment at which the worker may commit and go on. */
  | { readonly do: "work" }
  | { readonly do: "fail"; readonly message: string }
  /** Kills the worker, each time it comes here. */
  | { readonly do: "die" };

export type Scripts = Readonly<Record<string, { readonly weight: number; readonly steps: readonly Step[] }>>;

interface Place {
  readonly name: string;
  readonly step: number;
  readonly lastEffect: EffectId;
  readonly lastSpawned: TaskId | null;
  readonly waitsFor: readonly EffectId[];
  readonly sum: number;
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
  #place: Place;
  #effects: Effect[] = [];
  #consumed: EffectId[] = [];
  readonly #completions = new Map<EffectId, Outcome>();

  constructor(
    id: TaskId,
    scripts: Scripts,
    from: { readonly name: string } | { readonly snapshot: Uint8Array },
  ) {
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
        const value = String(weight + this.#place.sum);
        return { kind: "ends", outcome: { kind: "value", value: encode(value) } };
      }
      if (step.do === "die") return { kind: "dies" };
      if (step.do === "fail") {
        const { message } = step;
        return { kind: "ends", outcome: { kind: "error", error: encode(message), message } };
      }
      this.#place = { ...this.#place, step: this.#place.step + 1 };
      if (step.do === "work") return { kind: "works" };
      this.#take(step);
    }
  }

  /** Takes in the answers that are there; whether none is missing. A failed child counts nothing. */
  #consume(): boolean {
    const missing: EffectId[] = [];
    let { sum } = this.#place;
    for (const effect of this.#place.waitsFor) {
      const outcome = this.#completions.get(effect);
      if (outcome === undefined) {
        missing.push(effect);
        continue;
      }
      this.#completions.delete(effect);
      this.#consumed.push(effect);
      if (outcome.kind === "value") sum += Number(new TextDecoder().decode(outcome.value));
    }
    this.#place = { ...this.#place, waitsFor: missing, sum };
    return missing.length === 0;
  }

  #take(step: Exclude<Step, { do: "work" | "fail" | "die" }>): void {
    switch (step.do) {
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
        this.#spawn(step.name, false, step.memoryMiB);
        break;
      case "join":
        this.#effects.push({ kind: "join", id: this.#next(true), task: this.#place.lastSpawned! });
    }
  }

  #spawn(name: string, joined: boolean, memoryMiB?: number): void {
    const id = this.#next(joined);
    const task = `${this.#id}.${id}` as TaskId;
    const size = memoryMiB === undefined ? {} : { memoryMiB };
    this.#effects.push({ kind: "spawn", id, task, name, payload: encode(name), joined, ...size });
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
