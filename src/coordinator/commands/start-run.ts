import { assert } from "../../base/errors.ts";
import { isRunName, type RunId, rootTaskOf } from "../../base/ids.ts";
import { limits } from "../../base/limits.ts";
import type { DeathKind } from "../../protocol/rows.ts";
import { deathKinds } from "../../protocol/rows.ts";
import { putBundle } from "../bundles.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { badRunName } from "../runs.ts";
import type { State } from "../state.ts";
import { forgetRuns } from "./forget.ts";

/** Why no run can be started under a name, if it cannot. A run of the same program that has the name already is none: it is the one that was started. */
export function refuseStart(state: State, as: RunId | undefined, program: string): string | undefined {
  if (as === undefined) return undefined;
  if (!isRunName(as)) return badRunName(as);
  const before = state.runs.get(as);
  return before === undefined || (before.program === program && before.forkOf === undefined)
    ? undefined
    : `there is a run ${as} already, of ${before.program}${before.forkOf === undefined ? "" : `, a fork of ${before.forkOf.run}`}; give another id`;
}

export function startRun(draft: Draft, command: Command & { kind: "start-run" }): void {
  const { run, bundle, program, input, keepsEnded, now } = command;
  const { version } = bundle;
  assert(draft.run(run) === undefined, `a run named ${run} exists already`);
  if (!keepsEnded) forgetRuns(draft, draft.state.endedBefore(limits.finishedRunsKept), version);
  putBundle(draft, bundle, now);
  const root = rootTaskOf(run);
  draft.setRun(run, {
    id: run,
    version,
    program,
    startedAt: now,
    status: "running",
    stats: { tasks: 1, tasksEnded: 0, activations: 0, commits: 0, checkpointBytes: 0, deaths: noDeaths },
    log: { first: 1, next: 1 },
  });
  draft.setTask(root, {
    id: root,
    name: "main",
    epoch: 0,
    seq: 0,
    status: "ready",
    from: "input",
    joiners: [],
    observed: false,
    deaths: 0,
    alone: false,
  });
  draft.setBytes(`input/${root}`, new TextEncoder().encode(input));
}

export const noDeaths = Object.fromEntries(deathKinds.map((kind) => [kind, 0])) as Readonly<
  Record<DeathKind, number>
>;
