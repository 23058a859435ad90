/**
 * Whether a view takes its length from a resizable buffer: `new Uint8Array(buffer)`, with no length of its own. Nothing tells
 * that but a change of the buffer, so the buffer is changed, the view is looked at, and the buffer is put back as it was.
 */
type Resizable = ArrayBuffer & {
  readonly resizable?: boolean;
  readonly maxByteLength: number;
  resize(byteLength: number): void;
};

export function followsBuffer(view: ArrayBufferView): boolean {
  const buffer = view.buffer as Resizable;
  if (buffer.resizable !== true) return false;
  const step = (view as { readonly BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  const { byteLength } = buffer;
  const before = view.byteLength;
  if (byteLength - view.byteOffset - before >= step) return false;
  if (byteLength + step <= buffer.maxByteLength) {
    buffer.resize(byteLength + step);
    const after = view.byteLength;
    buffer.resize(byteLength);
    return after !== before;
  }
  // No room to grow. Of a shorter buffer a view with a length of its own has nothing; with one element left it cannot be told.
  if (before < 2 * step) return true;
  const kept = new Uint8Array(buffer.slice(byteLength - step));
  buffer.resize(byteLength - step);
  const after = lengthOf(view);
  buffer.resize(byteLength);
  new Uint8Array(buffer, byteLength - step).set(kept);
  return after > 0;
}

/** A DataView throws where a list is empty. */
function lengthOf(view: ArrayBufferView): number {
  try {
    return view.byteLength;
  } catch {
    return 0;
  }
}
