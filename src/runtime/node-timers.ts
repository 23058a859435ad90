/**
 * `node:timers` and `node:timers/promises` of compiled code: what they export is the task's, as the globals of the same names are, so that a task
 * that waits there is parked. What `util.promisify` makes of those globals are the same functions.
 */
import { DurableAbortSignal } from "./abort.ts";
import type { Callable } from "./jobs.ts";
import type { TaskKernel } from "./kernel.ts";
import { DurablePromise } from "./promise.ts";
import { runtimeSite } from "./sites.ts";
import { closure } from "./stamp.ts";
import { delayOf, Timer } from "./timers.ts";

interface Waiting {
  readonly signal?: unknown;
  readonly ref?: boolean;
}

const gives = runtimeSite("timers.gives", (env: Aborting) => () => {
  if (env.signal.aborted) throw abortError(env.signal);
  return env.value;
});
const fails = runtimeSite("timers.fails", (env: Aborting) => () => {
  throw abortError(env.signal);
});

interface Aborting {
  signal: DurableAbortSignal;
  value?: unknown;
}

/** As Node makes it. */
function abortError({ reason }: DurableAbortSignal): Error {
  const error = new Error("The operation was aborted", { cause: reason });
  Object.defineProperty(error, "name", { value: "AbortError", writable: true, configurable: true });
  return Object.assign(error, { code: "ABORT_ERR" });
}

function promised(
  kernel: TaskKernel,
  make: (resolve: Callable) => Timer,
  sleepMs: number | undefined,
  value: unknown,
  { signal, ref }: Waiting,
): unknown {
  if (signal === undefined)
    return new DurablePromise((resolve: unknown) => {
      const timer = make(resolve as Callable);
      if (ref === false) timer.unref();
    });
  if (!DurableAbortSignal.is(signal))
    throw new TypeError('The "options.signal" property must be an AbortSignal that the task has made');
  const durable = signal as unknown as DurableAbortSignal;
  // Of a signal that is aborted, too: `fails` says so.
  const wait =
    sleepMs === undefined
      ? new DurablePromise((resolve: unknown) => void make(resolve as Callable))
      : kernel.effects.askFor({ kind: "sleep", ms: sleepMs }, durable);
  const env = { signal: durable, value };
  return wait.then(closure(gives, env) as never, closure(fails, env) as never);
}

/** Exports of `node:timers/promises`. */
export function promisedTimers(kernel: TaskKernel): {
  readonly setTimeout: Callable;
  readonly setImmediate: Callable;
  readonly setInterval: Callable;
  readonly scheduler: Readonly<Record<"wait" | "yield", Callable>>;
} {
  const after = (delayMs?: unknown, value?: unknown, waiting: Waiting = {}): unknown => {
    const ms = delayOf(Number(delayMs ?? 1));
    const make = (resolve: Callable): Timer => new Timer(resolve, [value], ms, false).arm(kernel);
    return promised(kernel, make, ms, value, waiting);
  };
  const soon = (value?: unknown, waiting: Waiting = {}): unknown =>
    promised(
      kernel,
      (resolve) => kernel.enqueueImmediate(Timer.immediate(resolve, [value])),
      undefined,
      value,
      waiting,
    );
  return {
    setTimeout: after as Callable,
    setImmediate: soon as Callable,
    setInterval() {
      throw new TypeError(
        "setInterval of node:timers/promises is not there in a task: write a loop that awaits its setTimeout, or the setInterval that takes a callback",
      );
    },
    scheduler: {
      wait: ((delayMs: unknown, waiting?: Waiting) => after(delayMs, undefined, waiting)) as Callable,
      yield: (() => soon()) as Callable,
    },
  };
}
