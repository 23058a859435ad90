import { assert } from "../../base/errors.ts";
import { rootTaskOf } from "../../base/ids.ts";
import { limits } from "../../base/limits.ts";
import type { DeathKind, RunRow } from "../../protocol/rows.ts";
import { deathKinds } from "../../protocol/rows.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { forgetLines } from "../lines.ts";
import { deleteBelongings, outcomeKey } from "../tasks.ts";

export function startRun(draft: Draft, command: Command & { kind: "start-run" }): void {
  const { run, version, program, input, now } = command;
  assert(draft.run(run) === undefined, `a run named ${run} exists already`);
  assert(draft.state.bundles.has(version), `a run of bundle ${version}, which is not in the store`);
  prune(draft, command);
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

/** Forgets all but the last ended runs, and the bundles that no run is left of. A result needs its bundle to be read. */
function prune(draft: Draft, { version }: { version: RunRow["version"] }): void {
  const { bundles } = draft.state;
  const forgotten = new Map<RunRow["version"], number>();
  for (const id of draft.state.endedBefore(limits.finishedRunsKept)) {
    const row = draft.run(id)!;
    const of = row.version;
    forgotten.set(of, (forgotten.get(of) ?? 0) + 1);
    for (const task of draft.tasksOf(id)) {
      deleteBelongings(draft, task);
      draft.setTask(task.id, undefined);
    }
    draft.setRun(id, undefined);
    draft.deleteBytes(outcomeKey(rootTaskOf(id)));
    forgetLines(draft, row);
  }
  for (const each of bundles.keys()) {
    if (each === version || draft.state.runsOf(each) > (forgotten.get(each) ?? 0)) continue;
    draft.setBundle(each, undefined);
    draft.deleteBytes(`bundle/${each}`);
  }
}

export const noDeaths = Object.fromEntries(deathKinds.map((kind) => [kind, 0])) as Readonly<
  Record<DeathKind, number>
>;
