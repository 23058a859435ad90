// What a program has changed of functions, classes, built-in objects and arrays beyond their kind: properties added, redefined, deleted, made fixed. All of it outlives a thaw.
type Log = (...values: unknown[]) => void;
// biome-ignore lint/suspicious/noExplicitAny: objects that are given what their types do not have
type Any = any;
type Shown = [name: string, show: () => unknown];

const { defineProperty } = Object;

function shape(value: Any): string {
  const keys = Reflect.ownKeys(value).map((key) => {
    const property = Object.getOwnPropertyDescriptor(value, key)!;
    const held: unknown = property.value;
    const is = "value" in property ? (typeof held === "object" ? "object" : typeof held === "function" ? "function" : String(held)) : "accessor";
    return `${String(key)}:${is}:${property.writable ? "w" : ""}${property.enumerable ? "e" : ""}${property.configurable ? "c" : ""}`;
  });
  return `${keys.join(" ")}${Object.isExtensible(value) ? "" : " fixed"}${Object.isFrozen(value) ? " frozen" : ""}`;
}

function functions(): Shown[] {
  const longer = function (one: Any, two: Any): Any {
    return [one, two];
  };
  defineProperty(longer, "length", { value: 7 });
  const nameless: Any = (one: Any) => one;
  delete nameless.name;
  const lengthless: Any = (one: Any) => one;
  delete lengthless.length;
  const frozen: Any = Object.freeze(function named(one: Any): Any {
    return one;
  });
  const bound: Any = longer.bind(null, 1);
  defineProperty(bound, "length", { value: 9 });
  defineProperty(bound, "name", { value: "renamed" });
  bound.extra = 1;
  const plainlyBound = ((one: Any, two: Any) => [one, two]).bind(null, 1);
  const later = async (one: Any): Promise<Any> => one;
  defineProperty(later, "length", { value: 3 });
  const generator = function* (one: Any): Generator<Any> {
    yield one;
  };
  defineProperty(generator, "length", { value: 3 });
  const writable = (one: Any): Any => one;
  defineProperty(writable, "length", { writable: true });
  const holder: Any = {
    method(one: Any): Any {
      return one;
    },
  };
  defineProperty(holder.method, "length", { value: 5 });
  const list: Any = { longer, nameless, lengthless, frozen, bound, plainlyBound, later, generator, writable };
  const all = Object.keys(list).map((name): Shown => [name, () => shape(list[name])]);
  return [...all, ["prototype", () => shape(frozen.prototype)], ["method", () => shape(holder.method)]];
}

function classes(): Shown[] {
  class Lost {
    static kept = 1;
    static gone = 2;
    first(): number {
      return 1;
    }
    second(): number {
      return 2;
    }
    get third(): number {
      return 3;
    }
    static fourth(): number {
      return 4;
    }
  }
  const lost: Any = Lost;
  for (const key of ["first", "third"]) delete lost.prototype[key];
  for (const key of ["gone", "fourth"]) delete lost[key];
  const instance: Any = new Lost();
  class Longer {
    constructor(readonly one?: number) {}
    method(): void {}
    other(): void {}
  }
  defineProperty(Longer, "length", { value: 4 });
  defineProperty(Longer.prototype.method, "length", { value: 4 });
  defineProperty(Longer.prototype.other, "name", { value: "another" });
  class Accessors {
    static get value(): number {
      return 1;
    }
  }
  defineProperty(Accessors, "value", { get: () => 2, configurable: true });
  class Nameless {
    method(): string {
      return "of a class whose prototype names it not";
    }
  }
  const orphan: Any = new Nameless();
  delete (Nameless.prototype as Any).constructor;
  class Empty {}
  const empty: Any = new Empty();
  delete (Empty.prototype as Any).constructor;
  class Fixed {
    static s(): void {}
    m(): void {}
  }
  Object.freeze(Fixed);
  Object.freeze(Fixed.prototype);
  return [
    ["Lost", () => `${shape(Lost)} | ${shape(Lost.prototype)}`],
    ["instance", () => [instance.first, instance.second(), instance.third, instance instanceof Lost]],
    ["Longer", () => `${shape(Longer)} | ${shape(Longer.prototype.method)} | ${shape(Longer.prototype.other)}`],
    ["Accessors", () => [shape(Accessors), Accessors.value]],
    ["Nameless", () => [shape(Nameless.prototype), orphan.method(), orphan instanceof Nameless]],
    ["Empty", () => [empty instanceof Empty, Object.getPrototypeOf(empty) === Empty.prototype]],
    ["Fixed", () => `${shape(Fixed)} | ${shape(Fixed.prototype)}`],
  ];
}

class Bytes extends Uint8Array {
  own = 5;
}
class Moment extends Date {
  own = 3;
}
class Failure extends Error {
  code = 7;
  override name = "Failure";
}

function builtIns(): Shown[] {
  const long = new Uint8Array(100);
  const hidden = new Float64Array(20);
  const made: Any = {
    short: new Uint8Array(3),
    long,
    hidden,
    bytes: new Bytes(2),
    longBytes: new Bytes(50),
    buffer: Buffer.from("abc"),
    longBuffer: Buffer.from("abcdefghijklmnop"),
    view: new DataView(new ArrayBuffer(4)),
    arrayBuffer: new ArrayBuffer(4),
    date: new Date(5),
    moment: new Moment(6),
    expression: /a/gy,
    number: Object(3),
    text: Object("abc"),
    symbol: Object(Symbol.iterator),
    map: new Map([[1, 2]]),
    set: new Set([1]),
    weak: new WeakMap(),
    failure: new Failure("no"),
    bare: Object.create(null),
  };
  made.expression.lastIndex = 3;
  const names = Object.keys(made);
  for (const name of names) made[name].extra = name;
  defineProperty(hidden, "hidden", { value: 1 });
  defineProperty(made.map, Symbol.toStringTag, { value: "Chart" });
  Object.preventExtensions(made.set);
  delete made.failure.stack;
  return [
    ...names.map((name): Shown => [name, () => shape(made[name]).replace(/(?: ?\d+:\S+)+/, "")]),
    ["tag", () => String(made.map)],
    ["plain", () => Reflect.ownKeys(new Uint8Array(9)).length],
  ];
}

function arrays(): Shown[] {
  const own: Any = [1, , 3];
  own.extra = 1;
  own[-1] = 2;
  const fixedLength: Any = [1, 2];
  defineProperty(fixedLength, "length", { writable: false });
  const accessors: Any = [1, 2, 3];
  let asked = 0;
  defineProperty(accessors, 1, { get: () => ++asked, enumerable: true, configurable: true });
  const constant: Any = Array.from({ length: 12 }, (_, at) => at);
  defineProperty(constant, 10, { value: 2, writable: false, enumerable: false });
  const given: Any = (function (..._: Any[]) {
    // biome-ignore lint/complexity/noArguments: what is given as a whole
    return arguments;
  })(1, 2);
  given.extra = 1;
  const list: Any = { own, fixedLength, accessors, constant, given };
  const sealed = Object.seal([1, 2]);
  return [
    ...Object.keys(list).map((name): Shown => [name, () => shape(list[name])]),
    ["sealed", () => shape(sealed)],
    ["asked", () => [accessors[1], asked]],
  ];
}

export default async function main(log: Log): Promise<void> {
  const all = [...functions(), ...classes(), ...builtIns(), ...arrays()];
  await null;
  for (const [name, show] of all) log(name, show());
}
