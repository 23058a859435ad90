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
  | "callee"
  | "async"
  | "hide"
  | "dynamicName"
  | "rest"
  | "superCall"
  | "superGet"
  | "superSet"
  | "superDelete"
  | "target"
  | "proto"
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
  // What is called, under its name in the source.
  callee: {
    code: "function $callee(fn, text) { return typeof fn === 'function' ? fn : () => { throw new TypeError(text + ' is not a function'); }; }",
  },
  // What tells an async function from others.
  async: {
    code: "const $asyncPrototype = Object.getPrototypeOf(async () => {}); function $async(fn) { return Object.setPrototypeOf(fn, $asyncPrototype); }",
  },
  // What lets a class put its private fields on an object that is there already.
  hide: { code: "function $hide(object) { return object; }" },
  // A function takes its name from a computed key.
  dynamicName: {
    code: "function $dynamicName(key, value, prefix = '') { return Object.defineProperty(value, 'name', { value: prefix + (typeof key === 'symbol' ? key.description === undefined ? '' : `[${key.description}]` : String(key)), configurable: true }); }",
  },
  args: { code: "function $args() { return arguments; }" },
  // The rest of an object pattern.
  rest: {
    code: "function $rest(object, keys) { const rest = {}; for (const key of Reflect.ownKeys(Object(object))) if (!keys.includes(key) && Object.prototype.propertyIsEnumerable.call(object, key)) $field(rest, key, object[key]); return rest; }",
    needs: ["field"],
  },
  // A constructor is a native call, which no snapshot holds: what is left of it after a thaw cannot call `super()`.
  superCall: {
    code: "function $superCall(call) { return call ?? (() => { throw new ReferenceError('super() cannot be called any more: the constructor was left, and its task has gone on elsewhere'); }); }",
  },
  superGet: {
    code: "function $superGet(home, key, self) { return Reflect.get(Object.getPrototypeOf(home), key, self); }",
  },
  superSet: {
    code: "function $superSet(home, key, value, self) { if (!Reflect.set(Object.getPrototypeOf(home), key, value, self)) throw new TypeError(`Cannot assign to read only property '${String(key)}' of object`); return value; }",
  },
  superDelete: {
    code: `function $superDelete() { throw new ReferenceError("Unsupported reference to 'super'"); }`,
  },
  // Target of a destructuring assignment that only functions reach; `part` is the object or the key.
  target: {
    code: "function $target(part, set) { return { set value(value) { set(part, value); } }; }",
  },
  // `__proto__: value` behind an accessor.
  proto: {
    code: "function $proto(object, value) { return typeof value === 'object' || typeof value === 'function' ? Object.setPrototypeOf(object, value) : object; }",
  },
  result: {
    code: "function $result(result) { if (typeof result !== 'object' && typeof result !== 'function' || result === null) throw new TypeError(`Iterator result ${String(result)} is not an object`); return result; }",
  },
  close: { code: "function $close(iterator, method) { return Reflect.apply(method, iterator, []); }" },
};
