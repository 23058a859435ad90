/** `{ signal }` of the words that wait. */
import { UserError } from "../base/errors.ts";
import { DurableAbortSignal } from "../runtime/index.ts";

export interface Waiting {
  /**
   * Ends the wait: it rejects with the signal's reason, once it is certain that nothing has been answered. What was answered before the
   * signal was aborted arrives as if there were none, so no item is lost.
   */
  readonly signal?: AbortSignal | undefined;
}

/** @throws {UserError} for a signal that was made by foreign code: it cannot be saved. */
export function durableSignal(word: string, { signal }: Waiting): DurableAbortSignal | undefined {
  if (signal === undefined || DurableAbortSignal.is(signal)) return signal as DurableAbortSignal | undefined;
  throw new UserError(
    `${word}({ signal }): the signal has to be of an AbortController, or AbortSignal.any or .timeout, of the program itself: one that foreign code made cannot be saved`,
  );
}
