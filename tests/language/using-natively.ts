/**
 * `using` for a Node that does not have it: what the transform of the samples calls to run them natively. Written from the
 * specification, independently of the runtime's own.
 */
import type { HelperMode, TransformOptions } from "oxc-transform";

export const withoutUsing: TransformOptions = {
  target: "es2022",
  helpers: { mode: "External" as HelperMode.External },
};

interface Used {
  readonly value: unknown;
  readonly dispose: ((this: unknown) => unknown) | undefined;
  readonly waits: boolean;
  readonly ignores: boolean;
}

class Context {
  readonly #stack: Used[] = [];
  readonly #none = {};
  /** The error with which the block ended. */
  e: unknown = this.#none;

  u(value: unknown): unknown {
    return this.#add(value, false);
  }

  a(value: unknown): unknown {
    return this.#add(value, true);
  }

  #add(value: unknown, waits: boolean): unknown {
    if (value === null || value === undefined) {
      if (waits) this.#stack.push({ value, dispose: undefined, waits, ignores: false });
      return value;
    }
    if (Object(value) !== value) throw new TypeError("not an object");
    const methods = value as Record<symbol, unknown>;
    const own = waits ? (methods[Symbol.asyncDispose] ?? undefined) : undefined;
    const dispose = own ?? methods[Symbol.dispose];
    if (typeof dispose !== "function") throw new TypeError("not disposable");
    this.#stack.push({ value, dispose: dispose as never, waits, ignores: own === undefined });
    return value;
  }

  #failed(error: unknown): void {
    if (this.e === this.#none) this.e = error;
    else {
      const suppressed = new Error("An error was suppressed during disposal");
      suppressed.name = "SuppressedError";
      this.e = Object.assign(suppressed, { error, suppressed: this.e });
    }
  }

  /** A promise only if something is waited for. */
  d(): unknown {
    while (this.#stack.length > 0) {
      const { value, dispose, waits, ignores } = this.#stack.pop()!;
      try {
        const result = dispose?.call(value);
        if (waits)
          return Promise.resolve(ignores ? undefined : result).then(
            () => this.d(),
            (error) => this.#goOn(error),
          );
      } catch (error) {
        this.#failed(error);
      }
    }
    if (this.e !== this.#none) throw this.e;
    return undefined;
  }

  #goOn(error: unknown): unknown {
    this.#failed(error);
    return this.d();
  }
}

export function installUsing(): void {
  Object.assign(globalThis, { babelHelpers: { usingCtx: () => new Context() } });
}
