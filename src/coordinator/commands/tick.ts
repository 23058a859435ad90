import { nothing } from "../../protocol/outcome.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { complete } from "../tasks.ts";

export function tick(draft: Draft, { now }: Command & { kind: "tick" }): void {
  for (const { task, effect } of draft.state.due(now)) {
    draft.endWait(task, effect);
    complete(draft, task, effect, nothing);
  }
}
