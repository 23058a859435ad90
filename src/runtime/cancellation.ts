/**
 * How a task learns that it is cancelled, and what follows for its fibers (design H14).
 *
 * The news is the answer to effect 0. By then nothing else can run, so each fiber waits for something. What waits for an effect is not
 * rejected here: the effect is withdrawn, and its answer says whether the withdrawal came first. Every other wait (for a foreign call, for a
 * resolver, for another fiber) is rejected at once. The promise itself stays as it is: only the wait is over.
 *
 * N1. Each fiber is rejected once: what it waits for later, in a `finally`, is left alone.
 * N2. A fiber whose effect was answered first goes on, and its next wait is rejected instead (design T9), unless the answer was that a task
 *     below has been cancelled: then it knows.
 * N3. A wait through `then` of an effect is the effect's: it is rejected by its withdrawal, so that no item is dropped on the way.
 * N4. What a fiber starts before it is rejected is no part of its cleaning up: those fibers are rejected as it is, what they have asked for is
 *     withdrawn, and tasks are cancelled.
 */
import type { EffectId } from "../base/ids.ts";
import { DurableAbortSignal } from "./abort.ts";
import { AsyncGenerator, AsyncGeneratorObject } from "./async-generators.ts";
import { CancelledError } from "./errors.ts";
import { Frame } from "./frame.ts";
import { AdoptReaction, FrameReaction, ReactionJob, ThenReaction } from "./jobs.ts";
import type { TaskKernel } from "./kernel.ts";
import { DurablePromise } from "./promise.ts";

/** What the task has of its cancellation: from the first use of `current.signal`, or from the news. */
export class Cancellation {
  signal = DurableAbortSignal.make();
  /** What fibers are rejected with; undefined: the task is not cancelled. */
  error: CancelledError | undefined = undefined;
  /** Those that are still to be rejected, as what gets the result of their outermost call; and answers for which they have asked since. */
  fibers = new Set<object>();
  /** Effects that were withdrawn for it. */
  withdrawn = new Set<EffectId>();

  /** Whether a thawed one is what it claims to be. */
  isWhole(): boolean {
    const parts: readonly unknown[] = [this.fibers, this.withdrawn];
    const told = this.error === undefined || (this.error as unknown) instanceof CancelledError;
    return told && DurableAbortSignal.isWhole(this.signal) && parts.every((part) => part instanceof Set);
  }
}

interface Wait {
  readonly promise: DurablePromise;
  readonly reaction: FrameReaction;
  readonly fiber: object;
}

/** Rejects the waits of fibers for anything but effects. `among`: only of these. Answers how many. */
export function rejectWaits(
  kernel: TaskKernel,
  cancellation: Cancellation,
  effects: ReadonlyMap<EffectId, DurablePromise>,
  among: Set<object> | undefined,
): number {
  const seen = new Set<object>();
  let rejected = 0;
  const above: object[] = [];
  for (const promise of effects.values()) {
    for (const { fiber } of waitsOn(promise, seen)) above.push(fiber);
  }
  const leaves = [...kernel.awaitedResolvers, ...kernel.foreign.awaited()];
  for (let next = leaves.pop() ?? above.pop(); next !== undefined; next = leaves.pop() ?? above.pop()) {
    for (const promise of promisesOf(next)) {
      for (const { promise: on, reaction, fiber } of waitsOn(promise, seen)) {
        above.push(fiber);
        if (among !== undefined && !among.delete(fiber)) continue;
        DurablePromise.forget(on, reaction);
        kernel.enqueue(new ReactionJob(reaction, true, cancellation.error));
        rejected++;
      }
    }
  }
  return rejected;
}

/** The fibers that wait on an effect's promise, directly or through `then`. */
export function fibersOn(promise: DurablePromise): object[] {
  return [...waitsOn(promise, new Set())].map(({ fiber }) => fiber);
}

function* waitsOn(start: DurablePromise, seen: Set<object>): Iterable<Wait> {
  const left = [start];
  for (let promise = left.pop(); promise !== undefined; promise = left.pop()) {
    if (seen.has(promise)) continue;
    seen.add(promise);
    // A copy: whoever asks may take reactions away.
    for (const reaction of [...DurablePromise.partsOf(promise).reactions]) {
      if (reaction instanceof FrameReaction) {
        const fiber = fiberAbove(reaction.frame);
        if (fiber !== undefined) yield { promise, reaction, fiber };
      } else if (reaction instanceof ThenReaction) {
        if (DurablePromise.is(reaction.derived)) left.push(reaction.derived);
      } else if (reaction instanceof AdoptReaction) left.push(reaction.target);
    }
  }
}

/** Who gets the result of the outermost call. */
export function fiberAbove(frame: Frame | undefined): object | undefined {
  let at: unknown = frame;
  while (at instanceof Frame) at = at.parent;
  return at instanceof AsyncGenerator ? at.object : (at as object | undefined);
}

/** What others can wait on of a fiber, or of a promise. */
function promisesOf(one: object): DurablePromise[] {
  if (DurablePromise.is(one)) return [one];
  return AsyncGeneratorObject.is(one)
    ? AsyncGeneratorObject.of(one).parts.queue.map(({ promise }) => promise)
    : [];
}

/** Fibers that have ended have no next wait. */
export function forgetEnded(fibers: Set<object>): void {
  for (const fiber of fibers) {
    const ended = DurablePromise.is(fiber)
      ? !DurablePromise.isPending(fiber)
      : AsyncGeneratorObject.is(fiber) && AsyncGeneratorObject.of(fiber).parts.state === "completed";
    if (ended) fibers.delete(fiber);
  }
}
