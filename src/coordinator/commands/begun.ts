import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";

/** A task has begun before it was expected to. */
export function taskBegun(draft: Draft, { worker, task, epoch }: Command & { kind: "begun" }): void {
  const activation = draft.activation(task);
  if (activation?.worker === worker && activation.epoch === epoch)
    draft.setActivation(task, { ...activation, fresh: false });
}
