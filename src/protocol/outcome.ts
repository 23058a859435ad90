/**
 * The bytes of an {@link Outcome} as they lie in table `bytes` (rows.ts): MessagePack.
 *
 * Most outcomes are a value and nothing else. Those are written and read by hand, to the same bytes: every answer passes here, and the packer
 * takes many times as long to find out what it has before it.
 */
import { assert } from "../base/errors.ts";
import type { Outcome } from "./effect.ts";
import { pack, unpack } from "./pack.ts";

/** `{ kind: "value", value: ` */
const valueHead = pack({ kind: "value", value: new Uint8Array(0) }).slice(0, -2);
/** MessagePack's mark of up to 255 bytes, and of up to 65,535. */
const bytes8 = 0xc4;
const bytes16 = 0xc5;

export function encodeOutcome(outcome: Outcome): Uint8Array {
  if (outcome.kind !== "value" || outcome.value.length > 0xffff) return pack(outcome);
  const { value, number, json, rest, branch, handles } = outcome;
  if (number !== undefined || json !== undefined || rest !== undefined) return pack(outcome);
  if (branch !== undefined || handles !== undefined) return pack(outcome);
  const { length } = value;
  const at = valueHead.length;
  const isShort = length <= 0xff;
  const bytes = new Uint8Array(at + (isShort ? 2 : 3) + length);
  bytes.set(valueHead);
  if (isShort) {
    bytes[at] = bytes8;
    bytes[at + 1] = length;
  } else {
    bytes[at] = bytes16;
    bytes[at + 1] = length >> 8;
    bytes[at + 2] = length & 0xff;
  }
  bytes.set(value, bytes.length - length);
  return bytes;
}

export function decodeOutcome(bytes: Uint8Array): Outcome {
  const value = plainValue(bytes);
  if (value !== undefined) return { kind: "value", value };
  const outcome = unpack(bytes) as Outcome;
  assert(
    outcome?.kind === "value" || outcome?.kind === "error" || outcome?.kind === "failure",
    "bytes of an outcome that are none",
  );
  return outcome;
}

function plainValue(bytes: Uint8Array): Uint8Array | undefined {
  const at = valueHead.length;
  for (let i = 0; i < at; i++) if (bytes[i] !== valueHead[i]) return undefined;
  const isShort = bytes[at] === bytes8;
  if (!isShort && bytes[at] !== bytes16) return undefined;
  const begin = at + (isShort ? 2 : 3);
  const length = isShort ? bytes[at + 1]! : (bytes[at + 1]! << 8) | bytes[at + 2]!;
  return bytes.length === begin + length ? bytes.subarray(begin) : undefined;
}
