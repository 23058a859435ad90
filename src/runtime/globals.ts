/**
 * The globals that compiled code takes from its task instead of from the realm, because their state is saved. The functions
 * are made for each task, so that they find it even when foreign code calls them; they are saved by name.
 */
import type { DurableGlobal } from "../protocol/abi.ts";
import { DurableAbortController, DurableAbortSignal } from "./abort.ts";
import { createConsole } from "./console.ts";
import { DurableCustomEvent, DurableEvent, DurableEventTarget } from "./events.ts";
import { type Callable, CallJob } from "./jobs.ts";
import type { TaskKernel } from "./kernel.ts";
import { DurablePromise } from "./promise.ts";
import { Timer } from "./timers.ts";

function needCallback(callback: unknown, what: string): Callable {
  if (typeof callback === "function") return callback as Callable;
  throw new TypeError(
    `The "callback" argument of ${what} must be of type function. Received ${typeof callback}`,
  );
}

export function createGlobals(kernel: TaskKernel): Readonly<Record<DurableGlobal, unknown>> {
  const clear = (timer: unknown): void => {
    if (timer instanceof Timer) timer.clear();
    else if (typeof timer === "number" || typeof timer === "string") {
      for (const waiting of kernel.effects.pending.values()) {
        if (waiting instanceof Timer && waiting.number === Number(timer)) waiting.clear();
      }
    }
  };
  return Object.freeze({
    Promise: DurablePromise,
    setTimeout(callback: unknown, delayMs?: unknown, ...args: unknown[]): Timer {
      return new Timer(needCallback(callback, "setTimeout"), args, Number(delayMs ?? 1), false).arm(kernel);
    },
    setInterval(callback: unknown, delayMs?: unknown, ...args: unknown[]): Timer {
      return new Timer(needCallback(callback, "setInterval"), args, Number(delayMs ?? 1), true).arm(kernel);
    },
    clearTimeout(timer?: unknown): void {
      clear(timer);
    },
    clearInterval(timer?: unknown): void {
      clear(timer);
    },
    queueMicrotask(callback: unknown): void {
      kernel.enqueue(new CallJob(needCallback(callback, "queueMicrotask"), []));
    },
    console: createConsole(kernel),
    AbortController: DurableAbortController,
    AbortSignal: DurableAbortSignal,
    EventTarget: DurableEventTarget,
    Event: DurableEvent,
    CustomEvent: DurableCustomEvent,
  });
}
