/**
 * `Proxy` of compiled code. Nobody can ask a proxy what it is made of, nor whether it is one; so that is noted when it is made, and a snapshot
 * asks here, before it looks at an object and runs traps. A proxy that foreign code has made looks like its target.
 */
import { nameGlobal } from "./names.ts";

/** Why a proxy cannot be saved that a package has made. */
export const ofForeignCode =
  "it is a Proxy that foreign code made, which does not tell what it is made of; copy what is needed of it, or compile its package";

export interface ProxyParts {
  readonly target: object;
  readonly handler: object;
  revoked: boolean;
}

/** Whether any has been made in this process: most programs make none. */
export const proxies = { any: false };

const made = new WeakMap<object, ProxyParts>();

export function partsOfProxy(value: object): ProxyParts | undefined {
  return made.get(value);
}

/** What a proxy of the program stands for in the end; anything else itself. */
export function behindProxies(value: object): object {
  let at = value;
  if (proxies.any)
    for (let parts = made.get(at); parts !== undefined; parts = made.get(at)) at = parts.target;
  return at;
}

function note(proxy: object, target: object, handler: object): ProxyParts {
  const parts = { target, handler, revoked: false };
  proxies.any = true;
  made.set(proxy, parts);
  return parts;
}

function revocable(target: object, handler: object): { proxy: object; revoke: () => void } {
  const { proxy, revoke } = Proxy.revocable(target, handler);
  const parts = note(proxy, target, handler);
  return {
    proxy,
    revoke() {
      parts.revoked = true;
      revoke();
    },
  };
}

export function makeProxy(target: object, handler: object, revoked: boolean): object {
  const made = revocable(target, handler);
  if (revoked) made.revoke();
  return made.proxy;
}

export const DurableProxy: ProxyConstructor = new Proxy(Proxy, {
  construct(native, operands: [object, object], newTarget) {
    const proxy = Reflect.construct(native, operands, newTarget) as object;
    note(proxy, operands[0], operands[1]);
    return proxy;
  },
  get: (native, key) => (key === "revocable" ? revocable : (Reflect.get(native, key) as unknown)),
});
nameGlobal("Proxy", DurableProxy);
