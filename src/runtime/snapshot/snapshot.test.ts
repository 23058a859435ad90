/** The codec: a table of values that must come back as they were, graphs, refusals, and bytes that are not snapshots. */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Site } from "../../protocol/abi.ts";
import { abi } from "../abi.ts";
import { NotSaveableError, SnapshotError } from "../errors.ts";
import { loadTest, moduleText, testContext } from "../fixture.ts";
import { registerClass } from "../saveable.ts";
import type { TaskContext } from "../task-context.ts";
import { decode, type Encoded, encode, modeCheckpoint, modeValue } from "./index.ts";
import { syntaxKindOf } from "./nodes.ts";
import { codeReadingOf, readingOf } from "./readers.ts";
import { kinds } from "./tags.ts";

const code = moduleText({
  id: "src/app.ts",
  imports: ["node:fs"],
  variables: `variable("Base", "class"), variable("Derived", "class"), variable("Failure", "class"), variable("Secret", "class"),
    variable("adder", "function"), variable("counter", "let"), variable("Old", "function"), variable("emitter", "const", ($m) => new $m.$i[0].default.Stats())`,
  sites: `
    { id: "Base", name: "Base", kind: "class", position: { line: 1, column: 0 }, hash: "1", make: ($m) => class Base {
      static made = 0; constructor(x) { this.x = x; } double() { return this.x * 2; } get half() { return this.x / 2; } static of(x) { return new this(x); } } },
    { id: "Derived", name: "Derived", kind: "class", position: { line: 2, column: 0 }, hash: "2", make: ($m, site, Super) => class Derived extends Super { y = 1; } },
    { id: "Failure", name: "Failure", kind: "class", position: { line: 3, column: 0 }, hash: "3", make: ($m, site, Super) => class Failure extends Super {
      constructor(m) { super(m); this.code = 7; } } },
    { id: "Secret", name: "Secret", kind: "class", position: { line: 4, column: 0 }, hash: "4", make: () => {
      let Secret; class Hidden extends (function (o) { return o; }) { #x; static {
        Secret = class Secret { constructor() { new Hidden(this); this.open = 1; } get x() { return this.#x; } set x(v) { this.#x = v; } };
        $rt.hidden(Secret, { fixed: [], methods: {}, instance: [{ names: ["x"], has: (o) => #x in o, make: (o) => void new Hidden(o), read: (o) => [o.#x], write: (o, v) => { o.#x = v[0]; } }] });
      } } return Secret; } },
    { id: "adder", name: "adder", kind: "function", position: { line: 5, column: 0 }, hash: "5", make: ($m) => function adder(n) {
      const $e = { $up: $m, n, total: 0 }; return $rt.closure($sites[5], $e); } },
    { id: "adder/add", name: "add", kind: "function", position: { line: 6, column: 2 }, hash: "6", make: ($e) => (by) => ($e.total += $e.n * by) },
    { id: "Old", name: "Old", kind: "function", position: { line: 7, column: 0 }, hash: "7", make: ($m) => function Old(v) { this.v = v; } }`,
  instantiate: `$m.adder = $rt.closure($sites[4], $m); $m.Old = $rt.closure($sites[6], $m);`,
  body: `$m.Base = $rt.closure($sites[0], $m); $m.Derived = $rt.closure($sites[1], $m, $m.Base);
    $m.Failure = $rt.closure($sites[2], $m, TypeError); $m.Secret = $rt.closure($sites[3], $m); $m.counter = 0;
    $m.emitter = new $m.$i[0].default.Stats();`,
});
const program = await loadTest({
  "src/app.ts": { code, links: [{ kind: "foreign", name: "node:fs" }] },
});

function encoded(context: TaskContext, value: unknown, mode: 0 | 1 = modeValue): Encoded {
  return encode(context, mode, context.constants, value, "value");
}

