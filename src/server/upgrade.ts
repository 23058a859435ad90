/** Whether all that a run has written can be read by another version of its program: tasks, answers, items, shared values. */
import type { RunId, Version } from "../base/ids.ts";
import { runOf, runOfGate } from "../base/ids.ts";
import type { State } from "../coordinator/index.ts";
import { beginningKey, bytesOfRun, completionKey, isOver, outcomeKey } from "../coordinator/index.ts";
import type { UpgradeForm } from "../protocol/control.ts";
import { decodeOutcome } from "../protocol/outcome.ts";
import { obstacles, type ProgramCode } from "../runtime/index.ts";
import type { Seen } from "./views.ts";

interface Written {
  readonly where: string;
  /** A snapshot. */
  readonly bytes: Uint8Array;
}

export function upgradeForm(seen: Seen, run: RunId, to: Version, code: ProgramCode): UpgradeForm {
  const { version: from } = seen.state.runs.get(run)!;
  const found = new Map<string, Set<string>>();
  for (const { where, bytes } of written(seen, run)) {
    const reasons = obstacles(bytes, code);
    const known = found.get(where) ?? new Set<string>();
    for (const reason of reasons) known.add(reason);
    if (known.size > 0) found.set(where, known);
  }
  let tasks = 0;
  for (const id of seen.state.tasksOf(run)) if (!isOver(seen.state.tasks.get(id)!)) tasks++;
  const list = [...found].map(([where, reasons]) => ({ where, reasons: [...reasons] }));
  return { run, from, to, moves: list.length === 0, obstacles: list, tasks };
}

/** What a run has written, as far as that tells whether it has written anything since: each commit counts, and may bring items and shared values. */
export function writtenBy(state: State, run: RunId): string {
  const commits = [...state.tasksOf(run)].map((id) => {
    const { epoch, seq } = state.tasks.get(id)!;
    return `${id} ${epoch} ${seq}`;
  });
  return [state.runs.get(run)?.version, ...commits, ...bytesOfRun(state, run)].join();
}

function* written({ state, read }: Seen, run: RunId): Generator<Written> {
  for (const id of state.tasksOf(run)) {
    const row = state.tasks.get(id)!;
    const where = `task ${row.name} (${id})`;
    const keys = isOver(row) ? [outcomeKey(id)] : [];
    for (const effect of state.completions.of(id)) keys.push(completionKey(id, effect));
    for (const key of keys) {
      const outcome = read(key);
      const bytes = outcome === undefined ? undefined : valueIn(outcome);
      if (bytes !== undefined) yield { where, bytes };
    }
    const bytes = isOver(row) || row.from === "input" ? undefined : read(beginningKey(row));
    if (bytes !== undefined) yield { where, bytes };
  }
  for (const { gate, bytes } of state.items.values())
    if (runOfGate(gate) === run && state.gates.get(gate)?.is.kind !== "inbox")
      yield { where: `an item of ${gate}`, bytes };
  for (const { task, items } of state.waiters.values())
    if (runOf(task) === run) for (const bytes of items) yield { where: `an item that ${task} brings`, bytes };
  for (const [key, row] of state.shared) {
    const bytes = row.run === run ? read(`shared/${key}`) : undefined;
    if (bytes !== undefined) yield { where: `the shared value ${row.id}`, bytes };
  }
}

/** Of an answer that a task has encoded. */
function valueIn(outcome: Uint8Array): Uint8Array | undefined {
  const { kind, ...rest } = decodeOutcome(outcome);
  const bytes = "error" in rest ? rest.error : "value" in rest && rest.json !== true ? rest.value : undefined;
  return kind === "failure" || bytes?.length === 0 ? undefined : bytes;
}
