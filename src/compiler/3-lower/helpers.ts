/**
 * Small functions that the output defines for itself, if it uses them. They need no task and keep no state; what does
 * is in the runtime.
 */

export type HelperName =
  | "live"
  | "constant"
  | "key"
  | "accessor"
  | "define"
  | "method"
  | "field"
  | "args"
  | "bind"
  | "rest"
  | "superGet"
  | "superSet"
  | "result"
  | "close";

interface Helper {
  /** `$` stands for the prefix of generated names. */
  readonly code: string;
  readonly needs?: readonly HelperName[];
}

export const helpers: Readonly<Record<HelperName, Helper>> = {
  // Assignment of `value` to a variable whose content is `old`.
  live: { code: "function $live(value, old, name) { return old === $u ? $rt.deadZone(name) : value; }" },
  // Target of a destructuring assignment to a constant.
  constant: { code: "function $constant(name) { return { set value(_) { $rt.constant(name); } }; }" },
  // ToPropertyKey
  key: {
    code: "function $key(key) { return typeof key === 'symbol' ? key : typeof key === 'string' ? key : Reflect.ownKeys({ [key]: 0 })[0]; }",
  },
  accessor: {
    code: "function $accessor(object, key, get, set) { const own = Object.getOwnPropertyDescriptor(object, key); Object.defineProperty(object, key, { get: get ?? own?.get, set: set ?? own?.set, enumerable: true, configurable: true }); return object; }",
  },
  define: {
    code: "function $define(object, more) { return Object.defineProperties(object, Object.getOwnPropertyDescriptors(more)); }",
  },
  method: { code: "function $method(object, key, value) { Object.defineProperty(object, key, { value }); }" },
  field: {
    code: "function $field(object, key, value) { Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true }); }",
  },
  args: { code: "function $args() { return arguments; }" },
  // A tag function with its receiver.
  bind: { code: "function $bind(fn, self) { return (...args) => Reflect.apply(fn, self, args); }" },
  // The rest of an object pattern.
  rest: {
    code: "function $rest(object, keys) { const rest = {}; for (const key of Reflect.ownKeys(Object(object))) if (!keys.includes(key) && Object.prototype.propertyIsEnumerable.call(object, key)) $field(rest, key, object[key]); return rest; }",
    needs: ["field"],
  },
  superGet: {
    code: "function $superGet(home, key, self) { return Reflect.get(Object.getPrototypeOf(home), key, self); }",
  },
  superSet: {
    code: "function $superSet(home, key, value, self) { if (!Reflect.set(Object.getPrototypeOf(home), key, value, self)) throw new TypeError(`Cannot assign to read only property '${String(key)}' of object`); return value; }",
  },
  result: {
    code: "function $result(result) { if (typeof result !== 'object' && typeof result !== 'function' || result === null) throw new TypeError(`Iterator result ${String(result)} is not an object`); return result; }",
  },
  close: { code: "function $close(iterator, method) { return Reflect.apply(method, iterator, []); }" },
};
