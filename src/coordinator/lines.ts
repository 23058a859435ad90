/**
 * What tasks print. The lines of a commit are one row of the same write, so they are there exactly if the commit is (design T2, H19).
 *
 * L1. A row is there from its commit until its lines have been handed out; then it becomes bytes, which are not held in memory, with a
 *     later write.
 * L2. A server that takes over hands out every row that it finds, in order. So no line is ever lost, and one is handed out twice only if the
 *     server died between its printing and the write that says so. The row's key is the same both times.
 * L3. Lines of runs that are held wait for a server that drives the run.
 * L4. The last limits.logRowsKept of a run are kept as long as the run's row, handed out or not.
 */
import type { RunId, TaskId } from "../base/ids.ts";
import { runOf } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import { pack } from "../protocol/pack.ts";
import type { BytesKey, LineRow, RunRow } from "../protocol/rows.ts";
import type { Commit } from "../protocol/wire.ts";
import type { Draft } from "./draft.ts";

const numberDigits = 12;

function lineKey(run: RunId, number: number): string {
  return `${run}/${String(number).padStart(numberDigits, "0")}`;
}

/** Where the lines are once they have been handed out. */
function logKey(line: string): BytesKey {
  return `log/${line}`;
}

export function say(draft: Draft, { task, effects }: Commit, now: number): void {
  const lines: LineRow["lines"][number][] = [];
  for (const effect of effects) {
    if (effect.kind === "log") lines.push({ stream: effect.stream, text: effect.text });
  }
  if (lines.length === 0) return;
  const run = draft.run(runOf(task))!;
  const key = nextKey(draft, run);
  const row: LineRow = { at: now, task, name: draft.task(task)!.name, lines };
  draft.setLine(key, row);
  draft.act({ kind: "print", key, row });
}

/** L4. */
function nextKey(draft: Draft, run: RunRow): string {
  const { first, next } = run.log;
  const full = next - first >= limits.logRowsKept;
  if (full) forgetLine(draft, run.id, first);
  draft.setRun(run.id, { ...run, log: { first: full ? first + 1 : first, next: next + 1 } });
  return lineKey(run.id, next);
}

/** What a task said before its worker died, and never committed, is kept where the log is; it is not handed out (design H19). */
export function sayLost(
  draft: Draft,
  task: TaskId,
  attempt: NonNullable<LineRow["attempt"]>,
  said: LineRow["lines"],
  now: number,
): void {
  const run = draft.run(runOf(task));
  const name = draft.task(task)?.name;
  if (run === undefined || name === undefined || said.length === 0) return;
  const lines = said.map(({ stream, text }) => ({ stream, text }));
  draft.setBytes(
    logKey(nextKey(draft, run)),
    pack({ at: now, task, name, lines, attempt } satisfies LineRow),
  );
}

/** What an earlier server may not have handed out. */
export function sayAgain(draft: Draft): void {
  const { lines, held } = draft.state;
  for (const key of [...lines.keys()].sort()) {
    const row = lines.get(key)!;
    if (!held.has(runOf(row.task))) draft.act({ kind: "print", key, row });
  }
}

/** L1. */
export function keepPrinted(draft: Draft, keys: readonly string[]): void {
  for (const key of keys) {
    const row = draft.state.lines.get(key);
    // Its run has been forgotten, or it was too many meanwhile.
    if (row === undefined) continue;
    draft.setLine(key, undefined);
    draft.setBytes(logKey(key), pack(row));
  }
}

/** Where the lines of a run are, in their order: each at one of two places. */
export function linesOf({ id, log }: RunRow): { readonly line: string; readonly bytes: BytesKey }[] {
  return Array.from({ length: log.next - log.first }, (_, index) => {
    const line = lineKey(id, log.first + index);
    return { line, bytes: logKey(line) };
  });
}

export function forgetLines(draft: Draft, { id, log }: RunRow): void {
  for (let number = log.first; number < log.next; number++) forgetLine(draft, id, number);
}

function forgetLine(draft: Draft, run: RunId, number: number): void {
  const key = lineKey(run, number);
  if (draft.state.lines.has(key)) draft.setLine(key, undefined);
  else draft.deleteBytes(logKey(key));
}
