/** What people see on stderr while a run goes on, and at its end. */
import { formatDuration } from "../base/duration.ts";
import { type DeathKind, deathKinds } from "../protocol/rows.ts";
import type { Bill } from "./bill.ts";

export interface Figures {
  readonly tasks: number;
  readonly tasksEnded: number;
  readonly running: number;
  readonly parked: number;
  readonly workers: number;
  readonly activations: number;
  readonly commits: number;
  readonly checkpointBytes: number;
  readonly deaths: Readonly<Record<DeathKind, number>>;
}

const intervalMs = { terminal: 100, file: 500 } as const;

export interface Progress {
  /** A line of the program, kept apart from the progress line. */
  print(text: string): void;
  /** Ends the display with the summary. */
  end(how: string, bill: Bill): void;
}

export function startProgress(figures: () => Figures, options: { readonly quiet: boolean }): Progress {
  const terminal = process.stderr.isTTY === true;
  const startedAt = performance.now();
  let shown = "";
  const clear = terminal ? "\r\u001b[K" : "";
  const show = (): void => {
    const line = progressLine(figures());
    if (line === shown) return;
    shown = line;
    process.stderr.write(terminal ? clear + line.slice(0, (process.stderr.columns ?? 80) - 1) : `${line}\n`);
  };
  const timer = options.quiet
    ? undefined
    : setInterval(show, terminal ? intervalMs.terminal : intervalMs.file);
  return {
    print(text) {
      process.stderr.write(clear + text);
      shown = "";
    },
    end(how, bill) {
      clearInterval(timer);
      if (!options.quiet)
        process.stderr.write(
          `${clear}${how} in ${formatDuration(performance.now() - startedAt)}: ${summaryLine(figures(), bill)}\n`,
        );
    },
  };
}

function progressLine(now: Figures): string {
  const percent = now.tasks === 0 ? 0 : Math.floor((100 * now.tasksEnded) / now.tasks);
  const deaths = deathKinds
    .filter((kind) => now.deaths[kind] > 0)
    .map((kind) => `${now.deaths[kind]} ${kind}`);
  return [
    `${percent} %  tasks ${now.tasksEnded} of ${now.tasks} done, ${now.running} running, ${now.parked} parked`,
    `workers ${now.workers}`,
    `deaths ${deaths.length === 0 ? "none" : deaths.join(", ")}`,
    `checkpoints ${formatBytes(now.checkpointBytes)}`,
  ].join(" | ");
}

function summaryLine(total: Figures, { requests, seconds, gigabyteSeconds }: Bill): string {
  const memory = gigabyteSeconds === undefined ? "" : `, ${gigabyteSeconds.toFixed(3)} GB s`;
  const deaths = deathKinds.map((kind) => `${total.deaths[kind]} ${kind}`).join(", ");
  return `${total.tasks} tasks, ${total.activations} activations, ${total.commits} commits, ${formatBytes(total.checkpointBytes)} of checkpoints, deaths: ${deaths}; workers: ${requests} for ${seconds.toFixed(3)} s${memory}`;
}

function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