/** Through bytes, into another task of the same program. */
function through<T>(
  value: T,
  mode: 0 | 1 = modeValue,
  from = testContext(program),
  to = testContext(program),
): T {
  const { bytes } = encoded(from, value, mode);
  return to.kernel.entered(() => decode(to, mode, bytes).root) as T;
}

class Plain {
  // Foreign: made by no site.
  readonly field = 1;
}

const shared = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
const registered = Symbol.for("registered");

const same: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  booleans: [true, false],
  integers: [
    0,
    1,
    -1,
    127,
    128,
    -128,
    2 ** 28 - 1,
    2 ** 28,
    -(2 ** 28),
    2 ** 31,
    2 ** 53 - 1,
    -(2 ** 53) + 1,
  ],
  doubles: [0.1, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE, Number.MAX_VALUE, 1e300],
  bigints: [0n, 1n, -1n, 2n ** 64n, -(2n ** 200n), 255n],
  strings: ["", "a", "ä€😀", "x".repeat(1_000), "ö".repeat(40), "\ud800", "a\udc00b", "\u0000", "\ufeffbom"],
  "plain object": { a: 1, "b c": { d: [] }, 7: "x" },
  "keys of environments and prototypes": [
    { $up: 1 },
    { $up: { $up: null } },
    { constructor: Object },
    { constructor: 1 },
  ],
  "own __proto__": JSON.parse('{"__proto__": {"a": 1}, "b": 2}'),
  "null prototype": Object.assign(Object.create(null), { a: 1 }),
  "symbol keys": { [registered]: 1, [Symbol.iterator]: 2, a: 3 },
  accessors: Object.defineProperty({ a: 1 }, "hidden", { value: 2, enumerable: false, configurable: true }),
  frozen: Object.freeze({ a: Object.freeze([1, 2]) }),
  sealed: Object.seal({ a: 1 }),
  "non-extensible": Object.preventExtensions({ a: 1, b: [] }),
  array: [1, "a", null, undefined, [2]],
  // biome-ignore lint/suspicious/noSparseArray: holes are what is tested
  holes: [1, , 3, ,],
  // biome-ignore lint/suspicious/noSparseArray: holes are what is tested
  "holes and as many properties": Object.assign([1, , 3], { extra: true }),
  "long arrays": [
    Array.from({ length: 100 }, (_, n) => n),
    Object.assign(new Array(50).fill("x"), { name: "n" }),
  ],
  "a long array of mostly holes": Object.assign(new Array(100), { 7: "x" }),
  "texts that repeat": [
    "twice",
    "twice",
    "t".repeat(500),
    "t".repeat(500),
    "a".repeat(40_000),
    "a".repeat(40_000),
  ],
  "many shapes": Array.from({ length: 400 }, (_, n) => ({ [`k${n}`]: n, [`l${n % 7}`]: n })),
  sparse: Object.assign([], { "10000": "x" }),
  "extra properties of an array": Object.assign([1, 2], { name: "list" }),
  map: new Map<unknown, unknown>([
    ["a", 1],
    [{ key: true }, new Map()],
  ]),
  set: new Set([1, "a", Number.NaN]),
  "map with a property": Object.assign(new Map([[1, 2]]), { label: "m" }),
  dates: [new Date(0), new Date(-1), new Date(8.64e15)],
  "regular expressions": [/a+/giu, Object.assign(/b/y, { lastIndex: 3 }), /\//],
  buffers: [new ArrayBuffer(3), new Uint8Array([1, 2]).buffer],
  views: [
    new Uint8Array(shared),
    new Uint16Array(shared, 2, 2),
    new DataView(shared, 1, 3),
    new Float64Array([1.5]),
  ],
  "node buffer": Buffer.from("hello"),
  "big views": [new BigInt64Array([1n, -1n])],
  boxed: [Object(1), Object("ab"), Object(true), Object(1n)],
  url: new URL("https://a.b/c?d=1#e"),
  "search params": new URLSearchParams("a=1&b=2&a=3"),
  builtins: [
    Array.prototype.map,
    Math,
    JSON.stringify,
    Object,
    Array.prototype,
    globalThis,
    Map,
    Symbol.prototype,
  ],
  "foreign exports": [readFileSync],
};

