import { assert } from "../../base/errors.ts";
import { rootTaskOf } from "../../base/ids.ts";
import { limits } from "../../base/limits.ts";
import type { DeathKind } from "../../protocol/rows.ts";
import { deathKinds } from "../../protocol/rows.ts";
import { putBundle } from "../bundles.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { forgetRuns } from "./forget.ts";

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
