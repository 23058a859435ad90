/**
 * `step`: one action on the world outside, of which the program goes on with one durable result.
 *
 *   checkpoint ─▶ attempt ─▶ value ─▶ checkpoint ─▶ resolved
 *                  ▲   └──▶ error, or timeout ─▶ pause, if there are attempts left; else checkpoint ─▶ rejected
 *                  └──────────────────────────────┘
 *
 * E1. The wait at the step and its key are durable before the first attempt begins (design H10), so the key is the same whatever dies.
 * E2. The program goes on when the result is durable: a step that the program has seen the end of is never tried again. Where the code up to the
 *     next suspension is known to show it to nobody (runtime, quiet.ts), that runs at once, and the result is durable with what comes of it:
 *     most often the next step, before whose first attempt it is.
 * E3. An attempt ends once: what it brings after its timeout is dropped.
 * E4. A step that was begun before its task was cancelled tries no further time after it.
 * E5. An attempt that its timeout has ended is told by its signal. What goes on all the same does so as any other code, and a foreign call that it
 *     waits for is made again after a thaw as others are: with that signal among its operands it is refused at once.
 */
import { formatDuration, parseDuration } from "../base/duration.ts";
import { UserError } from "../base/errors.ts";
import { currentKernel, DurablePromise, fulfilAhead, TimeoutError } from "../runtime/index.ts";
import { checkpoint } from "./checkpoint.ts";
import { cancelledSince, ignore, later, pass, pending, type Settle } from "./later.ts";
import { sleep } from "./sleep.ts";
import { inTask } from "./task.ts";

/** What an attempt is given. */
export interface StepAttempt {
  /** The same for all attempts of a step, and for no other step: hand it to services that recognise a repetition by it. */
  readonly key: string;
  /** From 1. An attempt that died with its worker is made again under the same number. */
  readonly attempt: number;
  /** Aborted when the attempt has taken longer than its timeout, for what it would go on to do: `fetch(url, { signal })`. */
  readonly signal: AbortSignal;
}

export interface StepOptions {
  /** How often to try, and how long to wait between two tries. A number is `{ attempts }`. Absent: once. */
  readonly retry?: number | StepRetry;
  /** How long one attempt may take. Absent: as long as it takes. */
  readonly timeout?: number | string;
}

export interface StepRetry {
  readonly attempts: number;
  /** Before the second attempt; a random part of up to a half is taken off. Absent: 1 s. */
  readonly delay?: number | string;
  /** By which the delay grows from one attempt to the next. Absent: 2. */
  readonly factor?: number;
  /** Absent: 1 minute. */
  readonly maxDelay?: number | string;
}

type StepFunction = (attempt: StepAttempt) => unknown;

interface Plan {
  readonly attempts: number;
  readonly delayMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
  readonly timeoutMs: number | undefined;
}

interface StepState {
  readonly fn: StepFunction;
  readonly key: string;
  readonly plan: Plan;
  readonly settle: Settle<unknown>;
  /** What the program waits on. Absent in a plain run, and in snapshots from before it was kept. */
  readonly promise?: DurablePromise;
  attempt: number;
  readonly cancelled: unknown;
}

interface AttemptState {
  readonly step: StepState;
  over: boolean;
  /** What has to be called off at its end: the number of an effect, or a timer of a plain run. */
  timer: unknown;
  /** Absent in snapshots from before there was one. */
  readonly controller?: AbortController;
}

let plainSteps = 0;

/**
 * Calls `fn`, and goes on when what it answers is durable. It may be called again when a worker dies, and with `retry` when it fails; the key
 * that it gets is the same each time.
 *
 *     const receipt = await step(({ key }) => charge(card, amount, { idempotencyKey: key }), { retry: 5, timeout: "30s" });
 *
 * @throws what the last attempt threw, or a {@link TimeoutError}, by the promise.
 */
