/**
 * Effects of one task: what it asks of the coordinator, and who waits for the answers.
 *
 * E1. An effect gets its number when it is asked for; numbers rise by one and are never used twice.
 * E2. Effects not yet taken are not part of a snapshot: they ride on the same commit as it does.
 * E3. A completion is consumed when it has been resolved into the heap, and only then named by `takeConsumed`.
 * E4. An effect that has been asked for is settled by the coordinator's answer only, also when it is withdrawn by a signal or by the task's
 *     cancellation: then the answer is either what came before, or that it was withdrawn (design H14, H15). So nothing is lost on the way.
 * E6. A wait at a queue of the task's own (own-queues.ts) has a number, and is asked for when the queue is published: so it may be younger effects
 *     that are asked for before it.
 * E5. An effect that cannot be committed, since the task holds what cannot be saved, rejects who waits for it and does not happen (`refuse`).
 */
import { assert } from "../base/errors.ts";
import type { EffectId, SharedId } from "../base/ids.ts";
import { inMiB, limits } from "../base/limits.ts";
import { PassingMap } from "../base/passing.ts";
import { withdrawn } from "../protocol/answers.ts";
import { type Choice, type Completion, cancellation, type Effect, type Outcome } from "../protocol/effect.ts";
import { abort, bindEffect, DurableAbortSignal } from "./abort.ts";
import { addCallers, withCallers } from "./callers.ts";
import { Cancellation, fiberAbove, fibersOn, forgetEnded, rejectWaits } from "./cancellation.ts";
import { CancelledError, errorOfFailure, LimitError, NotSaveableError } from "./errors.ts";
import { handlesIn } from "./handles.ts";
import type { TaskKernel } from "./kernel.ts";
import { OwnQueues } from "./own-queues.ts";
import { DurablePromise } from "./promise.ts";
import { Timer } from "./timers.ts";

type WithoutId<E> = E extends Effect ? Omit<E, "id"> : never;
/** An effect as it is asked for. */
export type EffectRequest = WithoutId<Effect>;

/** A wait that a signal may end, or one for several things at once. */
export class EffectWait {
  promise: DurablePromise;
  /** Of a select: what the program calls its choices, in their order. */
  names: readonly string[] | undefined;
  /** `name`: the signal is a choice itself. */
  signals: readonly { readonly signal: DurableAbortSignal; readonly name?: string }[];
  /** The one of the signals for which it was withdrawn. */
  by: number | undefined = undefined;

  constructor(promise: DurablePromise, names: readonly string[] | undefined, signals: EffectWait["signals"]) {
    this.promise = promise;
    this.names = names;
    this.signals = signals;
  }

  /** Whether a thawed one is what it claims to be. */
  isWhole(): boolean {
    const signals: unknown = this.signals;
    return (
      DurablePromise.is(this.promise) &&
      (this.names === undefined || Array.isArray(this.names)) &&
      Array.isArray(signals) &&
      signals.every((each: { signal?: unknown } | null) => DurableAbortSignal.isWhole(each?.signal))
    );
  }
}

/** What several of can be waited for at once, under names. */
export interface NamedChoice {
  readonly name: string;
  readonly choice: Choice | DurableAbortSignal;
}

export class EffectDesk {
  readonly #kernel: TaskKernel;
  #asked: Effect[] = [];
  /** Of these, what they carry. */
  #askedBytes = 0;
  #consumed: EffectId[] = [];
  #next: EffectId = 1;
  /** Who waits for the answer, by number; 0: the task's cancellation. */
  readonly pending = new PassingMap<EffectId, DurablePromise | Timer | EffectWait | Cancellation>();
  /** Something of the last run is ahead of the disk (quiet.ts): no other answer is taken before the host has been told. */
  ahead = false;
  readonly own: OwnQueues;
  /** There are fibers that are still to be told of the task's cancellation. */
  #telling = false;
  /** The timer whose callback runs. */
  firing: Timer | undefined;

  constructor(kernel: TaskKernel) {
    this.#kernel = kernel;
    this.own = new OwnQueues(kernel, this);
  }

  get next(): EffectId {
    return this.#next;
  }

  /** Goes on where a snapshot left off, with what was pending then. */
  restore(next: EffectId): void {
    this.#next = next;
    this.#telling = (this.#cancellation?.fibers.size ?? 0) > 0;
  }

