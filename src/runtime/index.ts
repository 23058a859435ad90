/**
 * The runtime's door. `loadProgram` turns a bundle into something that makes tasks; a task runs, is written down as
 * bytes, and goes on from them (types.ts says how). `abi` is `$rt` of compiled modules.
 */
export { abi } from "./abi.ts";
export { DurableAbortSignal } from "./abort.ts";
export { callersOf } from "./callers.ts";
export { currentKernel } from "./current.ts";
export type { NamedChoice } from "./effects.ts";
export {
  CancelledError,
  DeadlockError,
  InterruptedError,
  NotSaveableError,
  QueueClosedError,
  SnapshotError,
  TimeoutError,
} from "./errors.ts";
export { Frame } from "./frame.ts";
export { type KernelCodec, type KernelOptions, TaskKernel } from "./kernel.ts";
export {
  currentTask,
  joinChild,
  printLine,
  requestCheckpoint,
  type Spawned,
  sleepFor,
  spawnChild,
  withdrawEffect,
} from "./offers.ts";
export { loadProgram } from "./program.ts";
export { DurablePromise } from "./promise.ts";
export { registerClass } from "./saveable.ts";
export { signal } from "./signal.ts";
export { runtimeSite } from "./sites.ts";
export {
  type InspectedFiber,
  type InspectedFrame,
  type InspectedModule,
  type InspectedVariable,
  type Inspection,
  inspectSnapshot,
} from "./snapshot/index.ts";
export { closure } from "./stamp.ts";
export type { Begin, Program, ProgramHost, Task, TaskHost, TaskState } from "./types.ts";
