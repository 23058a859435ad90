/**
 * Answers to a worker in messages of a bearable length: each answer is within limits, but of several that come together the sum need not be. They
 * arrive in the same order.
 */
import { limits } from "../base/limits.ts";
import type { Completion, Outcome } from "../protocol/effect.ts";
import type { ToWorker } from "../protocol/wire.ts";

export function inParts(message: ToWorker, bytesMax: number = limits.askedBytesMax): readonly ToWorker[] {
  if ((message.kind !== "activate" && message.kind !== "complete") || message.completions.length === 0)
    return [message];
  const begins = message.kind === "activate";
  const first: Completion[] = [];
  let completions = first;
  let bytes = 0;
  const groups = [first];
  for (const completion of message.completions) {
    const length = lengthOf(completion.outcome);
    if (completions.length > 0 && bytes + length > bytesMax) {
      completions = [];
      groups.push(completions);
      bytes = 0;
    }
    completions.push(completion);
    bytes += length;
  }
  if (groups.length === 1) return [message];
  const { task, epoch } = message;
  return groups.map((group, index) =>
    index === 0
      ? { ...message, completions: group }
      : {
          kind: "complete",
          task,
          epoch,
          completions: group,
          ...(begins || message.after === undefined ? {} : { after: message.after }),
        },
  );
}

function lengthOf(outcome: Outcome): number {
  if (outcome.kind === "failure") return outcome.message.length;
  return outcome.kind === "value" ? outcome.value.length : outcome.error.length;
}
