/**
 * A platform round another one whose first workers are started before anybody asks for them: Node and the runtime are loaded in them while the
 * program is still being compiled.
 *
 * E1. Who starts a worker gets one of those, as long as there are any. What it has said meanwhile follows when `start` has returned, in order.
 * E2. They all have the options that were given at first; workers with others are not among them.
 */
import type { Platform, WorkerEvents, WorkerLink, WorkerOptions } from "./platform.ts";

interface Early {
  readonly link: WorkerLink;
  handTo(events: WorkerEvents): void;
}

export class HeadStart implements Platform {
  readonly #inner: Platform;
  readonly #options: WorkerOptions;
  readonly #early: Early[] = [];

  constructor(inner: Platform, options: WorkerOptions, count: number) {
    this.#inner = inner;
    this.#options = options;
    while (this.#early.length < count) this.#early.push(startEarly(inner, options));
  }

  start(options: WorkerOptions, events: WorkerEvents): WorkerLink {
    const isSame =
      options.memoryMiB === this.#options.memoryMiB && options.timeLimitMs === this.#options.timeLimitMs;
    const early = isSame ? this.#early.shift() : undefined;
    if (early === undefined) return this.#inner.start(options, events);
    queueMicrotask(() => early.handTo(events));
    return early.link;
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

function startEarly(inner: Platform, options: WorkerOptions): Early {
  const held: ((events: WorkerEvents) => void)[] = [];
  let owner: WorkerEvents | undefined;
  const tell = (event: (events: WorkerEvents) => void): void => {
    if (owner === undefined) held.push(event);
    else event(owner);
  };
  const link = inner.start(options, {
    received: (message) => tell((events) => events.received(message)),
    printed: (stream, text) => tell((events) => events.printed(stream, text)),
    exited: (death) => tell((events) => events.exited(death)),
  });
  return {
    link,
    handTo(events) {
      owner = events;
      for (const event of held.splice(0)) event(events);
    },
  };
}
