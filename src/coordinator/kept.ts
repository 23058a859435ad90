/**
 * A checkpoint of a run is kept: an image of it (image.ts) under a name, from which it can be copied however it goes on, or has ended, until the
 * run is forgotten (design H21, T8).
 *
 * Q1. The program asks for one by `checkpoint({ name })`: it is of the moment after that commit. The house asks for one when a task fails by what nobody
 *     has seen, is given up, or its run comes to a deadlock: of the moment before.
 * Q2. Who asks cannot read bytes; the decision says what is to be kept, and whoever carries it out makes the image and brings it by this command, in the
 *     same write if it can.
 * Q3. A run has each name once, the last one, and limits.checkpointsKept of them; the oldest goes.
 * Q4. One that is too large is named as such, and has no bytes.
 */
import { parentOf, type RunId, runOf, type TaskId } from "../base/ids.ts";
import { inMiB, limits } from "../base/limits.ts";
import { pack } from "../protocol/pack.ts";
import type { BytesKey, KeptRow } from "../protocol/rows.ts";
import type { Command } from "./command.ts";
import type { Draft } from "./draft.ts";

const beforeFailure = "before-failure";

export function keptKey(run: RunId, name: string): BytesKey {
  return `kept/${run}/${name}`;
}

export function keep(draft: Draft, { kept, image, now }: Command & { kind: "keep" }): void {
  const { task, name } = kept;
  const run = runOf(task);
  const row = draft.run(run);
  // Forgotten meanwhile, or moved to code that cannot read it.
  if (row === undefined || row.version !== image.run.version) return;
  let bytes = 0;
  for (const [, value] of image.bytes) bytes += value.length;
  const { tasks } = image;
  const lacks =
    tasks.length > limits.forkedTasksMax
      ? `the run had ${tasks.length} tasks, over the limit of ${limits.forkedTasksMax}`
      : bytes > limits.snapshotBytesMax
        ? `it had ${inMiB(bytes)} of state, over the limit of ${inMiB(limits.snapshotBytesMax)}`
        : undefined;
  const others = (row.kept ?? []).filter((each) => each.name !== name);
  while (others.length >= limits.checkpointsKept) draft.deleteBytes(keptKey(run, others.shift()!.name));
  const added: KeptRow = {
    ...{ name, task, at: now, commits: image.commits, tasks: tasks.length, bytes },
    ...(lacks === undefined ? {} : { lacks }),
  };
  draft.setRun(run, { ...row, kept: [...others, added] });
  if (lacks === undefined) draft.setBytes(keptKey(run, name), pack(image));
  else draft.deleteBytes(keptKey(run, name));
}

/** With the run, or when it goes on with other code. */
export function dropKept(draft: Draft, run: RunId): void {
  const row = draft.run(run);
  if (row?.kept === undefined) return;
  for (const { name } of row.kept) draft.deleteBytes(keptKey(run, name));
  const { kept: _, ...rest } = row;
  draft.setRun(run, rest);
}

/** A task fails by what nobody else has seen: its run does, as a rule. Of several the main function says how it ended, else the first one. */
export function keepBeforeFailure(draft: Draft, task: TaskId): void {
  const kept = draft.run(runOf(task))?.kept ?? [];
  const isFirst = kept.every(({ name }) => name !== beforeFailure);
  if (isFirst || parentOf(task) === undefined) keepBefore(draft, task, beforeFailure);
}

export function keepBeforeGivingUp(draft: Draft, task: TaskId): void {
  keepBefore(draft, task, "before-giving-up");
}

function keepBefore(draft: Draft, task: TaskId, name: string): void {
  // A copy may come to its end in being made.
  if (draft.state.runs.has(runOf(task))) draft.keep({ task, name, moment: "before" });
}
