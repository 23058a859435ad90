/** Who waits for a promise: what its reactions lead to, through callbacks, combinators and promises that follow it. */
import { gatheringOf } from "./combinators.ts";
import { AdoptReaction, FrameReaction, type Reaction, ThenReaction } from "./jobs.ts";
import { DurablePromise } from "./promise.ts";
import { position } from "./snapshot/index.ts";

/** Where the first call that waits on a promise stands, directly or through `then`. */
export function placeOfWait(promise: DurablePromise): string {
  let at: DurablePromise | undefined = promise;
  for (let depth = 0; at !== undefined && depth < 100; depth++) {
    let next: DurablePromise | undefined;
    for (const reaction of DurablePromise.partsOf(at).reactions) {
      const frame = reaction instanceof FrameReaction ? reaction.frame : undefined;
      const label = frame?.site.labels?.[frame.label];
      if (frame !== undefined && label)
        return `awaited in ${frame.site.name} at ${position(frame.site, label)}`;
      if (reaction instanceof ThenReaction && DurablePromise.is(reaction.derived)) next ??= reaction.derived;
    }
    at = next;
  }
  return "";
}

/**
 * Whether anything of the program would run if the promise were settled: a frame that waits for it or a callback, or for what follows it. What only a
 * race that is over has looked at is not heard of.
 */
export function isHeard(promise: DurablePromise, seen = new Set<DurablePromise>()): boolean {
  if (seen.has(promise)) return false;
  seen.add(promise);
  return DurablePromise.partsOf(promise).reactions.some((reaction) => {
    const next = followerOf(reaction);
    if (!DurablePromise.is(next)) return true;
    return DurablePromise.isPending(next) && isHeard(next, seen);
  });
}

/** The promise to which a reaction hands on and does nothing else. */
function followerOf(reaction: Reaction): unknown {
  if (reaction instanceof AdoptReaction) return reaction.target;
  const gathering = gatheringOf(reaction);
  if (gathering !== undefined) return gathering.result;
  if (!(reaction instanceof ThenReaction)) return undefined;
  const isBare = reaction.onFulfilled === undefined && reaction.onRejected === undefined;
  return isBare ? reaction.derived : undefined;
}
