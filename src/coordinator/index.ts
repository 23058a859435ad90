/** The door of the coordinator: decides what happens to runs, tasks, timers and workers. */
export type { PackedBundle } from "./bundles.ts";
export type { Action, Command, Decision, Keep } from "./command.ts";
export { refuseCancel } from "./commands/cancel.ts";
export { hasToDispatch } from "./commands/dispatch.ts";
export { type ForkWish, keptFor, refuseFork } from "./commands/fork.ts";
export { refuseMessage } from "./commands/send.ts";
export { refuseStart } from "./commands/start-run.ts";
export { refuseUpgrade } from "./commands/upgrade.ts";
export { decide } from "./decide.ts";
export { outcomesNeeded } from "./effects.ts";
export { bytesOfRun, imageOf, type RunImage } from "./image.ts";
export { keptKey } from "./kept.ts";
export { linesOf } from "./lines.ts";
export { noRun } from "./runs.ts";
export type {
  Activation,
  Bounds,
  MemoryChange,
  SingleWait,
  State,
  StateChange,
  Tally,
  Worker,
  WorkerLoad,
} from "./state.ts";
export { apply, eachWait, emptyState, isDurable, isOver, rest, timerKey } from "./state.ts";
export { statsOf } from "./stats.ts";
export { beginningKey, bytesOf, completionKey, outcomeKey } from "./tasks.ts";
export { waitText } from "./waits.ts";