for (const [name, value] of Object.entries(same)) {
  for (const mode of [modeValue, modeCheckpoint] as const) {
    test(`${mode === modeValue ? "value" : "checkpoint"}: ${name}`, () => {
      assert.deepStrictEqual(through(value, mode), value);
    });
  }
}

test("attributes and integrity come back", () => {
  const one = through(
    Object.defineProperty({}, "x", { value: 1, writable: false, enumerable: true, configurable: false }),
  );
  assert.deepEqual(Object.getOwnPropertyDescriptor(one, "x"), {
    value: 1,
    writable: false,
    enumerable: true,
    configurable: false,
  });
  assert.ok(Number.isNaN(through(new Date(Number.NaN)).getTime()));
  const { frozen, sealed, fixed } = through({
    frozen: Object.freeze([1]),
    sealed: Object.seal({ a: 1 }),
    fixed: Object.preventExtensions({}),
  });
  assert.ok(Object.isFrozen(frozen));
  assert.ok(Object.isSealed(sealed) && !Object.isFrozen(sealed));
  assert.ok(!Object.isExtensible(fixed));
  assert.ok(Object.is((through([-0]) as number[])[0], -0));
});

test("symbols keep their identity within one snapshot", () => {
  const own = Symbol("own");
  const [one, two, known, same] = through([own, { [own]: 1 }, Symbol.asyncIterator, registered] as const);
  assert.equal(one.description, "own");
  assert.deepEqual(Object.getOwnPropertySymbols(two), [one]);
  assert.equal(known, Symbol.asyncIterator);
  assert.equal(same, registered);
});

test("errors keep their kind, cause, stack and fields", () => {
  const error = new RangeError("far", { cause: { deep: new TypeError("near") } });
  Object.assign(error, { code: "E1" });
  const back = through(error) as RangeError & { code: string; cause: { deep: TypeError } };
  assert.ok(back instanceof RangeError);
  assert.equal(Object.prototype.toString.call(back), "[object Error]");
  assert.equal(back.stack, error.stack);
  assert.equal(back.code, "E1");
  assert.ok(back.cause.deep instanceof TypeError);
  assert.ok(!Object.keys(back).includes("stack"));
  const many = through(new AggregateError([new Error("a")], "many"));
  assert.equal(many.errors[0].message, "a");
  const aborted = through(new DOMException("stop", "AbortError"));
  assert.equal(aborted.name, "AbortError");
});

test("an error of a foreign class goes on as the kind that it extends", () => {
  class ForeignError extends TypeError {
    override name = "ForeignError";
  }
  const back = through(new ForeignError("f"));
  assert.ok(back instanceof TypeError);
  assert.equal(back.name, "ForeignError");
});

test("cycles and sharing", () => {
  const value: { self?: unknown; map: Map<unknown, unknown>; list: unknown[] } = { map: new Map(), list: [] };
  value.self = value;
  value.map.set(value.map, value);
  value.list.push(value.list, value.map);
  const back = through(value);
  assert.equal(back.self, back);
  assert.equal(back.map.get(back.map), back);
  assert.deepEqual([back.list[0] === back.list, back.list[1] === back.map], [true, true]);
  const [one, two] = through([new Uint8Array(shared), new Uint8Array(shared, 4)] as const);
  assert.equal(one.buffer, two.buffer);
});

test("100,000 nested objects", () => {
  let nested: { next: unknown } | undefined;
  for (let depth = 0; depth < 100_000; depth++) nested = { next: nested };
  let back = through(nested) as { next: unknown } | undefined;
  let depth = 0;
  for (; back !== undefined; back = back.next as typeof back) depth++;
  assert.equal(depth, 100_000);
});

