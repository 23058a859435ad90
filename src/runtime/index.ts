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
  LimitError,
  NotSaveableError,
  QueueClosedError,
  SnapshotError,
  TimeoutError,
} from "./errors.ts";
export { Frame } from "./frame.ts";
export { handlesIn } from "./handles.ts";
export { type KernelOptions, TaskKernel } from "./kernel.ts";
export type { KernelCodec } from "./kernel-codec.ts";
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
export { isOwnQueue, makeOwnQueue, type OwnQueue } from "./own-queues.ts";
export { loadProgram } from "./program.ts";
export { DurablePromise } from "./promise.ts";
export { fulfilAhead } from "./quiet.ts";
export {
  type Home,
  isRegistration,
  type Registration,
  registerClass,
  saveableNamed,
  saveableOf,
  TaskClasses,
} from "./saveable.ts";
export { SharedMissing } from "./shared.ts";
export { signal } from "./signal.ts";
export { runtimeSite } from "./sites.ts";
export { hasKind } from "./snapshot/cases.ts";
export {
  type InspectedFiber,
  type InspectedFrame,
  type InspectedModule,
  type InspectedVariable,
  type Inspection,
  inspectSnapshot,
} from "./snapshot/index.ts";
export { position } from "./snapshot/path.ts";
export { closure, siteOf } from "./stamp.ts";
export type { Begin, Program, ProgramHost, Task, TaskHost, TaskState } from "./types.ts";
export { codeOf, obstacles, type ProgramCode } from "./upgrade.ts";
export { markWord } from "./words.ts";
