import { parseDuration } from "../base/duration.ts";
import { plainSleep } from "./plain-tasks.ts";
import { durableSignal, type Waiting } from "./signal.ts";
import { inTask } from "./task.ts";

/**
 * Waits for a while, or until a moment: milliseconds, a text such as `"5 minutes"`, or a Date. While all of a task sleeps it holds no
 * process and no memory. The wait is measured by the server's clock from the commit that asks for it. A `signal` ends it.
 */
export function sleep(duration: Duration, waiting: Waiting = {}): Promise<void> {
  return inTask(
    "sleep()",
    (kernel) =>
      kernel.effects.askFor(
        { kind: "sleep", ms: msOf(duration, kernel.clock.time, "sleep()") },
        durableSignal("sleep", waiting),
      ) as unknown as Promise<void>,
    (host) => host.wait(plainSleep(msOf(duration, Date.now(), "sleep()")), waiting.signal),
  );
}

/** Milliseconds, a text such as `"5 minutes"`, or a moment. */
export type Duration = number | string | Date;

export function msOf(duration: Duration, now: number, word: string): number {
  return duration instanceof Date ? Math.max(0, duration.getTime() - now) : parseDuration(duration, word);
}