export function step<T>(
  fn: (attempt: StepAttempt) => T | PromiseLike<T>,
  options: StepOptions = {},
): Promise<Awaited<T>> {
  if (typeof fn !== "function")
    throw new UserError(
      `step() takes a function, as in step(() => fetch(url)); the first argument is ${typeof fn}`,
    );
  const plan = planOf(options);
  const key = inTask(
    "step()",
    (kernel) => `${kernel.id}/${kernel.effects.takeNumber()}`,
    () => `plain/${++plainSteps}`,
  );
  const { promise, settle } = pending<unknown>();
  const kept = DurablePromise.is(promise) ? { promise } : {};
  const state: StepState = {
    fn,
    key,
    plan,
    settle,
    ...kept,
    attempt: 0,
    cancelled: cancelledSince(undefined),
  };
  void checkpoint({ sync: true }).then(begin(state), pass(settle));
  return promise as Promise<Awaited<T>>;
}

const begin = later("step.begin", (step: StepState) => {
  step.attempt++;
  const { timeoutMs } = step.plan;
  const kernel = currentKernel();
  const controller = new ((kernel?.globals.AbortController ?? AbortController) as typeof AbortController)();
  const state: AttemptState = { step, over: false, timer: undefined, controller };
  if (timeoutMs !== undefined && kernel !== undefined) {
    state.timer = kernel.effects.next;
    void sleep(timeoutMs).then(late(state), ignore(state));
  } else if (timeoutMs !== undefined) {
    state.timer = setTimeout(() => late(state)(undefined), timeoutMs);
  }
  const attempt: StepAttempt = { key: step.key, attempt: step.attempt, signal: controller.signal };
  const answer = pending<unknown>();
  answer.promise.then(done(state), failed(state));
  try {
    answer.settle.resolve(
      kernel === undefined ? step.fn(attempt) : kernel.foreign.callAgain(step.fn, attempt),
    );
  } catch (error) {
    answer.settle.reject(error);
  }
});

const done = later("step.done", (state: AttemptState, value) => {
  if (!end(state)) return;
  const { settle, promise } = state.step;
  const kernel = currentKernel();
  if (kernel !== undefined && promise !== undefined && fulfilAhead(kernel, promise, value)) return;
  void checkpoint({ sync: true }).then(resolve({ settle, value }), pass(settle));
});

const failed = later("step.failed", (state: AttemptState, error) => {
  if (!end(state)) return;
  const { step } = state;
  const { attempts, delayMs, factor, maxDelayMs } = step.plan;
  if (step.attempt >= attempts || cancelledSince(step.cancelled) !== undefined) {
    void checkpoint({ sync: true }).then(reject({ settle: step.settle, error }), pass(step.settle));
    return;
  }
  const delay = Math.min(maxDelayMs, delayMs * factor ** (step.attempt - 1));
  void sleep(delay * (1 - Math.random() / 2)).then(begin(step), pass(step.settle));
});

const late = later("step.late", (state: AttemptState) => {
  if (state.over) return;
  const { attempt, plan } = state.step;
  const error = new TimeoutError(
    `attempt ${attempt} of a step took longer than ${formatDuration(plan.timeoutMs ?? 0)}`,
  );
  failed(state)(error);
  state.controller?.abort(error);
});

const resolve = later("step.resolve", (end: { settle: Settle<unknown>; value: unknown }) => {
  end.settle.resolve(end.value);
});

const reject = later("step.reject", (end: { settle: Settle<unknown>; error: unknown }) => {
  end.settle.reject(end.error);
});

/** Whether the attempt had not ended before (E3). */
function end(state: AttemptState): boolean {
  if (state.over) return false;
  state.over = true;
  const { timer } = state;
  state.timer = undefined;
  if (typeof timer === "number") currentKernel()?.effects.withdraw(timer);
  else if (timer !== undefined) clearTimeout(timer as NodeJS.Timeout);
  return true;
}

function planOf({ retry = 1, timeout }: StepOptions): Plan {
  const {
    attempts,
    delay = 1_000,
    factor = 2,
    maxDelay = 60_000,
  } = typeof retry === "number" ? { attempts: retry } : retry;
  if (!Number.isSafeInteger(attempts) || attempts < 1)
    throw new UserError(`step(): ${String(attempts)} attempts; give a whole number of 1 or more`);
  if (typeof factor !== "number" || !(factor >= 1))
    throw new UserError(`step(): a factor of ${String(factor)}; give a number of 1 or more`);
  return {
    attempts,
    factor,
    delayMs: parseDuration(delay, "step(): delay"),
    maxDelayMs: parseDuration(maxDelay, "step(): maxDelay"),
    timeoutMs: timeout === undefined ? undefined : parseDuration(timeout, "step(): timeout"),
  };
}
