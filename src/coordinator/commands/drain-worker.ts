import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { leave } from "../tasks.ts";

/** Idle tasks leave at once: the worker has nothing of theirs that the store has not, and they must not be woken there any more. */
export function drainWorker(draft: Draft, { worker: id }: Command & { kind: "drain-worker" }): void {
  const worker = draft.worker(id);
  if (worker === undefined || worker.draining) return;
  draft.setWorker(id, { ...worker, draining: true });
  for (const activation of draft.activationsOf(id)) if (activation.idle) leave(draft, activation);
  draft.send(id, { kind: "drain" });
}