test("closures share their environments, and go on from them", () => {
  const context = testContext(program);
  const record = context.record("src/app.ts")!;
  const add = (record.adder as (n: number) => (by: number) => number)(10);
  add(1);
  const [one, two] = through([add, add, { add }] as const, modeCheckpoint, context);
  assert.equal(one, two);
  assert.equal(one(1), 20);
  assert.equal(add(0), 10);
});

test("classes, instances, methods and prototypes", () => {
  const context = testContext(program);
  const other = testContext(program);
  const record = context.record("src/app.ts")!;
  const { Base, Derived, Failure, Old } = record as Record<
    string,
    new (
      x: unknown,
    ) => Record<string, unknown>
  >;
  (Base as unknown as { made: number }).made = 5;
  const old = Old!.prototype as Record<string, unknown>;
  old.tag = "t";
  const value = {
    base: new Base!(2),
    derived: Object.freeze(new Derived!(3)),
    failure: new Failure!("f"),
    method: Base!.prototype.double,
    getter: Object.getOwnPropertyDescriptor(Base!.prototype, "half")!.get,
    of: (Base as unknown as { of: unknown }).of,
    prototype: Base!.prototype,
    old: new Old!(1),
    made: Object.create({ inherited: 1 }),
    Base,
    Failure,
  };
  const back = through(value, modeCheckpoint, context, other);
  assert.equal((back.base.double as () => number).call(back.base), 4);
  assert.equal(back.derived.half, 1.5);
  assert.ok(Object.isFrozen(back.derived));
  assert.deepEqual([back.failure.code, back.failure.message], [7, "f"]);
  assert.ok((back.failure as unknown) instanceof TypeError);
  assert.ok((back.failure as unknown) instanceof (back.Failure as unknown as new () => object));
  assert.equal(back.method, back.Base!.prototype.double);
  assert.equal(back.prototype, back.Base!.prototype);
  assert.equal((back.Base as unknown as { made: number }).made, 5);
  assert.equal((back.old as { tag: string }).tag, "t");
  assert.equal(back.made.inherited, 1);
  assert.equal(back.of, (back.Base as unknown as { of: unknown }).of);
  // In a value, the receiver's own classes stand for the sender's.
  const here = through({ base: value.base, Base, adder: record.adder }, modeValue, context, other);
  const theirs = other.record("src/app.ts")!;
  assert.equal(here.Base, theirs.Base);
  assert.equal(here.adder, theirs.adder);
  assert.ok((here.base as unknown) instanceof (theirs.Base as new () => object));
});

test("bound functions", () => {
  const context = testContext(program);
  const record = context.record("src/app.ts")!;
  const bound = context.kernel.entered(() => abiBind(record.Old, undefined, "v")) as new () => { v: string };
  const twice = abiBind(abiBind(Math.max, null, 1), null, 2) as (n: number) => number;
  const back = through({ bound, twice }, modeCheckpoint, context);
  assert.equal(new back.bound().v, "v");
  assert.equal(back.bound.name, "bound Old");
  assert.equal(back.twice(0), 2);
});

test("a constant that cannot be saved goes by its name, and is made again", () => {
  const context = testContext(program);
  const other = testContext(program);
  const record = context.record("src/app.ts")!;
  const root = { record, list: [record.emitter], map: new Map([[record.emitter, 1]]) };
  const { bytes } = encoded(context, root, modeCheckpoint);
  const fresh = testContext(program);
  const before = fresh.record("src/app.ts")!.emitter;
  const back = fresh.kernel.entered(() => decode(fresh, modeCheckpoint, bytes).root) as typeof root;
  assert.notEqual(back.record.emitter, before);
  assert.equal(back.list[0], back.record.emitter);
  assert.equal(back.map.get(back.record.emitter), 1);
  assert.ok(other);
});

