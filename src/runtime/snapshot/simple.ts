/**
 * Values that take a byte or two, without an encoder and a decoder: what tasks answer is mostly such, and to set up the one or the other costs
 * a hundred times what these do.
 *
 * N1. The bytes are those that an encoder writes, and nothing is read here that a decoder would refuse.
 */
import { formatVersion, inline, magic, modeValue, tags } from "./tags.ts";

/** All before the root (no texts, no code), the root's first byte, and behind it that nothing is lost. */
const head: readonly number[] = [...magic, formatVersion, modeValue, 0, 0];
const at = head.length;
const ofOne = Uint8Array.from([...head, 0, 0]);
const ofTwo = Uint8Array.from([...head, 0, 0, 0]);

/** Answered for all that is not simple. */
export const notSimple = Symbol("not simple");

/** `undefined`: it is not simple. */
export function simpleBytes(value: unknown): Uint8Array | undefined {
  if (typeof value === "number") {
    if (value !== (value | 0) || value < 0 || value >= inline.integer13 || Object.is(value, -0))
      return undefined;
    if (value < inline.integer) return withOne(value);
    const bytes = ofTwo.slice();
    const rest = value - inline.integer;
    bytes[at] = tags.integer13 | (rest >> 8);
    bytes[at + 1] = rest & 0xff;
    return bytes;
  }
  if (value === undefined) return withOne(tags.undefined);
  if (value === null) return withOne(tags.null);
  if (typeof value === "boolean") return withOne(value ? tags.true : tags.false);
  return undefined;
}

function withOne(byte: number): Uint8Array {
  const bytes = ofOne.slice();
  bytes[at] = byte;
  return bytes;
}

export function simpleValue(bytes: Uint8Array): unknown {
  const { length } = bytes;
  if (length > ofTwo.length || length < ofOne.length || bytes[length - 1] !== 0) return notSimple;
  for (let index = 0; index < at; index++) if (bytes[index] !== head[index]) return notSimple;
  const byte = bytes[at]!;
  if (length === ofTwo.length) {
    if (byte < tags.integer13 || byte >= tags.text12) return notSimple;
    return (((byte & 0x1f) << 8) | bytes[at + 1]!) + inline.integer;
  }
  if (byte < inline.integer) return byte;
  switch (byte) {
    case tags.undefined:
      return undefined;
    case tags.null:
      return null;
    case tags.true:
      return true;
    case tags.false:
      return false;
    default:
      return notSimple;
  }
}
