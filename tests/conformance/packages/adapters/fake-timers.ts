/** `@sinonjs/fake-timers`. */
import { type ClockOptions, clock, type FakeClock } from "./fake-clock.ts";

export function install(options?: ClockOptions | number): FakeClock {
  // It begins with the epoch.
  return clock.install(typeof options === "object" ? { now: 0, ...options } : { now: options ?? 0 });
}

export const createClock = install;
export const withGlobal = (): { install: typeof install } => ({ install });
export { clock };
