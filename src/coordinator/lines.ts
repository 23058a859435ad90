/**
 * What tasks print. The lines of a commit are one row of the same write, so they are there exactly if the commit is (design T2, H19).
 *
 * L1. A row is there from its commit until its lines have been handed out; its deletion rides with a later write.
 * L2. A server that takes over hands out every row that it finds, in order. So no line is ever lost, and one is handed out twice only if the
 *     server died between its printing and the write that says so. The row's key is the same both times.
 * L3. Lines of runs that are held wait for a server that drives the run. They outlive their run's end, and go with its row.
 */
import type { RunId } from "../base/ids.ts";
import { runOf } from "../base/ids.ts";
import type { LineRow } from "../protocol/rows.ts";
import type { Commit } from "../protocol/wire.ts";
import type { Draft } from "./draft.ts";

const countDigits = 12;

/** After the commit has been counted. */
export function say(draft: Draft, { task, effects }: Commit): void {
  const lines: LineRow["lines"][number][] = [];
  for (const effect of effects) {
    if (effect.kind === "log") lines.push({ stream: effect.stream, text: effect.text });
  }
  if (lines.length === 0) return;
  const run = runOf(task);
  const key = `${run}/${String(draft.run(run)!.stats.commits).padStart(countDigits, "0")}`;
  const row: LineRow = { task, name: draft.task(task)!.name, lines };
  draft.setLine(key, row);
  draft.act({ kind: "print", key, row });
}

/** What an earlier server may not have handed out. */
export function sayAgain(draft: Draft): void {
  const { lines, held } = draft.state;
  for (const key of [...lines.keys()].sort()) {
    const row = lines.get(key)!;
    if (!held.has(runOf(row.task))) draft.act({ kind: "print", key, row });
  }
}

export function forgetLines(draft: Draft, run: RunId): void {
  for (const [key, { task }] of draft.state.lines) if (runOf(task) === run) draft.setLine(key, undefined);
}
