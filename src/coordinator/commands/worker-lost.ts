/**
 * A worker is gone. What ran on it goes on elsewhere from its last checkpoint; what was idle there stays parked.
 *
 * W1. Only deaths that a task can cause are charged, and only to a task that was alone in having code on the worker's CPU or queued for it.
 *     Of several nobody is charged, but each runs alone next time, so that the next death has one suspect (design H12).
 *     Nor is a task charged with the time limit of a worker that it had for less than half of that limit: its time was too short, not its
 *     stretch too long. What the worker waited for a processor of a machine that was busy, the task did not have.
 * W2. After limits.deathsWithoutProgress charged deaths without a commit between them the task fails (design T8).
 */
import { runOf } from "../../base/ids.ts";
import { limits } from "../../base/limits.ts";
import type { DeathKind, TaskRow } from "../../protocol/rows.ts";
import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";
import { sayLost } from "../lines.ts";
import { settleRuns } from "../runs.ts";
import { type Activation, begun, isOver } from "../state.ts";
import { endTask, leave } from "../tasks.ts";
import { describe } from "../waits.ts";

type WorkerLost = Command & { kind: "worker-lost" };

export function workerLost(draft: Draft, command: WorkerLost): void {
  const { worker, death, detail, now } = command;
  const activations = draft.activationsOf(worker);
  draft.setWorker(worker, undefined);
  for (const activation of activations) leave(draft, activation);
  if (death !== "closed") {
    countDeath(draft, death, activations);
    for (const { task, epoch } of begun(activations).busy) {
      const row = draft.task(task);
      const loss = { at: now, epoch, death, detail };
      if (row !== undefined && !isOver(row))
        draft.setTask(task, { ...row, losses: [...(row.losses ?? []), loss].slice(-limits.lossesKept) });
    }
  }
  for (const { task, epoch } of activations) {
    const said = command.said?.get(task);
    if (said?.epoch === epoch) sayLost(draft, task, { number: epoch, death }, said.lines, now);
  }
  if (death === "time-limit" || death === "memory" || death === "exit") {
    const suspects = begun(activations).busy;
    const [culprit, ...others] = suspects;
    const isOne = culprit !== undefined && others.length === 0;
    if (isOne && hadItsTime(culprit, command)) charge(draft, draft.task(culprit.task)!, command);
    if (others.length > 0)
      for (const { task } of suspects) draft.setTask(task, { ...draft.task(task)!, alone: true });
  }
  settleRuns(draft, now);
}

/** In every run that is going on here, since a worker belongs to none of them; not in those that sleep. */
function countDeath(draft: Draft, death: DeathKind, activations: readonly Activation[]): void {
  for (const id of new Set([...draft.state.runsAtWork, ...activations.map(({ task }) => runOf(task))])) {
    const run = draft.run(id);
    if (run?.status !== "running" || draft.state.held.has(id)) continue;
    const { stats } = run;
    const deaths = { ...stats.deaths, [death]: stats.deaths[death] + 1 };
    draft.setRun(id, { ...run, stats: { ...stats, deaths } });
  }
}

/** W1. */
function hadItsTime({ since }: Activation, { death, timeLimitMs, waitedMs = 0, now }: WorkerLost): boolean {
  return death !== "time-limit" || timeLimitMs === undefined || now - since - waitedMs >= timeLimitMs / 2;
}

function charge(draft: Draft, row: TaskRow, command: WorkerLost): void {
  const deaths = row.deaths + 1;
  draft.setTask(row.id, { ...row, deaths });
  if (deaths < limits.deathsWithoutProgress) return;
  endTask(draft, row.id, { kind: "failure", message: epitaph(row, deaths, command) }, { givenUp: true });
}

function epitaph(row: TaskRow, deaths: number, { death, detail }: WorkerLost): string {
  const seen = detail === "" ? "" : ` (${detail})`;
  const text = `${describe(row)} took its worker with it ${deaths} times in a row without getting any further; the last time `;
  switch (death) {
    case "time-limit":
      return `${text}it was killed at the time limit${seen}: a stretch without a suspension, or a call of foreign code, is longer than the limit. Put an await into the one, ask for less at once in the other, or give a longer time limit`;
    case "memory":
      return `${text}it ran out of memory${seen}: hold less at once, split the work into tasks, or give ${row.memoryMiB === undefined ? "the workers more memory (--memory), or this task, by spawn.with({ memory })" : "it more by spawn.with({ memory })"}`;
    default:
      return `${text}the process ended${seen}: look for a call that ends it (exit, abort), a crash in a native module, or an uncaught error in foreign code`;
  }
}
