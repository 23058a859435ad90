import assert from "node:assert/strict";
import { test } from "node:test";
import { loadTest, moduleText, testContext } from "../fixture.ts";
import { Decoder } from "./decoder.ts";
import { Encoder } from "./encoder.ts";
import { notSimple, simpleBytes, simpleValue } from "./simple.ts";
import { modeValue } from "./tags.ts";

const context = testContext(await loadTest({ "a.ts": { code: moduleText({ id: "a.ts" }) } }));

function encoded(value: unknown): Uint8Array {
  return new Encoder().run(context, modeValue, new Map(), value, "a value").bytes;
}

test("simple values have the bytes that an encoder writes (N1)", () => {
  const simple = [undefined, null, true, false, 0, 1, 63, 64, 65, 319, 320, 8_254, 8_255];
  for (const value of simple) {
    assert.deepEqual([...simpleBytes(value)!], [...encoded(value)], String(value));
    assert.equal(simpleValue(encoded(value)), value);
  }
  for (const value of [-0, -1, 0.5, 8_256, 2 ** 32, Number.NaN, "", "a", 1n, [], {}, Symbol.iterator]) {
    assert.equal(simpleBytes(value), undefined);
    if (typeof value !== "symbol") assert.equal(simpleValue(encoded(value)), notSimple);
  }
});

test("what is read as simple is what a decoder reads, whatever the bytes are (N1)", () => {
  const of = [encoded(1), encoded(100)];
  let read = 0;
  for (const bytes of of) {
    for (let at = 0; at < bytes.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        const other = bytes.slice();
        other[at] = byte;
        const value = simpleValue(other);
        if (value === notSimple) continue;
        assert.equal(value, new Decoder(context, other).run(modeValue).root);
        read++;
      }
    }
  }
  assert.ok(read > 300, `${read} were simple`);
});
