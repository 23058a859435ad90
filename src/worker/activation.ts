/**
 * One stay of a task on this worker: begin, run, commit, leave.
 *
 * Owns the task and what of it is not committed yet: effects, consumed completions, the fact that it ran. Decides after each run what to
 * write down. Does not decide when to run: that is the worker's (worker.ts).
 *
 *   run ended with   draining                           not draining
 *   ended            commit `end`                       commit `end`
 *   frozen           commit `release`, runnable         commit `busy` if a checkpoint is due; go on after a turn of the event loop
 *   waiting          commit `release`,                  for completions only: commit `idle`, at once if there are effects, else in a moment
 *                    runnable if for foreign calls      for foreign calls too: commit `busy` if there are effects or one is due
 *                    (for those it may stay a while)
 *
 * A1. A commit is taken between two runs and names everything since the last one: effects in order, completions consumed, the snapshot.
 *     Its seq is the last one + 1.
 * A2. What ran and is not committed is never given away as if it had not run: `returned` is sent only by a task that did not run since
 *     its last commit.
 * A3. A task that cannot be saved is pinned here: checkpoints that nobody waits for are tried again at its next stop, and with them go effects
 *     that nobody waits for. Who waits for an effect that would need one gets the error instead, before anything has happened (design H7);
 *     a timer has nobody to tell, and the task ends with the error, since it would wait for ever. While a foreign call goes on (the rest of
 *     a response is read, say) there is limits.pinnedMs of patience before that.
 * A4. Every activation ends in exactly one of: `end`, `release`, `returned`, or silence after `drop`.
 * A5. What nobody waits for is written down together: a task that has only taken answers commits `limits.lazyCommitMs` later, or after ten
 *     times what its last snapshot cost, so that a thousand answers one by one are not a thousand snapshots.
 * A6. It runs no further while it has started limits.spawnsAhead tasks that the server has not acknowledged: there may be no room for more
 *     (coordinator/room.ts).
 * A7. A run that went ahead of the disk is committed at its end, and the task runs no further until that is acknowledged (runtime, quiet.ts).
 * A8. Tasks that it starts while it waits for many others wait for company: as long as those that it has started and waits for are more than
 *     `rideShare` times as many, and no longer than by A5. So who hands out work while its heap is heavy writes that once for many tasks, and
 *     there is always work left to do.
 */
import { assert, UserError } from "../base/errors.ts";
import type { EffectId, SharedId, TaskId, Version } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import type { Completion, Effect, Outcome } from "../protocol/effect.ts";
import type { Commit, FromWorker, ToWorker } from "../protocol/wire.ts";
import { handlesIn, NotSaveableError, SharedMissing } from "../runtime/index.ts";
import type { Program, Task, TaskHost } from "../runtime/types.ts";

export type Activate = ToWorker & { readonly kind: "activate" };

/** What an activation needs of its worker. */
export interface ActivationHost {
  send(message: FromWorker): void;
  /** The server is being told that it has run. */
  committed(activation: Activation): void;
  /** A task waits until everything up to this position is durable. */
  hurry(position: number): void;
  /** There is something to run. */
  wake(activation: Activation): void;
  /** Calls `act` once, `ms` milliseconds from now. */
  after(ms: number, act: () => void): void;
  /** Asked at a poll. */
  freeze(activation: Activation): boolean;
  /** Whether the thread is free for this one, outside of its turns. */
  enter(activation: Activation): boolean;
  /** The bytes of a shared value of the task's run; `undefined`: it is gone. */
  shared(task: TaskId, id: SharedId): Promise<Uint8Array | undefined>;
  /** Up to where the server has said that everything is durable. */
  readonly durable: number;
  /** A worker that drains still waits for foreign calls to come back. */
  readonly awaitsCalls: boolean;
  /** Tasks that an activation may start without an acknowledgement. */
  readonly spawnsAhead: number;
  now(): number;
  monotonic(): number;
}

/** `runnable`: run it again. `waiting`: it can wake by itself. `idle`: only a completion wakes it. `over`: it has left. */
export type Stop = "runnable" | "waiting" | "idle" | "over";

/**
 * A task that goes on running is written down only after this many times what its last snapshot cost: a heavy heap is committed less
 * often of itself, and no more than a tenth of the time goes into it.
 */
const costShare = 10;
/** A8. */
const rideShare = 4;

