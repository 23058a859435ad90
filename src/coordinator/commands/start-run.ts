import { assert } from "../../base/errors.ts";
import { rootTaskOf } from "../../base/ids.ts";
import { limits } from "../../base/limits.ts";
import type { DeathKind, RunRow } from "../../protocol/rows.ts";
import { deathKinds } from "../../protocol/rows.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { forgetLines } from "../lines.ts";
import { outcomeKey } from "../tasks.ts";

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
    stats: { tasks: 1, tasksEnded: 0, activations: 0, commits: 0, checkpointBytes: 0, deaths: noDeaths() },
  });
  draft.setTask(root, {
    id: root,
    name: "main",
    epoch: 0,
    seq: 0,
    status: "ready",
    from: "input",
    completions: [],
    joiners: [],
    observed: false,
    deaths: 0,
    alone: false,
  });
  draft.setBytes(`input/${root}`, new TextEncoder().encode(input));
}

/** Forgets all but the last ended runs, and the bundles that no run is left of. A result needs its bundle to be read. */
function prune(draft: Draft, { version }: { version: RunRow["version"] }): void {
  const { runs, bundles } = draft.state;
  const ended = [...runs.values()].filter((row) => row.endedAt !== undefined);
  ended.sort((a, b) => b.endedAt! - a.endedAt! || (a.id < b.id ? -1 : 1));
  for (const { id } of ended.slice(limits.finishedRunsKept)) {
    draft.setRun(id, undefined);
    draft.deleteBytes(outcomeKey(rootTaskOf(id)));
    forgetLines(draft, id);
  }
  const used = new Set([version]);
  for (const { id } of runs.values()) {
    const row = draft.run(id);
    if (row !== undefined) used.add(row.version);
  }
  for (const unused of bundles.keys()) {
    if (used.has(unused)) continue;
    draft.setBundle(unused, undefined);
    draft.deleteBytes(`bundle/${unused}`);
  }
}

function noDeaths(): Record<DeathKind, number> {
  return Object.fromEntries(deathKinds.map((kind) => [kind, 0])) as Record<DeathKind, number>;
}
