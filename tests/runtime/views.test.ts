/** Views of resizable buffers: those with a length of their own are saved, those that follow their buffer are refused by name. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { followsBuffer } from "../../src/runtime/snapshot/views.ts";

type Make = new (bytes: number, options: { readonly maxByteLength: number }) => ArrayBuffer;
const Resizable = ArrayBuffer as unknown as Make;

for (const max of [8, 16]) {
  test(`a buffer of 8 bytes that may have ${max}`, () => {
    const buffer = new Resizable(8, { maxByteLength: max });
    const bytes = new Uint8Array(buffer, 0, 8);
    bytes.set([1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(followsBuffer(bytes), false);
    assert.equal(followsBuffer(new Uint8Array(buffer)), true);
    assert.equal(followsBuffer(new Uint32Array(buffer, 0, 2)), false);
    assert.equal(followsBuffer(new Uint32Array(buffer)), true);
    assert.equal(followsBuffer(new Uint16Array(buffer, 2, 1)), false);
    assert.equal(followsBuffer(new DataView(buffer, 0, 8)), false);
    assert.equal(followsBuffer(new DataView(buffer, 1)), true);
    assert.deepEqual([...bytes], [1, 2, 3, 4, 5, 6, 7, 8], "the buffer is as it was");
    assert.equal(buffer.byteLength, 8);
  });
}

test("other buffers have no such views", () => {
  assert.equal(followsBuffer(new Uint8Array(8)), false);
});
