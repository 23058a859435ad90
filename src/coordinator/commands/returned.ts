import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { settleRuns } from "../runs.ts";
import { leave } from "../tasks.ts";

/** An activation handed back as it was at its last commit: as if the worker had died with nobody to blame. */
export function returned(draft: Draft, command: Command & { kind: "returned" }): void {
  const { worker: id, task, epoch, now } = command;
  const activation = draft.activation(task);
  if (activation?.worker !== id || activation.epoch !== epoch) return;
  leave(draft, activation);
  const worker = draft.worker(id);
  if (worker?.reserved && draft.task(task)?.alone) draft.setWorker(id, { ...worker, reserved: false });
  settleRuns(draft, now);
}