class Handle {
  readonly id: string;
  constructor(id: string) {
    this.id = id;
  }
}
registerClass("test.Handle", Handle, { save: ({ id }) => ({ id }), load: ({ id }) => new Handle(id) });

test("registered classes", () => {
  const handle = new Handle("h");
  const back = through({ list: [handle], set: new Set([handle]), frozen: Object.freeze({ handle }), handle });
  assert.ok(back.handle instanceof Handle);
  assert.equal(back.handle.id, "h");
  assert.equal(back.list[0], back.handle);
  assert.ok(back.set.has(back.handle));
  assert.equal(back.frozen.handle, back.handle);
  assert.ok(Object.isFrozen(back.frozen));
  assert.ok(through(handle) instanceof Handle);
});

const generatorSite: Site = {
  id: "src/app.ts#g",
  name: "g",
  kind: "generator",
  position: { line: 1, column: 0 },
  hash: "g",
  make: () => () => {},
  body: () => abi.begin(generatorSite, 1, []),
  labels: [null, { slots: [], line: 1, column: 0 }],
};

const refused: Record<string, [unknown, RegExp]> = {
  "a foreign instance": [
    { a: [{ conn: new EventEmitter() }] },
    /EventEmitter.*cannot be saved: its class is foreign/,
  ],
  "a foreign class's instance": [new Plain(), /Plain/],
  "a weak map": [{ w: new WeakMap() }, /WeakMap/],
  "a native promise": [{ p: Promise.resolve(1) }, /Promise/],
  "a foreign function": [{ f: () => 1 }, /function f.*foreign code/],
  "an iterator": [{ it: new Map().values() }, /cannot be saved/],
  "a generator": [{ g: (function* () {})() }, /cannot be saved/],
  "an iterator of compiled code": [
    { it: abi.iterator(new Map(), "values", "m.values") },
    /it \(Map Iterator\) cannot be saved: it is an iterator, which belongs to the running task/,
  ],
  "a generator of compiled code": [
    { g: abi.generator(() => {}, generatorSite, {}, undefined, []) },
    /g \(Generator\) cannot be saved: it is a generator, which belongs to the running task/,
  ],
  "code from text": [{ f: Function }, /cannot be saved/],
};
for (const [name, [value, message]] of Object.entries(refused)) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => through(value),
      (error) => error instanceof NotSaveableError && message.test(error.message),
    );
  });
}

test("private members are saved, and pending promises in a value refused", () => {
  const context = testContext(program);
  const { Secret } = context.record("src/app.ts")! as Record<string, new () => { x: unknown }>;
  const secret = new Secret!();
  secret.x = [secret];
  const { s: thawed } = through({ s: secret }, modeCheckpoint, context) as { s: typeof secret };
  assert.equal((thawed.x as unknown[])[0], thawed);
  assert.deepEqual(Object.keys(thawed), ["open"]);
  const bare = Object.create(Secret!.prototype) as typeof secret;
  assert.throws(
    () => (through({ bare }, modeCheckpoint, context) as { bare: typeof secret }).bare.x,
    TypeError,
  );
  const pending = context.kernel.entered(() => new context.kernel.globals.Promise(() => {}));
  assert.throws(() => through({ deep: [pending] }, modeValue, context), /pending promise/);
});

// ---- bytes that are not snapshots -----------------------------------------------------------------------------------

/** Any outcome but a crash or a foreign error. */
function decodeHostile(bytes: Uint8Array, mode: 0 | 1): boolean {
  const context = testContext(program);
  try {
    context.kernel.entered(() => decode(context, mode, bytes));
    return true;
  } catch (error) {
    assert.ok(error instanceof SnapshotError, String((error as Error).stack));
    return false;
  }
}

