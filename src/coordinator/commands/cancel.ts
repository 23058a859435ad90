import { cancelled, cancelTree } from "../cancel.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { settleRuns } from "../runs.ts";

export function cancel(draft: Draft, { task, graceMs, now }: Command & { kind: "cancel" }): void {
  cancelTree(draft, task, { message: cancelled, graceMs }, now);
  settleRuns(draft, now);
}
