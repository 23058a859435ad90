/** What a plain run and its worker processes (`--plain --workers N`) say to each other. Values go as bytes (`toBytes`). */
import type { GateOrder, GateWait, StartOptions } from "../api/plain.ts";
import type { Gate } from "../protocol/effect.ts";

/** What the main process does for a task, and answers when it has come. */
export type PlainAsk =
  | { readonly kind: "run"; readonly code: Uint8Array }
  | { readonly kind: "join"; readonly id: string }
  | { readonly kind: "shared"; readonly name: string }
  | { readonly kind: "at"; readonly gate: Gate; readonly what: GateWait };

export type FromPlainWorker =
  | { readonly kind: "ask"; readonly number: number; readonly task: string; readonly ask: PlainAsk }
  /** The wait is over for the task: it was cancelled. */
  | { readonly kind: "withdraw"; readonly number: number }
  | {
      readonly kind: "spawn";
      readonly task: string;
      readonly own: string;
      readonly code: Uint8Array;
      readonly options: StartOptions;
    }
  | { readonly kind: "cancel"; readonly task: string; readonly graceMs: number }
  | { readonly kind: "share"; readonly name: string; readonly value: Uint8Array }
  | { readonly kind: "order"; readonly gate: Gate; readonly what: GateOrder }
  | { readonly kind: "ended"; readonly task: string; readonly failed: boolean; readonly value: Uint8Array };

export type ToPlainWorker =
  | { readonly kind: "begin"; readonly task: string; readonly code: Uint8Array }
  | { readonly kind: "answer"; readonly number: number; readonly failed: boolean; readonly value: unknown }
  | { readonly kind: "cancel"; readonly task: string; readonly graceMs: number };

/** What a worker process is given as its argument, in JSON. */
export interface PlainWorkerArguments {
  readonly program: string;
  readonly index: number;
}
