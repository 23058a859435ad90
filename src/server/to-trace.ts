/** Which runs have to be gone through for what only leads to itself (coordinator/garbage.ts, G4), and when. */
import type { GateId, RunId } from "../base/ids.ts";
import { runOfGate } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import type { Decision, State } from "../coordinator/index.ts";

export class ToTrace {
  /** Their queues have changed since they were gone through last. */
  readonly #runs = new Set<RunId>();
  /** Rows that have changed since. */
  #changes = 0;

  constructor({ gates }: State) {
    for (const gate of gates.keys()) this.#runs.add(runOfGate(gate));
  }

  /** Answers whether as much has changed as it takes. */
  note({ changes }: Decision, { tasks, items }: State): boolean {
    for (const { table, key } of changes) if (table === "gate") this.#runs.add(runOfGate(key as GateId));
    if (this.#runs.size > 0) this.#changes += changes.length;
    return this.#changes > Math.max(limits.changesUntraced, 2 * (tasks.size + items.size));
  }

  take(): RunId[] {
    const runs = [...this.#runs];
    this.#runs.clear();
    this.#changes = 0;
    return runs;
  }
}
