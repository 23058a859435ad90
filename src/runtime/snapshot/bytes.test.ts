/** Primitives of a snapshot: comparing a text where it stands says what reading it would. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "./bytes.ts";

const texts = [
  "",
  "a",
  "sum",
  "sun",
  "summer",
  "é",
  "Ã©",
  "😀",
  "\ud83d",
  "x".repeat(47),
  "x".repeat(48),
  "x".repeat(63),
  "é".repeat(30),
];

test("textIs answers what text() would, and goes as far", () => {
  for (const written of texts) {
    const writer = new ByteWriter();
    writer.text(written);
    writer.byte(7);
    const bytes = writer.bytes.subarray(0, writer.at);
    for (const expected of texts) {
      const reader = new ByteReader(bytes);
      assert.equal(reader.textIs(expected), written === expected, `${written} is ${expected}`);
      assert.equal(reader.byte(), 7);
    }
    for (let length = 0; length < bytes.length - 1; length++)
      assert.throws(() => new ByteReader(bytes.subarray(0, length)).textIs(written), /corrupted/);
  }
});
