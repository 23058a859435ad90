/**
 * Answers to a worker in messages of a bearable length: each answer is within limits, but of several that come together the sum need not be. They
 * arrive in the same order.
 */
import { limits } from "../base/limits.ts";
import type { Completion, Outcome } from "../protocol/effect.ts";
import type { ToWorker } from "../protocol/wire.ts";

export function inParts(message: ToWorker, bytesMax: number = limits.askedBytesMax): readonly ToWorker[] {
  if (message.kind !== "activate" && message.kind !== "complete") return [message];
  const groups = grouped(message.completions, bytesMax);
  if (groups.length < 2) return [message];
  const { task, epoch } = message;
  const after = message.kind === "activate" || message.after === undefined ? {} : { after: message.after };
  return groups.map((completions, index) =>
    index === 0 ? { ...message, completions } : { kind: "complete", task, epoch, completions, ...after },
  );
}

/** Each group has no more than so many bytes, or one completion. */
function grouped(completions: readonly Completion[], bytesMax: number): readonly (readonly Completion[])[] {
  if (completions.length < 2) return [];
  const groups: Completion[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const completion of completions) {
    const length = lengthOf(completion.outcome);
    if (bytes + length > bytesMax) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(completion);
    bytes += length;
  }
  return groups;
}

function lengthOf(outcome: Outcome): number {
  if (outcome.kind === "failure") return outcome.message.length;
  if (outcome.kind === "error") return outcome.error.length;
  return (outcome.rest ?? []).reduce((sum, bytes) => sum + bytes.length, outcome.value.length);
}
