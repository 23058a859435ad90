import assert from "node:assert/strict";
import { test } from "node:test";
import { printJson, toJsonForm } from "./json-form.ts";

const cycle: { self?: unknown } = {};
cycle.self = cycle;

const forms: readonly [name: string, value: unknown, form: unknown][] = [
  ["undefined", undefined, null],
  ["plain values", [null, true, 1.5, "a"], [null, true, 1.5, "a"]],
  ["undefined in places", { a: undefined, b: [undefined] }, { b: [null] }],
  [
    "a Map with string keys",
    new Map([
      ["b", 1],
      ["a", 2],
    ]),
    { a: 2, b: 1 },
  ],
  [
    "a Map with other keys",
    new Map<unknown, unknown>([
      [1, "x"],
      ["k", new Set([2])],
    ]),
    [
      [1, "x"],
      ["k", [2]],
    ],
  ],
  ["a Date", new Date(0), "1970-01-01T00:00:00.000Z"],
  ["a BigInt", 2n ** 70n, "1180591620717411303424"],
  ["bytes", new Uint8Array([1, 2]), [1, 2]],
  [
    "an Error",
    Object.assign(new TypeError("no"), { code: 7 }),
    { code: 7, message: "no", name: "TypeError" },
  ],
  ["toJSON", { toJSON: () => [1] }, [1]],
  ["an empty Map", new Map(), {}],
];

for (const [name, value, form] of forms) {
  test(`JSON form of ${name}`, () => assert.deepEqual(JSON.parse(printJson(value)), form));
}

const refused: readonly [value: unknown, message: RegExp][] = [
  [{ a: [() => 1] }, /result\.a\[0\] is the function \(anonymous\); return data there/],
  [{ ratio: Number.NaN }, /result\.ratio is the number NaN/],
  [Symbol("s"), /result is Symbol\(s\)/],
  [cycle, /result\.self is a reference back to an object that contains it/],
  [{ p: Promise.resolve() }, /result\.p is a promise; return its value: await it/],
];

for (const [value, message] of refused) {
  test(`refused: ${message.source}`, () =>
    assert.throws(() => toJsonForm(value), { name: "UserError", message, exitCode: 1 }));
}

test("keys come in order, whatever order they were set in", () => {
  assert.equal(printJson({ b: { d: 1, c: 2 }, a: 3 }), printJson({ a: 3, b: { c: 2, d: 1 } }));
});
