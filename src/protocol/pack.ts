/**
 * The one encoding of plain values that cross a boundary or are kept: MessagePack. (The heap of a task is another matter: see the
 * snapshot format.)
 *
 * K1. The same value gives the same bytes whatever was encoded before: no records, no structures shared between calls.
 * K2. Bytes come back as plain `Uint8Array`s, never as Node's `Buffer`, whose `slice` would be a view.
 * K3. What `unpack` is given, it may keep views of: the caller must not write to it later.
 */
import { Packr } from "msgpackr";

const packr = new Packr({ useRecords: false });
/** Everything that fits is written here first, so that packing leaves nothing behind but its result. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024);

export function pack(value: unknown): Uint8Array {
  return packAfter(0, value);
}

/** The bytes of `value` after `room` zeros, for a prefix. */
export function packAfter(room: number, value: unknown): Uint8Array {
  const packed = packedForNow(value);
  const bytes = new Uint8Array(room + packed.length);
  bytes.set(packed, room);
  return bytes;
}

/** The same bytes, good until something else is packed: for whoever copies them at once. */
export function packedForNow(value: unknown): Uint8Array {
  packr.useBuffer(scratch);
  return packr.pack(value);
}

/** @throws if `bytes` are not one whole value. */
export function unpack(bytes: Uint8Array): unknown {
  return packr.unpack(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
