/** `select`: waits for several things at once, and takes exactly one. */
import { UserError } from "../base/errors.ts";
import type { TaskId } from "../base/ids.ts";
import type { Choice, Gate } from "../protocol/effect.ts";
import {
  closure,
  DurableAbortSignal,
  type NamedChoice,
  runtimeSite,
  type TaskKernel,
} from "../runtime/index.ts";
import { Inbox } from "./inbox.ts";
import { Barrier, type Permit, Semaphore } from "./locks.ts";
import { mapWait, type PlainHost } from "./plain.ts";
import { firstOf, type PlainWait, plainSleep, stayAlive } from "./plain-tasks.ts";
import { Queue } from "./queue.ts";
import { durableSignal, type Waiting } from "./signal.ts";
import { type Duration, msOf } from "./sleep.ts";
import { Task } from "./spawn.ts";
import { inTask } from "./task.ts";

/** What can be chosen from: a queue or inbox (its next item), a task (its result), a lock (a permit), a barrier, a signal, a time. */
export type Selectable = Queue | Inbox | Task | Semaphore | Barrier | AbortSignal | Duration;

type ValueOf<C> =
  C extends Queue<infer T>
    ? T
    : C extends Inbox<infer T>
      ? T
      : C extends Task<infer R>
        ? Awaited<R>
        : C extends Semaphore
          ? Permit
          : C extends AbortSignal
            ? unknown
            : undefined;

/** Which one it was, and what it brought. */
export type Selected<Choices> = {
  [Name in keyof Choices & string]: { readonly name: Name; readonly value: ValueOf<Choices[Name]> };
}[keyof Choices & string];

/**
 * Waits for the first of the choices, and answers its name and its value. All others are withdrawn in the same decision: no item is taken, no
 * permit acquired, nothing joined but what is answered. If several are there already it is the one that is named first.
 *
 *     const got = await select({ job: jobs, stop: inbox<string>("stop"), late: "30 seconds" });
 *     if (got.name === "job") await work(got.value);
 *
 * The value of a signal is its reason; of a time or a barrier, `undefined`. If what comes first is a failure (the task has failed, the queue is
 * closed and empty), the promise rejects with it.
 */
export function select<const Choices extends Readonly<Record<string, Selectable>>>(
  choices: Choices,
  waiting: Waiting = {},
): Promise<Selected<Choices>> {
  const entries = Object.entries(choices);
  if (entries.length === 0) throw new UserError("select({}): there is nothing to choose from, ever");
  return inTask(
    "select()",
    (kernel) => {
      const named = entries.map(([name, choice]) => ({ name, choice: durableChoice(name, choice, kernel) }));
      const one = kernel.effects.askForOne(named, durableSignal("select", waiting));
      const permits = entries.some(([, choice]) => choice instanceof Semaphore);
      return permits ? one.then(closure(permitSite, { locks: choices as never })) : one;
    },
    (host) => {
      const waits = entries.map(([name, choice]) => plainChoice(host, name, choice));
      return host.wait(firstOf(waits), waiting.signal);
    },
  ) as unknown as Promise<Selected<Choices>>;
}

interface One {
  readonly name: string;
  readonly value: unknown;
}

const permitSite = runtimeSite(
  "select.permit",
  (env: { readonly locks: Readonly<Record<string, unknown>> }) =>
    (one: One): One => {
      const lock = env.locks[one.name];
      return lock instanceof Semaphore ? withPermit(one, lock) : one;
    },
);

function withPermit({ name, value }: One, lock: Semaphore): One {
  return { name, value: Semaphore.permitOf(lock, value as number) };
}

function durableChoice(name: string, choice: unknown, kernel: TaskKernel): NamedChoice["choice"] {
  if (DurableAbortSignal.is(choice)) return choice;
  if (choice instanceof Queue) return { kind: "dequeue", gate: Queue.publish(choice) };
  if (choice instanceof Inbox) return { kind: "dequeue", gate: Inbox.gateOf(choice) };
  if (choice instanceof Semaphore) return { kind: "acquire", gate: Semaphore.gateOf(choice) };
  if (choice instanceof Barrier) return { kind: "arrive", gate: Barrier.gateOf(choice) };
  if (choice instanceof Task) return { kind: "join", task: choice.id as TaskId } satisfies Choice;
  return { kind: "sleep", ms: msOf(timeOf(name, choice), kernel.clock.time, `select(): ${name}`) };
}

function plainChoice(host: PlainHost, name: string, choice: unknown): PlainWait<One> {
  const wait = plainWait(host, name, choice);
  return ({ resolve, reject }) =>
    wait({
      resolve: (value) =>
        resolve(choice instanceof Semaphore ? withPermit({ name, value }, choice) : { name, value }),
      reject,
    });
}

function plainWait(host: PlainHost, name: string, choice: unknown): PlainWait<unknown> {
  if (choice instanceof AbortSignal) return aborted(choice);
  const dequeue = (gate: Gate): PlainWait<unknown> =>
    mapWait(host.at(gate, { kind: "dequeue" }), (item) => host.unpack(item));
  if (choice instanceof Queue) return dequeue(Queue.partsOf(choice).gate);
  if (choice instanceof Inbox) return dequeue(Inbox.gateOf(choice));
  if (choice instanceof Semaphore) return host.at(Semaphore.gateOf(choice), { kind: "acquire" });
  if (choice instanceof Barrier) return host.at(Barrier.gateOf(choice), { kind: "arrive" });
  if (choice instanceof Task) return host.join(choice.id);
  return plainSleep(msOf(timeOf(name, choice), Date.now(), `select(): ${name}`)) as PlainWait<unknown>;
}

function aborted(signal: AbortSignal): PlainWait<unknown> {
  return ({ resolve }) => {
    const tell = (): void => resolve(signal.reason);
    if (signal.aborted) {
      tell();
      return () => {};
    }
    const alive = stayAlive();
    signal.addEventListener("abort", tell);
    return () => {
      clearInterval(alive);
      signal.removeEventListener("abort", tell);
    };
  };
}

function timeOf(name: string, choice: unknown): Duration {
  if (typeof choice === "number" || typeof choice === "string" || choice instanceof Date) return choice;
  const advice =
    choice instanceof Promise
      ? "a promise cannot be withdrawn: give the queue itself instead of `queue.dequeue()`, the task instead of its result, a time instead of `sleep()`"
      : "choose from queues, inboxes, tasks, locks, barriers, signals of the program itself, and times";
  throw new UserError(`select({ ${name} }): ${advice}`);
}
