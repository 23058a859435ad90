/**
 * Foreign promises: native ones, made by code that is not compiled. Their state cannot be written down, so each one on which
 * a task waits gets a durable twin that remembers, where that is known, the call that made it (design H5).
 *
 * F1. A native promise that settles settles its twin at once; what waits on the twin becomes jobs, and the host is woken.
 * F2. After a thaw, a twin with a source has its call made again, `attemptsMax` times at most; one without is rejected
 *     with an InterruptedError (design H6).
 */
import { InterruptedError } from "./errors.ts";
import type { TaskKernel } from "./kernel.ts";
import { DurablePromise, type ForeignCall, NativePromise, nativeThen } from "./promise.ts";

const attemptsMax = 3;

export class ForeignDesk {
  readonly #kernel: TaskKernel;
  readonly #pending = new Set<DurablePromise>();

  constructor(kernel: TaskKernel) {
    this.#kernel = kernel;
  }

  /** The durable twin of `native`. */
  adopt(native: object, source: ForeignCall | undefined): DurablePromise {
    const twin = DurablePromise.make(this.#kernel);
    DurablePromise.setSource(twin, source);
    this.follow(twin, native);
    return twin;
  }

  /** Lets `twin` settle as `native` does. */
  follow(twin: DurablePromise, native: object): void {
    this.#pending.add(twin);
    const settle = (rejected: boolean, value: unknown): void => {
      this.#pending.delete(twin);
      if (!this.#kernel.dropped) this.#kernel.entered(() => DurablePromise.settle(twin, rejected, value));
      // A twin that nobody waits on yet may be what the end of the task depends on.
      this.#kernel.wake();
    };
    nativeThen.call(
      native,
      (value) => settle(false, value),
      (error) => settle(true, error),
    );
  }

  /** Counts `promise`, which follows a foreign thenable, as foreign until it is settled. */
  track(promise: DurablePromise, source: ForeignCall): void {
    DurablePromise.setSource(promise, source);
    this.#pending.add(promise);
  }

  /** A thawed promise whose call is to be made again. */
  restore(promise: DurablePromise): void {
    this.#pending.add(promise);
  }

  /** Pending foreign promises on which something waits. */
  awaited(): DurablePromise[] {
    const found: DurablePromise[] = [];
    for (const twin of this.#pending) {
      if (DurablePromise.stateOf(twin) !== "pending") this.#pending.delete(twin);
      else if (DurablePromise.isAwaited(twin)) found.push(twin);
    }
    return found;
  }

  has(promise: DurablePromise): boolean {
    return this.#pending.has(promise);
  }

  /** Makes the call of a thawed promise again. */
  again(twin: DurablePromise): void {
    const source = DurablePromise.sourceOf(twin);
    if (DurablePromise.stateOf(twin) !== "pending") return;
    if (source === undefined) {
      this.#reject(
        twin,
        "a promise of foreign code was lost with its process, and the call that made it is not known",
      );
      return;
    }
    const name = typeof source.callee === "function" ? source.callee.name || "(anonymous)" : "(unknown)";
    if (source.again >= attemptsMax) {
      this.#reject(
        twin,
        `the call of ${name} was made again ${source.again} times and the process died each time`,
      );
      return;
    }
    DurablePromise.setSource(twin, { ...source, again: source.again + 1 });
    this.#kernel.entered(() => {
      try {
        const result: unknown = Reflect.apply(source.callee as () => unknown, source.self, [
          ...source.operands,
        ]);
        if (result instanceof NativePromise && !DurablePromise.is(result)) this.follow(twin, result);
        else {
          this.#pending.add(twin);
          this.#kernel.settle(twin, false, result);
        }
      } catch (error) {
        DurablePromise.settle(twin, true, error);
      }
    });
  }

  #reject(twin: DurablePromise, message: string): void {
    DurablePromise.settle(twin, true, new InterruptedError(message));
  }
}
