/** What a display shows while a run goes on. */
import type { RunId } from "../base/ids.ts";
import { type State, statsOf } from "../coordinator/index.ts";
import type { RunStats } from "../protocol/rows.ts";

export interface Statistics extends RunStats {
  /** Tasks on a worker, running or about to. */
  readonly running: number;
  /** Tasks that could run if there were room. */
  readonly ready: number;
  readonly parked: number;
  readonly workers: number;
}

/** Of one run; undefined if there is none of this name. */
export function statisticsOf(state: State, run: RunId, workers: number): Statistics | undefined {
  const row = state.runs.get(run);
  if (row === undefined) return undefined;
  const { active, ready, parked } = state.tally(run);
  return { ...statsOf(state, row), running: active, ready, parked, workers };
}
