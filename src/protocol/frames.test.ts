import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../base/errors.ts";
import { encodeFrame, FrameDecoder, FrameError } from "./frames.ts";
import { pack, unpack } from "./pack.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const unhex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

/** Message ↔ bytes. These bytes are kept in stores and spoken by older workers: a line here is never changed. */
const golden: readonly (readonly [name: string, message: unknown, bytes: string])[] = [
  ["a kind alone", { kind: "ready" }, "0000000e de0001 a46b696e64 a57265616479"],
  [
    "numbers, small, large and negative",
    { n: [0, 127, 128, 65536, 2 ** 32, -1, 1.5] },
    "00000022 de0001 a16e 97 00 7f cc80 ce00010000 cb41f0000000000000 ff cb3ff8000000000000",
  ],
  [
    "bytes, also none",
    { b: new Uint8Array([1, 2, 255]), e: new Uint8Array(0) },
    "0000000e de0002 a162 c4030102ff a165 c400",
  ],
  [
    "text beyond ASCII, nested lists and objects",
    { t: "größe 😀", l: [{ a: null }, [true, false]] },
    "0000001e de0002 a174 ac6772c3b6c39f6520f09f9880 a16c 92 de0001 a161 c0 92 c3 c2",
  ],
];

/** Deterministic bytes without a pattern that a chunk border could fall in step with. */
function noise(length: number): Uint8Array {
  let state = 12345;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state >>> 24;
  });
}

for (const [name, message, bytes] of golden) {
  test(`golden: ${name}`, () => {
    assert.equal(hex(encodeFrame(message)), bytes.replaceAll(" ", ""));
    assert.deepEqual(new FrameDecoder().push(unhex(bytes)), [message]);
  });
}

test("chunks of every size give the same messages", () => {
  const messages = [...golden.map(([, message]) => message), { big: noise(3_000) }, { kind: "end" }];
  const stream = Buffer.concat(messages.map((message) => encodeFrame(message)));
  for (const size of [1, 2, 3, 4, 5, 7, 64, 1_000, stream.length - 1, stream.length]) {
    const decoder = new FrameDecoder();
    const seen: unknown[] = [];
    for (let at = 0; at < stream.length; at += size)
      seen.push(...decoder.push(stream.subarray(at, at + size)));
    assert.deepEqual(seen, messages, `chunks of ${size}`);
    assert.equal(decoder.pending, 0);
  }
});

test("F1: an incomplete frame gives nothing and is counted", () => {
  const frame = encodeFrame({ kind: "ready" });
  for (let length = 1; length < frame.length; length++) {
    const decoder = new FrameDecoder();
    assert.deepEqual(decoder.push(frame.subarray(0, length)), []);
    assert.equal(decoder.pending, length);
  }
});

test("F2: a length over the limit is refused, read or written", () => {
  assert.throws(() => new FrameDecoder(1_000).push(unhex("000003e9")), FrameError);
  assert.deepEqual(new FrameDecoder(1_000).push(unhex("000003e8")), []);
  assert.throws(() => new FrameDecoder().push(unhex("ffffffff")), /4294967295 bytes, over the limit/);
  assert.throws(() => encodeFrame({ b: new Uint8Array(1_000) }, 1_000), UserError);
});

test("a frame that is not a message is an error, not a message", () => {
  for (const bytes of ["00000000", "00000002 0101", "00000002 a568"]) {
    assert.throws(() => new FrameDecoder().push(unhex(bytes)), FrameError, bytes);
  }
});

test("F3, K2: bytes of a message are plain and their own", () => {
  const chunk = Buffer.from(encodeFrame({ b: new Uint8Array([1, 2, 3]) }));
  const [message] = new FrameDecoder<{ b: Uint8Array }>().push(chunk);
  chunk.fill(0);
  assert.deepEqual(message, { b: new Uint8Array([1, 2, 3]) });
  assert.equal(Object.getPrototypeOf(message!.b), Uint8Array.prototype);
});

test("K1: encoding leaves no trace in later encodings", () => {
  const first = pack({ kind: "a", list: [{ x: 1 }] });
  for (let i = 0; i < 100; i++) pack({ kind: "a", list: [{ x: i, y: "z".repeat(i * 100) }] });
  assert.deepEqual(pack({ kind: "a", list: [{ x: 1 }] }), first);
  assert.deepEqual(unpack(Buffer.from(first)), { kind: "a", list: [{ x: 1 }] });
});
