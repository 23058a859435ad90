/**
 * All of a run as of one moment: its rows and its bytes as the commits so far have left them, in one value that needs nothing else.
 *
 * I1. What runs and is not committed is not in it.
 * I2. In rows and keys there is the run's id, in bytes there is none: ids are saved relative to their run (base/ids.ts). So an image can be put back under
 *     another id, and handles in it mean what is there.
 * I3. Not in it: what has been printed, activations, other images.
 */
import type { RunId } from "../base/ids.ts";
import { runOf, runOfGate } from "../base/ids.ts";
import type {
  BytesKey,
  CompletionRow,
  GateRow,
  ItemRow,
  MessageRow,
  RunRow,
  SharedRow,
  TaskRow,
  TimerRow,
  WaiterRow,
} from "../protocol/rows.ts";
import type { State } from "./state.ts";
import { statsOf } from "./stats.ts";
import { bytesOf } from "./tasks.ts";
import { sharedBytesKey } from "./uses.ts";

export interface RunImage {
  readonly run: RunRow;
  /** How many the run had made. */
  readonly commits: number;
  readonly tasks: readonly TaskRow[];
  readonly completions: readonly CompletionRow[];
  readonly timers: readonly TimerRow[];
  readonly gates: readonly GateRow[];
  readonly items: readonly ItemRow[];
  readonly waiters: readonly WaiterRow[];
  readonly messages: readonly MessageRow[];
  readonly shared: readonly SharedRow[];
  readonly bytes: readonly (readonly [BytesKey, Uint8Array])[];
}

/** The keys under which a run has bytes, but for what it has printed. */
export function bytesOfRun(state: State, run: RunId): BytesKey[] {
  const keys: BytesKey[] = [];
  for (const id of state.tasksOf(run)) keys.push(...bytesOf(state.tasks.get(id)!, state.completions.of(id)));
  for (const [key, row] of state.shared) if (row.run === run) keys.push(sharedBytesKey(key));
  return keys;
}

/** `bytes`: what is under the keys named by {@link bytesOfRun}. The run must be there. */
export function imageOf(state: State, run: RunId, bytes: RunImage["bytes"]): RunImage {
  const row = state.runs.get(run)!;
  const { completions, timers, gates, items, waiters, messages, shared } = state;
  return {
    run: row,
    commits: statsOf(state, row).commits,
    tasks: [...state.tasksOf(run)].map((id) => state.tasks.get(id)!),
    completions: those(completions.rows, ({ task }) => runOf(task) === run),
    timers: those(timers, ({ task }) => runOf(task) === run),
    gates: [...state.gatesOf(run)].map((id) => gates.get(id)!),
    items: those(items, ({ gate }) => runOfGate(gate) === run),
    waiters: those(waiters, ({ task }) => runOf(task) === run),
    messages: those(messages, ({ gate }) => runOfGate(gate) === run),
    shared: those(shared, (each) => each.run === run),
    bytes,
  };
}

function those<Row>(rows: ReadonlyMap<string, Row>, isOne: (row: Row) => boolean): Row[] {
  return [...rows.values()].filter(isOne);
}
