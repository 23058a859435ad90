/**
 * Errors of the runtime that a program or its host can meet. They are ordinary errors for the program: catchable,
 * and saved by name (see names.ts).
 */
abstract class RuntimeError extends Error {
  protected constructor(name: string, message: string, options?: ErrorOptions) {
    super(message, options);
    Object.defineProperty(this, "name", { value: name, configurable: true, writable: true });
  }
}

/** Something that has to be written down cannot be. The message names the variable and the line that hold it. */
export class NotSaveableError extends RuntimeError {
  constructor(message: string, options?: ErrorOptions) {
    super("NotSaveableError", message, options);
  }
}

/** Bytes are not a snapshot of this program: corrupted, of another format version, or of other code. */
export class SnapshotError extends RuntimeError {
  constructor(message: string, options?: ErrorOptions) {
    super("SnapshotError", message, options);
  }
}

export function corrupted(what: string): SnapshotError {
  return new SnapshotError(`the snapshot is corrupted: ${what}`);
}

/** Two errors at once, where Node does not have it: `error` came while things were put in order after `suppressed`. */
class OwnSuppressedError extends Error {
  declare readonly error: unknown;
  declare readonly suppressed: unknown;

  constructor(error: unknown, suppressed: unknown, message?: string) {
    super(message);
    for (const [name, value] of Object.entries({ error, suppressed })) {
      Object.defineProperty(this, name, { value, enumerable: false, configurable: true, writable: true });
    }
  }
}
Object.defineProperty(OwnSuppressedError, "name", { value: "SuppressedError", configurable: true });
Object.defineProperty(OwnSuppressedError.prototype, "name", {
  value: "SuppressedError",
  configurable: true,
  writable: true,
});

type SuppressedErrorType = new (error: unknown, suppressed: unknown, message?: string) => Error;

export const SuppressedError: SuppressedErrorType =
  (globalThis as { SuppressedError?: SuppressedErrorType }).SuppressedError ?? OwnSuppressedError;

/** What a fiber waited for went away with the process that it ran in, and nothing can bring it back (design H5, H6). */
export class InterruptedError extends RuntimeError {
  /** The resolvers of a promise, or the call of a foreign function. */
  readonly lost: "resolvers" | "call";

  constructor(message: string, lost: "resolvers" | "call") {
    super("InterruptedError", message);
    this.lost = lost;
  }
}

/** A queue was closed: nothing more can be enqueued, or what was in it has been dequeued. */
export class QueueClosedError extends RuntimeError {
  constructor(message: string, options?: ErrorOptions) {
    super("QueueClosedError", message, options);
  }
}

/** Something took longer than it was given. */
export class TimeoutError extends RuntimeError {
  constructor(message: string, options?: ErrorOptions) {
    super("TimeoutError", message, options);
  }
}

/** Something is larger than it may be (docs/reference/limits.md). It has not happened. */
export class LimitError extends RuntimeError {
  constructor(message: string, options?: ErrorOptions) {
    super("LimitError", message, options);
  }
}

/** The task waits, and nothing in it or outside of it can ever wake it. */
export class DeadlockError extends RuntimeError {
  constructor(message: string, options?: ErrorOptions) {
    super("DeadlockError", message, options);
  }
}

/** The task was told to end; or, of a result that was waited for, the task that was to bring it. */
export class CancelledError extends RuntimeError {
  constructor(message: string, options?: ErrorOptions) {
    super("CancelledError", message, options);
  }
}

/** All of them, by their names. */
export const runtimeErrors = {
  CancelledError,
  DeadlockError,
  InterruptedError,
  LimitError,
  NotSaveableError,
  QueueClosedError,
  SnapshotError,
  SuppressedError,
  TimeoutError,
} as const;

/** What the coordinator says (protocol/effect.ts): of the class with this name, if there is one. */
export function errorOfFailure(name: string | undefined, message: string): Error {
  switch (name) {
    case "QueueClosedError":
      return new QueueClosedError(message);
    case "CancelledError":
      return new CancelledError(message);
    case "TimeoutError":
      return new TimeoutError(message);
    case undefined:
      return new Error(message);
    default: {
      const error = new Error(message);
      Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
      return error;
    }
  }
}
