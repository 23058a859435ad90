/** The door of the server: the process round the coordinator. */
export { withBytes } from "./at-hand.ts";
export type { Clock } from "./clock.ts";
export { systemClock } from "./clock.ts";
export { answer, controlPath, openControl, type Request } from "./control.ts";
export { drainAge } from "./crew.ts";
export type { Durability } from "./durability.ts";
export type { ServerEvents } from "./events.ts";
export { imageNow } from "./image.ts";
export type { RunResult, ServerOptions } from "./options.ts";
export { newRunId, Server } from "./server.ts";
export type { Statistics } from "./statistics.ts";
export { upgradeForm } from "./upgrade.ts";
export { cancelForm, forkForm, refused, sendForm, startForm } from "./views.ts";
