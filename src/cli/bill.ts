/**
 * What a run's workers would cost as functions: a platform round another one that keeps the book.
 *
 * The rule is AWS Lambda's (https://aws.amazon.com/lambda/pricing/, 2025): a request for each start, and the time from the start to the end, its initialisation included,
 * rounded up to a millisecond, times the memory that is allotted, in GB of 1,024 MB.
 */
import { limits } from "../base/limits.ts";
import type { Platform, WorkerEvents, WorkerLink, WorkerOptions } from "../platform/platform.ts";

export interface Bill {
  readonly requests: number;
  readonly seconds: number;
  /** Absent where workers have no limit of memory. */
  readonly gigabyteSeconds?: number;
}

export class BilledPlatform implements Platform {
  readonly #inner: Platform;
  readonly #now: () => number;
  /** Of the workers that live. */
  readonly #since = new Set<{ readonly at: number; readonly memoryMiB: number | undefined }>();
  #requests = 0;
  #ms = 0;
  #mebibyteMs = 0;

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(inner: Platform, now: () => number) {
    this.#inner = inner;
    this.#now = now;
  }

  start(options: WorkerOptions, events: WorkerEvents): WorkerLink {
    const { memoryMiB } = options;
    const life = {
      at: this.#now(),
      memoryMiB: memoryMiB === undefined ? undefined : memoryMiB + limits.workerOverheadMiB,
    };
    this.#since.add(life);
    this.#requests++;
    return this.#inner.start(options, {
      received: (message) => events.received(message),
      printed: (stream, text) => events.printed(stream, text),
      exited: (death) => {
        this.#since.delete(life);
        const ms = Math.ceil(this.#now() - life.at);
        this.#ms += ms;
        this.#mebibyteMs += ms * (life.memoryMiB ?? Number.NaN);
        events.exited(death);
      },
    });
  }

  /** So far, as if those that live ended now. */
  bill(): Bill {
    let ms = this.#ms;
    let mebibyteMs = this.#mebibyteMs;
    for (const { at, memoryMiB = Number.NaN } of this.#since) {
      const own = Math.ceil(this.#now() - at);
      ms += own;
      mebibyteMs += own * memoryMiB;
    }
    const gigabyteSeconds = mebibyteMs / 1_024 / 1_000;
    return {
      requests: this.#requests,
      seconds: ms / 1_000,
      ...(Number.isNaN(gigabyteSeconds) ? {} : { gigabyteSeconds }),
    };
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
