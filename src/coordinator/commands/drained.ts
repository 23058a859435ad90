import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { settleRuns } from "../runs.ts";
import { leave } from "../tasks.ts";

/** What was still on its way to the worker goes elsewhere; whatever the worker may yet say of it is of an old epoch. */
export function drained(draft: Draft, { worker: id, now }: Command & { kind: "drained" }): void {
  const worker = draft.worker(id);
  if (worker === undefined) return;
  for (const activation of draft.activationsOf(id)) leave(draft, activation);
  draft.setWorker(id, { ...worker, draining: true });
  draft.act({ kind: "dismiss", worker: id });
  settleRuns(draft, now);
}
