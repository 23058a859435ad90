// Buffers that share their bytes go on sharing them; what lies beside them in a pool of Node's is nobody's business.
type Log = (...values: unknown[]) => void;

async function slices(log: Log): Promise<void> {
  const whole = Buffer.from("abcdefgh");
  const part = whole.subarray(2, 5);
  const inner = part.subarray(1);
  const apart = whole.subarray(6);
  await null;
  part[0] = 65;
  inner[0] = 66;
  apart[1] = 67;
  log(whole.toString(), part.toString(), inner.toString(), apart.toString());
  await null;
  whole.fill("x", 3, 7);
  log(whole.toString(), part.toString(), inner.toString(), apart.toString());
}

/** The larger one is met last, and some are in between. */
async function later(log: Log): Promise<void> {
  const whole = Buffer.from("0123456789");
  const parts = [whole.subarray(0, 3), whole.subarray(5, 8), whole.subarray(2, 6)];
  const held = { parts, other: Buffer.from("other"), whole };
  await null;
  held.whole[2] = 88;
  held.parts[1]![0] = 89;
  log(held.parts.map(String), String(held.whole), String(held.other));
}

async function views(log: Log): Promise<void> {
  const buffer = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]);
  const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
  const numbers = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  await null;
  buffer[0] = 9;
  numbers.setUint8(1, 10);
  log([...bytes], numbers.getUint16(0), Buffer.isBuffer(bytes), bytes.buffer === buffer.buffer);
  const { buffer: memory } = buffer;
  await null;
  log(memory === buffer.buffer, memory.byteLength > buffer.length);
}

async function large(log: Log): Promise<void> {
  const own = Buffer.alloc(20_000, 1);
  const part = own.subarray(10, 20);
  const empty = Buffer.alloc(0);
  await null;
  part[0] = 2;
  log(own[10], part.length, empty.length, own.length);
}

export default async function main(log: Log): Promise<void> {
  await slices(log);
  await later(log);
  await views(log);
  await large(log);
}
