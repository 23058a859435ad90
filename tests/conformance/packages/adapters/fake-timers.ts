/** `@sinonjs/fake-timers`: time is virtual here in any case, so to let it pass is to wait. */
import { NotAdapted } from "./suite.ts";

interface FakeClock {
  tick(): never;
  runAll(): never;
  countTimers(): never;

  tickAsync(ms: number): Promise<void>;
  nextAsync(): Promise<void>;
  runAllAsync(): Promise<void>;
  uninstall(): void;
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const none = (what: string) => (): never => {
  throw new NotAdapted(what);
};

export function install(): FakeClock {
  return {
    // Nothing can run while a test runs, and only the world knows its timers.
    tick: none("tick"),
    runAll: none("runAll"),
    countTimers: none("countTimers"),
    tickAsync: pass,
    nextAsync: () => pass(0),
    // Later than any timer of a test.
    runAllAsync: () => pass(100_000_000),
    uninstall() {},
  };
}
