/** The door of the worker. */
export { type Clock, systemClock } from "./clock.ts";
export { createWorkerMain, runWorkerProcess, type WorkerMainOptions } from "./process.ts";
export { createProgramHost, type Namespace } from "./program-host.ts";
export type { LoadProgram } from "./programs.ts";
export { Worker, type WorkerSettings } from "./worker.ts";
