/**
 * The kinds of failure that the whole house tells apart.
 *
 * - `UserError`: somebody's input, program or directory is not as it has to be. Its text names the place, the value
 *   and the next step; it is shown without a stack trace. `exitCode` is what a command ends with (1: the program
 *   failed; 2: the command could not be carried out as asked).
 * - `Bug`: an assertion of ours failed. Shown with its stack and a request to report it.
 */
export class UserError extends Error {
  override readonly name: string = "UserError";
  readonly exitCode: 0 | 1 | 2;

  constructor(message: string, options: { exitCode?: 0 | 1 | 2; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? 2;
  }
}

/** What is asked for is not there any more: nothing led to it, or it was old enough to be forgotten (design H16). */
export class GoneError extends UserError {
  override readonly name: string = "GoneError";
}

export class Bug extends Error {
  override readonly name = "Bug";
}

/** Throws a {@link Bug} unless `condition` holds. Kept in production: a wrong state must not be written down. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Bug(`${message} (this is a bug in continua: please report it)`);
}

/** The end of an exhaustive `switch`: a type error until every case is there. */
export function unreachable(value: never): never {
  throw new Bug(`unexpected value ${JSON.stringify(value)} (this is a bug in continua: please report it)`);
}
