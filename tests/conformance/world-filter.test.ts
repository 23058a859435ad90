import assert from "node:assert/strict";
import { test } from "node:test";
import type { Test } from "./collect.ts";
import { reasonNotInWorld } from "./world-filter.ts";

function reasonOf(source: string, flags: readonly string[] = []): string | undefined {
  const scripted: Test = { path: "a.js", source, flags, features: [], includes: [], negative: null };
  return reasonNotInWorld(scripted);
}

test("what only reads the realm counts", () => {
  for (const source of [
    "assert.sameValue(Array.prototype.concat === [].concat, true);",
    "var desc = Object.getOwnPropertyDescriptor(Foo.prototype, 'x'); this.x = 1;",
    "function Thing() {} Thing.prototype.x = 1; object.prototype = {};",
    "// Array.prototype.x = 1; new Proxy",
  ])
    assert.equal(reasonOf(source), undefined, source);
});

test("what changes the realm does not", () => {
  for (const source of [
    "Array.prototype[Symbol.iterator] = function () {};",
    "Object.defineProperty(Object.prototype, 'x', {});",
    "delete Array.prototype.concat;",
    "GeneratorPrototype.next = 1;",
    "globalThis.x += 1;",
    "Object.setPrototypeOf(Array.prototype, null);",
  ])
    assert.match(reasonOf(source) ?? "counts", /realm/, source);
});

test("what has no form as bytes does not", () => {
  assert.match(reasonOf("new Proxy({}, {})") ?? "counts", /Proxy/);
  assert.match(reasonOf("class A extends Function {}") ?? "counts", /Function/);
  assert.match(reasonOf("(0, eval)('1')") ?? "counts", /eval/);
  assert.match(reasonOf("var GeneratorFunction = 1") ?? "counts", /GeneratorFunction/);
  assert.equal(reasonOf("evaluated(); medieval(); isGeneratorFunction()"), undefined);
});