export class Activation implements TaskHost {
  readonly id: TaskId;
  readonly epoch: number;
  readonly #host: ActivationHost;
  readonly #activate: Activate;
  #task: Task | undefined;
  #over = false;
  /** Completions that came before the task had begun. */
  #early: Completion[] = [];
  /** Shared values that its beginning needs. */
  #provided: Map<SharedId, Uint8Array> | undefined;
  #seq: number;
  #effects: Effect[] = [];
  #consumed: EffectId[] = [];
  /** Lines that it has said since its last commit. */
  #said = 0;
  /** Ran since its last commit. */
  #dirty = false;
  /** Could go on without any completion if it were begun elsewhere: stopped at a poll, or in a foreign call, which is made again. */
  #unfinished = false;
  #isCalling = false;
  #waitsForForeign = false;
  #askedForTime = false;
  /** When it could not be saved first, and has not been since. */
  #pinnedSince: number | undefined;
  /** Tasks that it has started by commits that have not been acknowledged, by their seqs. */
  #ahead: Map<number, number> | undefined;
  #spawnsAhead = 0;
  /** Those that it has started in this stay and waits for, by the effects. */
  #joined: Set<EffectId> | undefined;
  /** It could run, but for that or for A7. */
  #heldUp = false;
  /** Position on which what it has been told depends (design H8). */
  #after = 0;
  /** When it last had nothing to write down, or could not. */
  #since = 0;
  /** Milliseconds that the last snapshot took. */
  #cost = 0;
  /** It has gone ahead of the disk, and that is not committed (A7). */
  #wentAhead = false;
  /** Seq of the commit that has to be durable before it runs again. */
  #awaited: number | undefined;
  /** Why it could not be saved at its last try. */
  #pin: NotSaveableError | undefined;

  constructor(activate: Activate, host: ActivationHost) {
    this.id = activate.task;
    this.epoch = activate.epoch;
    this.#seq = activate.seq;
    this.#activate = activate;
    this.#host = host;
  }

  get version(): Version {
    return this.#activate.version;
  }

  get over(): boolean {
    return this.#over;
  }

