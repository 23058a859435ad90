/** Bound functions whose target can be saved: what compiled code's `f.bind(x)` makes, if it goes through `$rt.bind`. */
import { runtimeSite } from "./sites.ts";
import { type AnyFunction, stamp } from "./stamp.ts";

interface BoundEnvironment {
  readonly target: AnyFunction;
  readonly self: unknown;
  readonly operands: readonly unknown[];
}

const bind = Function.prototype.bind;

const boundSite = runtimeSite("bound", (env: BoundEnvironment) =>
  bind.call(env.target as never, env.self, ...env.operands),
);

export function boundFunction(target: AnyFunction, self: unknown, operands: readonly unknown[]): AnyFunction {
  const env = { target, self, operands };
  return stamp(bind.call(target as never, self, ...operands) as AnyFunction, boundSite, env);
}

/** `callee.bind(...args)`, whatever `bind` of `callee` is. */
export function bindMethod(callee: unknown, ...args: unknown[]): unknown {
  const method = (callee as AnyFunction).bind as unknown;
  if (typeof callee === "function" && method === bind) return boundFunction(callee, args[0], args.slice(1));
  return Reflect.apply(method as () => unknown, callee, args);
}
