/** `Promise` of `run --plain`, so that it has what that of a durable run has. */

/** What the Promise of compiled code has on every Node, and Node 20 has not. */
export function fillPromise(): void {
  const methods = {
    withResolvers(this: PromiseConstructor): object {
      let functions!: { readonly resolve: unknown; readonly reject: unknown };
      const promise = new this((resolve, reject) => {
        functions = { resolve, reject };
      });
      return { promise, ...functions };
    },
    try(this: PromiseConstructor, fn: (...args: unknown[]) => unknown, ...args: unknown[]): object {
      return new this((resolve) => resolve(fn(...args)));
    },
  };
  for (const [name, value] of Object.entries(methods))
    if (!(name in Promise))
      Object.defineProperty(Promise, name, { value, writable: true, configurable: true });
}
