/**
 * Effects of one task: what it asks of the coordinator, and who waits for the answers.
 *
 * E1. An effect gets its number when it is asked for; numbers rise by one and are never used twice.
 * E2. Effects not yet taken are not part of a snapshot: they ride on the same commit as it does.
 * E4. An effect that cannot be committed, since the task holds what cannot be saved, rejects who waits for it and does not happen (`refuse`).
 * E3. A completion is consumed when it has been resolved into the heap, and only then named by `takeConsumed`.
 */
import type { EffectId } from "../base/ids.ts";
import type { Completion, Effect, Outcome } from "../protocol/effect.ts";
import { addCallers, withCallers } from "./callers.ts";
import { NotSaveableError, QueueClosedError } from "./errors.ts";
import type { TaskKernel } from "./kernel.ts";
import { DurablePromise } from "./promise.ts";
import { Timer } from "./timers.ts";

type WithoutId<E> = E extends Effect ? Omit<E, "id"> : never;
/** An effect as it is asked for. */
export type EffectRequest = WithoutId<Effect>;

export class EffectDesk {
  readonly #kernel: TaskKernel;
  #asked: Effect[] = [];
  #consumed: EffectId[] = [];
  #next: EffectId = 1;
  /** Who waits for the answer, by number. */
  readonly pending = new Map<EffectId, DurablePromise | Timer>();

  constructor(kernel: TaskKernel) {
    this.#kernel = kernel;
  }

  get next(): EffectId {
    return this.#next;
  }

  /** Goes on counting where a snapshot left off. */
  restore(next: EffectId): void {
    this.#next = next;
  }

  /** A number that no effect will have: what is named after it has a name of its own for good. */
  takeNumber(): number {
    return this.#next++;
  }

  /** Asks for an effect; answers its number. */
  ask(request: EffectRequest): EffectId {
    const id = this.#next++;
    this.#asked.push({ ...request, id } as Effect);
    this.#kernel.wake();
    return id;
  }

  /** Asks for an effect with an answer. */
  askFor(request: EffectRequest): DurablePromise {
    const promise = DurablePromise.make(this.#kernel);
    this.pending.set(this.ask(request), promise);
    return promise;
  }

  /** Withdraws the wait for an answer. One that has not been taken yet is simply not asked for. */
  withdraw(id: EffectId): void {
    if (!this.pending.delete(id)) return;
    const untaken = this.#asked.findIndex((effect) => effect.id === id);
    if (untaken >= 0) this.#asked.splice(untaken, 1);
    else this.ask({ kind: "withdraw", of: id });
  }

  arrive(completion: Completion): void {
    this.#consumed.push(completion.effect);
    const waiting = this.pending.get(completion.effect);
    if (waiting === undefined) return;
    this.pending.delete(completion.effect);
    if (waiting instanceof Timer) waiting.fire(this.#kernel);
    else this.#answer(waiting, completion.outcome);
  }

  #answer(promise: DurablePromise, outcome: Outcome): void {
    if (outcome.kind === "failure") {
      const { message, name } = outcome;
      const error = name === "QueueClosedError" ? new QueueClosedError(message) : new Error(message);
      DurablePromise.settle(promise, true, withCallers(error, promise));
      return;
    }
    const rejected = outcome.kind === "error";
    const bytes = rejected ? outcome.error : outcome.value;
    const plain = rejected ? undefined : outcome.number;
    let value: unknown;
    try {
      // No bytes stand for a number or `undefined`: the coordinator cannot encode.
      value = bytes.length === 0 ? plain : this.#kernel.codec.decode(this.#kernel, bytes);
    } catch (error) {
      DurablePromise.settle(promise, true, error);
      return;
    }
    // What another task threw.
    if (rejected) addCallers(value, promise);
    DurablePromise.settle(promise, rejected, value);
  }

  /** Whether an answer is to come that keeps the task alive (design H13). */
  keepsAlive(): boolean {
    for (const waiting of this.pending.values()) {
      if (!(waiting instanceof Timer) || waiting.hasRef()) return true;
    }
    return false;
  }

  takeEffects(): Effect[] {
    const taken = this.#asked;
    this.#asked = [];
    return taken;
  }

  /** Rejects those who wait for effects that cannot be committed; answers the others. A timer has nobody to reject. */
  refuse(effects: readonly Effect[], reason: NotSaveableError): Effect[] {
    const kept: Effect[] = [];
    for (const effect of effects) {
      const waiting = this.pending.get(effect.id);
      if (waiting === undefined || waiting instanceof Timer) {
        kept.push(effect);
        continue;
      }
      this.pending.delete(effect.id);
      const error = new NotSaveableError(`${effect.kind} could not be asked for: ${reason.message}`);
      DurablePromise.settle(waiting, true, withCallers(error, waiting));
    }
    return kept;
  }

  takeConsumed(): EffectId[] {
    const taken = this.#consumed;
    this.#consumed = [];
    return taken;
  }
}