function samples(): [Uint8Array, 0 | 1][] {
  const context = testContext(program);
  const record = context.record("src/app.ts")!;
  const add = (record.adder as (n: number) => unknown)(2);
  const promise = context.kernel.entered(() => new context.kernel.globals.Promise(() => {}).then(add));
  const values = [
    same.map,
    same.views,
    same.frozen,
    same.sparse,
    same.strings,
    same.bigints,
    new Error("e"),
    new Handle("x"),
  ];
  return [
    [encoded(context, values).bytes, modeValue],
    [
      encoded(context, { record, add, promise, it: [same["own __proto__"], Symbol("s")] }, modeCheckpoint)
        .bytes,
      modeCheckpoint,
    ],
  ];
}

test("truncated at every byte", () => {
  for (const [bytes, mode] of samples()) {
    assert.ok(decodeHostile(bytes, mode));
    for (let length = 0; length < bytes.length; length++) {
      assert.ok(
        !decodeHostile(bytes.subarray(0, length), mode),
        `accepted ${length} of ${bytes.length} bytes`,
      );
    }
    assert.ok(!decodeHostile(new Uint8Array([...bytes, 0]), mode));
  }
});

test("flipped bits", () => {
  let seed = 12_345;
  const random = (limit: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * limit);
  };
  for (const [bytes, mode] of samples()) {
    for (let round = 0; round < 4_000; round++) {
      const hostile = bytes.slice();
      for (let flips = 1 + random(3); flips > 0; flips--) hostile[random(hostile.length)]! ^= 1 << random(8);
      decodeHostile(hostile, mode);
    }
  }
});

function abiBind(callee: unknown, self: unknown, ...operands: unknown[]): unknown {
  return abi.bind(callee, self, ...operands);
}

// ---- bytes written once are read for ever ---------------------------------------------------------------------------

/** Written by the first version of the format. Never made anew: what cannot read it is another version. */
const golden = `434e544e0100019c0a6e7374757a6d647965626668726c616f63e46b7867787878787878787878787878787878787878
787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878
787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878
787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878
787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878
787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878
787878787878787878787878787878787878787878787878787878787878787878787878787878787878747769636570
02200201067265671420254a534f4e2e737472696e6769667925600010414141414141414141414141414141417800ca
0080ecc80000c03fc800000080cd41c79a9999999999b93fc9c0d3eadc0341c3c0c1d2060141d2070101d20800000000
00408f40cf00d3010100000201b00e0201d20b02d20a03000102030003cf01d2040301c502d209414100a10c7245b016
726200014101620200`;

test("the first version of the format is read", () => {
  const context = testContext(program);
  const bytes = new Uint8Array(Buffer.from(golden.replaceAll("\n", ""), "hex"));
  const value = context.kernel.entered(() => decode(context, modeValue, bytes).root);
  assert.deepStrictEqual(value, {
    n: [0, -1, 300, 1.5, -0, 12n, 0.1, 1e9],
    s: "ä",
    t: true,
    u: undefined,
    z: null,
    m: new Map([["k", new Set([1])]]),
    d: new Date(1_000),
    y: Symbol.for("reg"),
    e: Object.freeze({ a: 1 }),
    b: new Uint8Array([1, 2, 3]),
    f: JSON.stringify,
    // biome-ignore lint/suspicious/noSparseArray: holes are what is tested
    h: [1, , 2],
    r: /x/g,
    l: "x".repeat(300),
    a: ["twice", "twice"],
    o: [{ p: 1 }, { p: 2 }],
  });
});

// ---- the table of cases both ways -----------------------------------------------------------------------------------

test("every kind is read by the decoder and shown by the inspector", () => {
  for (const [name, kind] of Object.entries(kinds)) {
    const isCode = codeReadingOf(kind) !== undefined;
    assert.ok(isCode !== (readingOf(kind) !== undefined), `${name}: is it code or an object?`);
    assert.equal(syntaxKindOf(kind), isCode ? "code" : "object", name);
  }
});
