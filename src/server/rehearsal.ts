/**
 * What a spare worker is shown before it has anything to do (crew.ts, W6): the program that is at work, and a task of it as an example.
 */
import { type RunId, runOf, type TaskId } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import type { State } from "../coordinator/index.ts";
import type { BytesKey } from "../protocol/rows.ts";
import type { ToWorker } from "../protocol/wire.ts";

type Fetch = (key: BytesKey) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

/** Undefined: nothing is at work. */
export async function rehearsalFrom(
  { activations, runs, runsAtWork }: Pick<State, "activations" | "runs" | "runsAtWork">,
  fetch: Fetch,
): Promise<ToWorker | undefined> {
  const [task] = activations.keys();
  const [atWork] = runsAtWork;
  const run: RunId | undefined = task === undefined ? atWork : runOf(task);
  const version = run === undefined ? undefined : runs.get(run)?.version;
  if (version === undefined) return undefined;
  const example = task === undefined ? undefined : await exampleOf(task, fetch);
  return { kind: "rehearse", version, ...(example === undefined ? {} : { example }) };
}

async function exampleOf(
  task: TaskId,
  fetch: Fetch,
): Promise<{ readonly task: TaskId; readonly snapshot: Uint8Array } | undefined> {
  const snapshot = await fetch(`snapshot/${task}`);
  return snapshot === undefined || snapshot.length > limits.rehearsedBytesMax
    ? undefined
    : { task, snapshot };
}
