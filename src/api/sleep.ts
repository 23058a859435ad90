import { parseDuration } from "../base/duration.ts";
import { inTask } from "./task.ts";

/**
 * Waits for a while, or until a moment: milliseconds, a text such as `"5 minutes"`, or a Date. While all of a task sleeps it holds no
 * process and no memory. The wait is measured by the server's clock from the commit that asks for it.
 */
export function sleep(duration: number | string | Date): Promise<void> {
  const until = (now: number): number =>
    duration instanceof Date ? Math.max(0, duration.getTime() - now) : parseDuration(duration, "sleep()");
  return inTask(
    "sleep()",
    (kernel) =>
      kernel.effects.askFor({ kind: "sleep", ms: until(kernel.host.now()) }) as unknown as Promise<void>,
    (host) => host.sleep(until(Date.now())),
  );
}
