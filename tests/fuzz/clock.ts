/**
 * Virtual time, the same for native and compiled programs: what is due comes in the order of its time, and at one time in the order in which it was
 * asked for. Between two of them everything that can run has run. So a trace depends on no real clock, and means what Node's
 * timers mean.
 */
export interface Due {
  readonly at: number;
  /** The order in which it was asked for. */
  readonly number: number;
}

/** A program whose timers never end is cut off, natively and compiled at the same place. */
export const firingsMax = 100;

/** The next that is due. */
export function earliest<T extends Due>(dues: Iterable<T>): T | undefined {
  let found: T | undefined;
  for (const due of dues) {
    if (found === undefined || due.at < found.at || (due.at === found.at && due.number < found.number))
      found = due;
  }
  return found;
}
