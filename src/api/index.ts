/**
 * The user's words inside a task: what `import { call } from "continua"` offers.
 *
 * Every word here asks the current task's kernel for an effect and answers a promise that is saved with the task. Outside a task the
 * words work only under `continua run --plain` (plain.ts); anywhere else they say so.
 */
export {
  CancelledError,
  LimitError,
  NotSaveableError,
  QueueClosedError,
  TimeoutError,
} from "../runtime/index.ts";
export { call } from "./call.ts";
export { checkpoint } from "./checkpoint.ts";
export { current } from "./current.ts";
export { Inbox, inbox } from "./inbox.ts";
export { Barrier, barrier, mutex, Permit, Semaphore, semaphore } from "./locks.ts";
export { mapTasks } from "./map-tasks.ts";
export { Output, output } from "./output.ts";
export { Queue, queue } from "./queue.ts";
export { lines, Reading, read } from "./reading.ts";
export { Resource, resource } from "./resource.ts";
export { saveable } from "./saveable.ts";
export { type Selectable, type Selected, select } from "./select.ts";
export { Shared, share } from "./share.ts";
export { type Duration, sleep } from "./sleep.ts";
export { type SpawnOptions, spawn, Task } from "./spawn.ts";
export { type StepAttempt, type StepOptions, type StepRetry, step } from "./step.ts";
