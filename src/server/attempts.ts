/**
 * Lines that tasks have said and not committed (design H19): provisional, for whoever wants to see what goes on now, and what a task said before it
 * took its worker with it. They are told by the workers at once, beside everything else, and are never needed to go on.
 *
 * A1. A line that a commit brings is provisional no more: the log has it.
 * A2. What was said on a worker that is lost is handed over once: it is kept with the log, as what was never committed.
 */
import type { EffectId, TaskId, WorkerId } from "../base/ids.ts";
import { runOf } from "../base/ids.ts";
import type { LineForm } from "../protocol/control.ts";
import type { Commit, FromWorker } from "../protocol/wire.ts";

type Said = FromWorker & { readonly kind: "said" };

/** What a task said in one stay on a worker, since its last commit. */
interface Attempt {
  readonly worker: WorkerId;
  readonly epoch: number;
  /** Of the task's function. */
  readonly name: string;
  lines: {
    readonly id: EffectId;
    readonly at: number;
    readonly stream: "out" | "err";
    readonly text: string;
  }[];
}

/** What was said and lost: lines of tasks with the number of the attempt. */
export type Lost = ReadonlyMap<
  TaskId,
  {
    readonly epoch: number;
    readonly lines: readonly { readonly stream: "out" | "err"; readonly text: string }[];
  }
>;

export class Attempts {
  readonly #attempts = new Map<TaskId, Attempt>();

  /** Answers the line as it is shown. */
  said(worker: WorkerId, name: string, { task, epoch, id, stream, text }: Said, at: number): LineForm {
    let attempt = this.#attempts.get(task);
    if (attempt?.epoch !== epoch || attempt.worker !== worker) {
      attempt = { worker, epoch, name, lines: [] };
      this.#attempts.set(task, attempt);
    }
    attempt.lines.push({ id, at, stream, text });
    return lineForm(task, attempt, attempt.lines.at(-1)!);
  }

  /** A1. */
  committed({ task, epoch, effects, then }: Commit): void {
    const attempt = this.#attempts.get(task);
    if (attempt?.epoch !== epoch) return;
    const last = effects.at(-1)?.id ?? 0;
    attempt.lines = attempt.lines.filter(({ id }) => id > last);
    // Nothing is kept for tasks that wait.
    if (then.kind !== "busy" || attempt.lines.length === 0) this.#attempts.delete(task);
  }

  /** A2. */
  lost(worker: WorkerId): Lost {
    const lost = new Map<TaskId, { epoch: number; lines: Attempt["lines"] }>();
    for (const [task, { worker: on, epoch, lines }] of this.#attempts) {
      if (on !== worker) continue;
      this.#attempts.delete(task);
      if (lines.length > 0) lost.set(task, { epoch, lines });
    }
    return lost;
  }

  of(run: string): LineForm[] {
    return [...this.#attempts].flatMap(([task, attempt]) =>
      runOf(task) === run ? attempt.lines.map((line) => lineForm(task, attempt, line)) : [],
    );
  }
}

function lineForm(task: TaskId, { epoch, name }: Attempt, line: Attempt["lines"][number]): LineForm {
  const { id, at, stream, text } = line;
  return {
    id: `${task}/${epoch}/${id}`,
    at: new Date(at).toISOString(),
    ...{ task, name, stream, text },
    attempt: { number: epoch },
  };
}