  /** The bytes of a value that has been shared and not handed over yet. */
  sharedNow(id: SharedId): Uint8Array | undefined {
    for (const effect of this.#asked)
      if (effect.kind === "share" && effect.shared === id) return effect.bytes;
    return undefined;
  }

  /** A number that no effect will have: what is named after it has a name of its own for good. */
  takeNumber(): number {
    return this.#next++;
  }

  /** Asks for an effect; answers its number. @throws {LimitError} if there is too much in what has been asked for since the last stop. */
  ask(request: EffectRequest): EffectId {
    const bytes = bytesIn(request);
    if (bytes > 0) {
      if (this.#askedBytes + bytes > limits.askedBytesMax)
        throw tooMuch(request.kind, this.#askedBytes + bytes);
      this.#askedBytes += bytes;
    }
    const id = this.#next++;
    this.askAs(id, request);
    if (this.#telling && request.kind === "spawn" && this.#isUntold())
      this.ask({ kind: "cancel", task: request.task, graceMs: 0 });
    return id;
  }

  /** Under a number that was given before (E6). */
  askAs(id: EffectId, request: EffectRequest): void {
    const handles = handlesOf(request);
    this.#asked.push((handles === undefined ? { ...request, id } : { ...request, id, handles }) as Effect);
    this.#kernel.wake();
  }

  /** Somebody waits for what is not asked for yet (E6). */
  addWait(promise: DurablePromise): EffectId {
    const id = this.#next++;
    this.pending.set(id, promise);
    return id;
  }

  /** Ends such a wait. */
  takeWait(id: EffectId): DurablePromise {
    const promise = this.pending.get(id);
    assert(DurablePromise.is(promise), "a wait that is not asked for is one for a promise");
    this.pending.delete(id);
    return promise;
  }

  /** Asks for an effect with an answer. With a `signal` it is withdrawn when that is aborted. */
  askFor(request: EffectRequest, signal?: DurableAbortSignal): DurablePromise {
    const promise = this.born(DurablePromise.make(this.#kernel));
    if (signal === undefined) this.pending.set(this.ask(request), promise);
    else if (signal.aborted) DurablePromise.settle(promise, true, signal.reason);
    else this.#bind(new EffectWait(promise, undefined, [{ signal }]), request);
    return promise;
  }

  /** Waits for the first of the choices: the answer is `{ name, value }` (docs/reference/waiting.md). */
  askForOne(choices: readonly NamedChoice[], signal?: DurableAbortSignal): DurablePromise {
    const promise = this.born(DurablePromise.make(this.#kernel));
    const among: Choice[] = [];
    const names: string[] = [];
    const signals: EffectWait["signals"][number][] = signal === undefined ? [] : [{ signal }];
    for (const { name, choice } of choices) {
      if ("kind" in choice) {
        names.push(name);
        among.push(choice);
      } else signals.push({ signal: choice, name });
    }
    const wait = new EffectWait(promise, names, signals);
    const by = signals.findIndex((each) => each.signal.aborted);
    if (by >= 0) this.#settleWithdrawn(wait, by);
    else this.#bind(wait, { kind: "select", among });
    return promise;
  }

  #bind(wait: EffectWait, request: EffectRequest): void {
    const id = this.ask(request);
    this.pending.set(id, wait);
    for (const { signal } of wait.signals) bindEffect(signal, id, true);
  }

  /** Withdraws the wait for an answer. One that has not been taken yet is simply not asked for. */
  withdraw(id: EffectId): void {
    if (!this.pending.delete(id)) return;
    if (!this.#unask(id)) this.ask({ kind: "withdraw", of: id });
  }

  #unask(id: EffectId): boolean {
    const untaken = this.#asked.findIndex((effect) => effect.id === id);
    if (untaken >= 0) this.#asked.splice(untaken, 1);
    return untaken >= 0;
  }

  /** E4. */
  #withdrawAnswered(id: EffectId): void {
    if (this.#unask(id)) this.#settle(id, withdrawn);
    else this.ask({ kind: "withdraw", of: id, answered: true });
  }

  /** A signal has been aborted under which these effects were asked for. */
  aborted(signal: DurableAbortSignal, effects: readonly EffectId[]): void {
    for (const id of effects) {
      const wait = this.pending.get(id);
      if (!(wait instanceof EffectWait) || wait.by !== undefined) continue;
      wait.by = wait.signals.findIndex((each) => each.signal === signal);
      this.#withdrawAnswered(id);
    }
  }

  arrive(completion: Completion): void {
    this.#consumed.push(completion.effect);
    if (completion.effect === cancellation) this.#cancel(completion.outcome);
    else this.#settle(completion.effect, completion.outcome);
  }

  #settle(id: EffectId, outcome: Outcome): void {
    const waiting = this.pending.get(id);
    if (waiting === undefined || waiting instanceof Cancellation) return;
    this.#forget(id, waiting);
    if (waiting instanceof Timer) {
      waiting.fire(this.#kernel);
      return;
    }
    if (isWithdrawn(outcome)) {
      const cancelled = this.#cancellation;
      if (waiting instanceof EffectWait && waiting.by !== undefined)
        this.#settleWithdrawn(waiting, waiting.by);
      else {
        const promise = promiseOf(waiting);
        for (const fiber of fibersOn(promise)) cancelled?.fibers.delete(fiber);
        DurablePromise.settle(promise, true, cancelled?.error);
      }
    } else {
      if (outcome.kind !== "value" && outcome.cancelled) this.#toldByChild(promiseOf(waiting));
      this.#answer(waiting, outcome);
    }
    this.#cancellation?.withdrawn.delete(id);
  }

  /** Who learns of the cancellation from a task below, which was cancelled with this one, has been told. */
  #toldByChild(promise: DurablePromise): void {
    const { fibers } = this.#cancellation ?? {};
    if (fibers !== undefined) for (const fiber of fibersOn(promise)) fibers.delete(fiber);
  }

  #forget(id: EffectId, waiting: DurablePromise | Timer | EffectWait): void {
    this.pending.delete(id);
    if (waiting instanceof EffectWait)
      for (const { signal } of waiting.signals) bindEffect(signal, id, false);
  }

  #settleWithdrawn({ promise, signals }: EffectWait, by: number): void {
    const { signal, name } = signals[by]!;
    if (name === undefined) DurablePromise.settle(promise, true, signal.reason);
    else DurablePromise.settle(promise, false, { name, value: signal.reason });
  }

  #answer(waiting: DurablePromise | EffectWait, outcome: Outcome): void {
    const promise = promiseOf(waiting);
    if (outcome.kind === "failure") {
      const error = errorOfFailure(outcome.name, outcome.message);
      DurablePromise.settle(promise, true, withCallers(error, promise));
      return;
    }
    const rejected = outcome.kind === "error";
    let value: unknown;
    try {
      value = this.#valueOf(outcome);
    } catch (error) {
      DurablePromise.settle(promise, true, error);
      return;
    }
    // What another task threw.
    if (rejected) addCallers(value, promise);
    const names = waiting instanceof EffectWait ? waiting.names : undefined;
    if (names !== undefined && !rejected) value = { name: names[outcome.branch ?? 0], value };
    DurablePromise.settle(promise, rejected, value);
  }

  #valueOf(outcome: Outcome & { kind: "value" | "error" }): unknown {
    const bytes = outcome.kind === "error" ? outcome.error : outcome.value;
    if (outcome.kind === "value" && outcome.json) return JSON.parse(new TextDecoder().decode(bytes));
    if (outcome.kind === "value" && outcome.rest !== undefined)
      return [bytes, ...outcome.rest].map((item) => this.#kernel.codec.decode(this.#kernel, item));
    // No bytes stand for a number or `undefined`: the coordinator cannot encode.
    if (bytes.length === 0) return outcome.kind === "error" ? undefined : outcome.number;
    return this.#kernel.codec.decode(this.#kernel, bytes);
  }

  // ---- cancellation -------------------------------------------------------------------------------------------------

  get #cancellation(): Cancellation | undefined {
    return this.pending.get(cancellation) as Cancellation | undefined;
  }

  #needCancellation(): Cancellation {
    const known = this.#cancellation;
    if (known !== undefined) return known;
    const made = new Cancellation();
    this.pending.set(cancellation, made);
    return made;
  }

  /** Aborted when the task is cancelled. */
  get signal(): DurableAbortSignal {
    return this.#needCancellation().signal;
  }

  /** What the fibers of the task were rejected with; undefined: it is not cancelled. */
  get cancelled(): CancelledError | undefined {
    return this.#cancellation?.error;
  }

  /** Whether the error is how this task was told of its cancellation, by itself or by a task below it that was cancelled with it. */
  isCancellation(error: unknown): boolean {
    return this.#cancellation?.error !== undefined && error instanceof CancelledError;
  }

  #cancel(outcome: Outcome): void {
    const cancelled = this.#needCancellation();
    if (cancelled.error !== undefined) return;
    this.own.publishWaiting();
    cancelled.error = new CancelledError(outcome.kind === "failure" ? outcome.message : "");
    // What was asked for before this was asked for without knowing (coordinator/cancel.ts, X2).
    this.ask({ kind: "cancel", task: this.#kernel.id, graceMs: 0 });
    const waits = this.#effectWaits();
    rejectWaits(this.#kernel, cancelled, waits, undefined);
    for (const [id, promise] of waits) {
      for (const fiber of fibersOn(promise)) cancelled.fibers.add(fiber);
      if (DurablePromise.isAwaited(promise)) this.#withdrawFor(cancelled, id);
    }
    this.#telling = cancelled.fibers.size > 0;
    abort(cancelled.signal, cancelled.error);
  }

  /** A fiber begins in the frame that runs, or something is asked for: who does not know yet starts nothing that would never know (cancellation.ts, N4). */
  born(promise: DurablePromise): DurablePromise {
    if (this.#telling && this.#isUntold()) this.#cancellation!.fibers.add(promise);
    return promise;
  }

  /** The fiber that runs. */
  #isUntold(): boolean {
    const fiber = fiberAbove(this.#kernel.current);
    return fiber !== undefined && this.#cancellation!.fibers.has(fiber);
  }

  /**
   * Called when nothing can run: fibers that were to be rejected and went on instead are rejected at their next wait (cancellation.ts, N2).
   * Answers whether something can run now.
   */
  cancelFibers(): boolean {
    const cancelled = this.#cancellation;
    this.#telling = cancelled !== undefined && cancelled.fibers.size > 0;
    if (cancelled === undefined || !this.#telling) return false;
    forgetEnded(cancelled.fibers);
    const before = this.#kernel.pendingJobs;
    const waits = this.#effectWaits();
    rejectWaits(this.#kernel, cancelled, waits, cancelled.fibers);
    for (const [id, promise] of waits) {
      const { fibers } = cancelled;
      const concerned = fibers.delete(promise) || fibersOn(promise).some((fiber) => fibers.has(fiber));
      if (concerned && !cancelled.withdrawn.has(id)) this.#withdrawFor(cancelled, id);
    }
    return this.#kernel.pendingJobs > before;
  }

  #withdrawFor(cancelled: Cancellation, id: EffectId): void {
    cancelled.withdrawn.add(id);
    this.#withdrawAnswered(id);
  }

  #effectWaits(): Map<EffectId, DurablePromise> {
    const waits = new Map<EffectId, DurablePromise>();
    for (const [id, waiting] of this.pending) {
      if (DurablePromise.is(waiting)) waits.set(id, waiting);
      else if (waiting instanceof EffectWait) waits.set(id, waiting.promise);
    }
    return waits;
  }

  // ---- for the task -------------------------------------------------------------------------------------------------

  /**
   * Whether an answer is to come that keeps the task alive (design H13). `cleaning`: its function has ended, and it is cancelled: only
   * fibers that still wait for something count, not timers that nobody waits for.
   */
  keepsAlive(cleaning = false): boolean {
    const timersCount = !cleaning || this.#kernel.awaitedResolvers.size > 0;
    for (const waiting of this.pending.values()) {
      if (waiting instanceof Cancellation) continue;
      const alive = waiting instanceof Timer ? timersCount && waiting.hasRef() : true;
      if (alive && (!cleaning || waiting instanceof Timer || DurablePromise.isAwaited(promiseOf(waiting))))
        return true;
    }
    return false;
  }

  takeEffects(): Effect[] {
    const taken = this.#asked;
    this.#askedBytes = 0;
    this.#asked = [];
    return taken;
  }

  /** Rejects those who wait for effects that cannot be committed; answers the others. A timer has nobody to reject. */
  refuse(effects: readonly Effect[], reason: NotSaveableError): Effect[] {
    const kept: Effect[] = [];
    for (const effect of effects) {
      const waiting = this.pending.get(effect.id);
      if (waiting === undefined || waiting instanceof Timer || waiting instanceof Cancellation) {
        kept.push(effect);
        continue;
      }
      this.#forget(effect.id, waiting);
      const promise = promiseOf(waiting);
      const error = new NotSaveableError(`${effect.kind} could not be asked for: ${reason.message}`);
      DurablePromise.settle(promise, true, withCallers(error, promise));
    }
    return kept;
  }

  takeConsumed(): EffectId[] {
    const taken = this.#consumed;
    this.#consumed = [];
    return taken;
  }
}

/** Shared values to which the bytes of an effect lead. */
function handlesOf(request: EffectRequest): readonly unknown[] | undefined {
  if (request.kind === "enqueue") {
    const handles = request.items.map((item) => handlesIn(item) ?? []);
    return handles.some(({ length }) => length > 0) ? handles : undefined;
  }
  if (request.kind !== "spawn" && request.kind !== "share") return undefined;
  return handlesIn(request.kind === "spawn" ? request.payload : request.bytes);
}

function bytesIn(request: EffectRequest): number {
  if (request.kind === "spawn") return request.payload.length;
  if (request.kind === "share") return request.bytes.length;
  return request.kind === "enqueue" ? request.items.reduce((sum, { length }) => sum + length, 0) : 0;
}

function tooMuch(kind: Effect["kind"], bytes: number): LimitError {
  return new LimitError(
    `with this ${kind} the task has asked for ${inMiB(bytes)} of arguments and items without having waited for any, over the limit of ${inMiB(limits.askedBytesMax)}: await some of it before, or use mapTasks`,
  );
}

function isWithdrawn(outcome: Outcome): boolean {
  return outcome.kind === "failure" && outcome.name === "WithdrawnError";
}

function promiseOf(waiting: DurablePromise | EffectWait): DurablePromise {
  return waiting instanceof EffectWait ? waiting.promise : waiting;
}
