/** Promises that were rejected without a handler: each has until the queue runs dry to get one (design H13). */
import { InterruptedError } from "./errors.ts";
import type { TaskKernel } from "./kernel.ts";
import { DurablePromise } from "./promise.ts";

export class Rejections {
  readonly #kernel: TaskKernel;
  #noted: DurablePromise[] = [];

  constructor(kernel: TaskKernel) {
    this.#kernel = kernel;
  }

  get noted(): readonly DurablePromise[] {
    return this.#noted;
  }

  note(promise: DurablePromise): void {
    this.#noted.push(promise);
  }

  /** The queue has run dry. */
  report(): void {
    const noted = this.#noted;
    if (noted.length === 0) return;
    this.#noted = [];
    for (const promise of noted) {
      if (!DurablePromise.isHandled(promise)) this.#unhandled(DurablePromise.valueOf(promise));
    }
  }

  /**
   * Nobody waits for the outcome. A cancelled fiber has ended as it should. Where resolvers were lost in a thaw, the program may just as
   * well have let go of them for good, as of a waiter that was never called: natively that is no failure, so it is only told.
   */
  #unhandled(error: unknown): void {
    const { effects } = this.#kernel;
    if (effects.isCancellation(error)) return;
    if (!(error instanceof InterruptedError) || error.lost !== "resolvers") this.#kernel.fail(error);
    else
      effects.ask({
        kind: "log",
        stream: "err",
        text: `${error.name}, which nobody waits for: ${error.message}`,
      });
  }
}