  /** The task's program is here. Answers the shared values that have to be here, too, before it can begin: then it is begun again. */
  begin(program: Program): readonly SharedId[] | undefined {
    if (this.#over) return undefined;
    assert(this.#task === undefined, "a task began twice");
    const { from, completions } = this.#activate;
    let missing: readonly SharedId[] | undefined;
    this.#guard(() => {
      const task = program.task(this.id, this);
      try {
        task.begin(from, this.#provided, this.epoch > 1);
      } catch (error) {
        if (!(error instanceof SharedMissing)) throw error;
        task.drop();
        missing = error.ids;
        return;
      }
      this.#provided = undefined;
      this.#task = task;
      task.deliver(this.#early.length === 0 ? completions : [...completions, ...this.#early]);
      this.#host.wake(this);
    });
    return missing;
  }

  provide(id: SharedId, bytes: Uint8Array | undefined): void {
    if (this.#over) return;
    if (bytes !== undefined) {
      this.#provided ??= new Map();
      this.#provided.set(id, bytes);
    } else
      this.fail(new UserError(`the state is incomplete: the shared value ${id} of ${this.id} is missing`));
  }

  /** At once: whoever looks for what a task said last before it died finds it. */
  said(id: EffectId, stream: "out" | "err", text: string): void {
    if (this.#said++ < limits.provisionalLines)
      this.#host.send({ kind: "said", task: this.id, epoch: this.epoch, id, stream, text });
  }

  /** What the task has shared and not handed over yet is known here only. */
  async shared(id: SharedId): Promise<Uint8Array | undefined> {
    for (const effect of this.#effects)
      if (effect.kind === "share" && effect.shared === id) return effect.bytes;
    return this.#host.shared(this.id, id);
  }

  deliver(completions: readonly Completion[], after = 0): void {
    if (this.#over) return;
    this.#after = Math.max(this.#after, after);
    if (this.#task === undefined) {
      this.#early.push(...completions);
      return;
    }
    this.#guard(() => {
      this.#task?.deliver(completions);
      this.#host.wake(this);
    });
  }

  /** Runs until the task stops, and commits what has to be. */
  run(draining: boolean): Stop {
    if (this.#mustWait) {
      this.#heldUp = true;
      return draining ? this.leave() : "waiting";
    }
    return this.#guard(() => {
      assert(this.#task !== undefined, "a task ran before it had begun");
      this.#begins();
      this.#waitsForForeign = false;
      this.#isCalling = false;
      const state = this.#task.run();
      this.#collect();
      const ahead = this.#task.takeAhead?.();
      this.#wentAhead ||= ahead !== undefined;
      this.#heldUp ||= ahead?.more === true;
      if (this.#task.holds && !this.settled()) this.#host.hurry(this.#after);
      switch (state.kind) {
        case "ended":
          return this.#end(state.outcome);
        case "frozen":
          this.#unfinished = true;
          return this.#frozen(draining);
        case "waiting":
          this.#unfinished = state.foreign > 0;
          this.#isCalling = this.#unfinished;
          this.#waitsForForeign = this.#unfinished && state.answers === undefined;
          return this.#waiting(draining);
      }
    });
  }

  /** The commit with this seq, and all before it, are durable, and there is room for more tasks. */
  acknowledge(upTo: number): void {
    for (const [seq, spawns] of this.#ahead ?? []) {
      if (seq > upTo) break;
      this.#ahead!.delete(seq);
      this.#spawnsAhead -= spawns;
    }
    if (this.#awaited !== undefined && this.#awaited <= upTo) this.#awaited = undefined;
    if (this.#over || !this.#heldUp || this.#mustWait) return;
    this.#heldUp = false;
    this.#host.wake(this);
  }

  /** Hands the task back between two runs, if it can be saved. */
  leave(): Stop {
    return this.#guard(() => {
      if (!this.#dirty) {
        this.#host.send({ kind: "returned", task: this.id, epoch: this.epoch });
        return this.drop();
      }
      this.#collect();
      return this.#save("release") ? this.drop() : "waiting";
    });
  }

  /** Ends the task without running it: its program cannot be loaded, or it broke a rule. */
  fail(error: unknown): Stop {
    if (this.#over) return "over";
    return this.#end({ kind: "failure", message: describe(error) });
  }

  /** Forgets the task. Nothing more is sent for it. */
  drop(): "over" {
    this.#over = true;
    this.#task?.drop();
    return "over";
  }

  /** Stopped, with a foreign call under way that would be made again if it were begun elsewhere. */
  get isCalling(): boolean {
    return this.#isCalling && !this.#over;
  }

  /** Stopped, and only foreign code of this process can make it go on. */
  get waitsForForeign(): boolean {
    return this.#waitsForForeign && !this.#over;
  }

  /** Has run for so long that a checkpoint is due (design T4). */
  get due(): boolean {
    return this.#elapsed >= Math.max(limits.checkpointIntervalMs, this.#cost * costShare);
  }

  wake(): void {
    if (!this.#over) this.#host.wake(this);
  }

  freeze(): boolean {
    return this.#host.freeze(this);
  }

  /** What runs now belongs to the run that ended in waiting for it: it has been written down, or is about to be (A1). */
  enter(): boolean {
    if (this.#over || this.#mustWait || !this.#host.enter(this)) return false;
    this.#begins();
    return true;
  }

  now(): number {
    return this.#host.now();
  }

  monotonic(): number {
    return this.#host.monotonic();
  }

  settled(): boolean {
    return this.#after <= this.#host.durable;
  }

  /** More is durable: calls that waited for it can be made. */
  release(): void {
    if (!this.#over && this.#task?.holds && this.settled()) this.#host.wake(this);
  }

  /** A6, A7. */
  get #mustWait(): boolean {
    return this.#awaited !== undefined || this.#spawnsAhead > this.#host.spawnsAhead;
  }

  get #elapsed(): number {
    return this.#host.monotonic() - this.#since;
  }

  #begins(): void {
    if (!this.#dirty) this.#since = this.#host.monotonic();
    this.#dirty = true;
  }

  #frozen(draining: boolean): Stop {
    if (draining) return this.#save("release") ? this.drop() : "runnable";
    // At once where that costs little: the next stop may be one at which it cannot be saved.
    const patience = this.#cost * costShare;
    const waited =
      this.#effects.length > 0 && (patience < limits.pollIntervalMs || this.#elapsed >= patience);
    const many = this.#effects.length > this.#host.spawnsAhead;
    if (waited || this.due || many || this.#wentAhead) this.#save("busy");
    return "runnable";
  }

  #waiting(draining: boolean): Stop {
    const foreign = this.#unfinished;
    const leaving = draining && !(foreign && this.#host.awaitsCalls);
    if (leaving && this.#save("release")) return this.drop();
    if (!leaving) {
      if (this.#wentAhead) return this.#save("stay") ? this.#stopped() : this.#pinned(foreign);
      if (foreign && this.#effects.length === 0 && !this.due) return "waiting";
      if (!foreign && this.#canRide && this.#isEarly()) return "waiting";
      if (this.#save("stay")) return this.#stopped();
    }
    return this.#pinned(foreign);
  }

  #stopped(): Stop {
    return this.#unfinished ? "waiting" : "idle";
  }

  /** A3. */
  #pinned(foreign: boolean): Stop {
    assert(this.#pin !== undefined && this.#task !== undefined, "a task is pinned for a reason");
    const now = this.#host.monotonic();
    this.#pinnedSince ??= now;
    const left = this.#pinnedSince + limits.pinnedMs - now;
    if (foreign && left > 0) {
      if (this.#effects.some(({ kind }) => kind !== "log")) this.#askForTime(left);
      return "waiting";
    }
    const kept = this.#task.refuse(this.#effects, this.#pin);
    const refused = kept.length < this.#effects.length;
    this.#effects = kept;
    if (refused) return "runnable";
    return kept.some(({ kind }) => kind === "sleep") ? this.fail(this.#pin) : "waiting";
  }

  /** Whether what is to be written down may wait for more: there are no effects, or (A8) there will be others. */
  get #canRide(): boolean {
    const { length } = this.#effects;
    if (length === 0) return true;
    return (
      length * rideShare < (this.#joined?.size ?? 0) &&
      this.#effects.every(({ kind }) => kind === "spawn" || kind === "share" || kind === "log")
    );
  }

  /** A5. */
  #isEarly(): boolean {
    const least = this.#effects.length === 0 ? limits.lazyCommitMs : 0;
    const left = Math.max(least, this.#cost * costShare) - this.#elapsed;
    if (left <= 0) return false;
    this.#askForTime(left);
    return true;
  }

  /** Runs again in `ms` milliseconds, if it has not been written down by then. */
  #askForTime(ms: number): void {
    if (this.#askedForTime) return;
    this.#askedForTime = true;
    this.#host.after(ms, () => {
      this.#askedForTime = false;
      if (this.#dirty) this.wake();
    });
  }

  #collect(): void {
    this.#effects.push(...(this.#task?.takeEffects() ?? []));
    const consumed = this.#task?.takeConsumed() ?? [];
    this.#consumed.push(...consumed);
    if (this.#joined !== undefined) for (const effect of consumed) this.#joined.delete(effect);
  }

  /** Commits a snapshot; false if the task cannot be saved now. `stay`: idle here, or busy if it could go on without an answer. */
  #save(how: "busy" | "stay" | "release"): boolean {
    const began = this.#host.monotonic();
    let snapshot: Uint8Array | undefined;
    try {
      snapshot = this.#task?.snapshot();
    } catch (error) {
      if (!(error instanceof NotSaveableError)) throw error;
      this.#pin = error;
      this.#since = began;
      return false;
    }
    assert(snapshot !== undefined, "a task was saved before it had begun");
    this.#cost = this.#host.monotonic() - began;
    this.#pinnedSince = undefined;
    this.#unfinished ||= this.#task?.bound === true;
    const runnable = this.#unfinished;
    const handles = handlesIn(snapshot);
    const saved = handles === undefined ? { snapshot } : { snapshot, handles };
    if (how === "release") this.#commit({ ...saved, then: { kind: how, runnable } });
    else this.#commit({ ...saved, then: { kind: how === "busy" || runnable ? "busy" : "idle" } });
    return true;
  }

  #end(outcome: Outcome): Stop {
    // What was asked for and cannot be saved with its waiter does not happen; what was said was said.
    if (outcome.kind === "failure") this.#effects = this.#effects.filter((effect) => effect.kind === "log");
    try {
      this.#commit({ then: { kind: "end", outcome } });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // Too long a message. Without the outcome and the effects it is a short one.
      this.#effects = [];
      this.#commit({ then: { kind: "end", outcome: { kind: "failure", message: describe(error) } } });
    }
    return this.drop();
  }

  #commit(what: Pick<Commit, "snapshot" | "handles" | "then">): void {
    const effects = this.#effects;
    const consumed = this.#consumed;
    const { id: task, epoch } = this;
    const awaited = this.#wentAhead ? { awaited: true as const } : {};
    const seq = this.#seq + 1;
    this.#host.send({ kind: "commit", task, epoch, seq, ...what, effects, consumed, ...awaited });
    this.#host.committed(this);
    this.#seq += 1;
    const spawns = effects.length === 0 ? 0 : this.#noteSpawns(effects);
    if (spawns > 0) {
      this.#ahead ??= new Map();
      this.#ahead.set(this.#seq, spawns);
      this.#spawnsAhead += spawns;
    }
    if (this.#wentAhead) this.#awaited = this.#seq;
    this.#wentAhead = false;
    this.#effects = [];
    this.#consumed = [];
    this.#said = 0;
    this.#dirty = false;
    this.#since = this.#host.monotonic();
  }

  /** How many there are. */
  #noteSpawns(effects: readonly Effect[]): number {
    let count = 0;
    for (const effect of effects) {
      if (effect.kind !== "spawn") continue;
      count++;
      if (!effect.joined) continue;
      this.#joined ??= new Set();
      this.#joined.add(effect.id);
    }
    return count;
  }

  /** What the runtime throws is not the program's doing, or cannot be caught by it any more: it ends the task, not the worker. */
  #guard<T>(act: () => T): T | "over" {
    try {
      return act();
    } catch (error) {
      this.fail(error);
      return "over";
    }
  }
}

/** Errors that say where and what by themselves. Of all others the stack is needed. */
const plainErrors: ReadonlySet<string> = new Set(["UserError", "NotSaveableError", "SnapshotError"]);

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return plainErrors.has(error.name) ? error.message : (error.stack ?? `${error.name}: ${error.message}`);
}
