import { nothing } from "../../protocol/answers.ts";
import { ownTimerFired } from "../cancel.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { settleRuns } from "../runs.ts";
import { complete } from "../tasks.ts";

export function tick(draft: Draft, { now }: Command & { kind: "tick" }): void {
  for (const timer of draft.state.due(now)) {
    // Another one of this moment may have made it pointless: a choice of the same select, the end of the task.
    if (!draft.hasTimer(timer) || ownTimerFired(draft, timer, now)) continue;
    draft.endWait(timer.task, timer.effect);
    complete(draft, timer, nothing);
  }
  settleRuns(draft, now);
}
