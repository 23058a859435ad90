import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outcome } from "./effect.ts";
import { decodeOutcome, encodeOutcome } from "./outcome.ts";
import { pack } from "./pack.ts";

const lengths = [0, 1, 31, 32, 255, 256, 1_000, 65_535, 65_536, 100_000];

test("a value is written to the packer's bytes, and read from them, whatever its length", () => {
  for (const length of lengths) {
    const outcome: Outcome = { kind: "value", value: Uint8Array.from({ length }, (_, at) => at) };
    assert.deepEqual(encodeOutcome(outcome), pack(outcome));
    assert.deepEqual(decodeOutcome(pack(outcome)), outcome);
  }
});

const others: Outcome[] = [
  { kind: "value", value: new Uint8Array(0), number: 7 },
  { kind: "value", value: new Uint8Array([1]), json: true },
  { kind: "value", value: new Uint8Array([1]), branch: 0 },
  { kind: "value", value: new Uint8Array([1]), handles: [] },
  { kind: "error", error: new Uint8Array([1]), message: "no", cancelled: true },
  { kind: "failure", message: "no", name: "GoneError" },
];

test("what is more than a value comes back whole", () => {
  for (const outcome of others) {
    assert.deepEqual(encodeOutcome(outcome), pack(outcome));
    assert.deepEqual(decodeOutcome(encodeOutcome(outcome)), outcome);
  }
});

test("bytes that are cut off or go on are refused", () => {
  const bytes = encodeOutcome({ kind: "value", value: new Uint8Array(300) });
  assert.throws(() => decodeOutcome(bytes.subarray(0, -1)));
  assert.throws(() => decodeOutcome(new Uint8Array([...bytes, 0])));
});
