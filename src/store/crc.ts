/**
 * The checksum (CRC-32) of two pieces of bytes one behind the other, from those of the pieces: for what is not in memory at the same time.
 *
 * A checksum is a polynomial over two elements, its highest power in the lowest bit, modulo that of CRC-32. To put n bytes behind a piece is to multiply
 * its polynomial by x to the power of 8n.
 */
const modulus = 0xedb88320;
const one = 0x8000_0000;
const x8 = one >>> 8;

/** @param second begun with 0, of `length` bytes. */
export function joinedCrc32(first: number, second: number, length: number): number {
  let shift = one;
  let square = x8;
  for (let rest = length; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) shift = product(square, shift);
    square = product(square, square);
  }
  return (product(shift, first) ^ second) >>> 0;
}

function product(a: number, b: number): number {
  let sum = 0;
  for (let power = one, shifted = b; power !== 0; power >>>= 1) {
    if ((a & power) !== 0) sum ^= shifted;
    shifted = (shifted & 1) === 1 ? (shifted >>> 1) ^ modulus : shifted >>> 1;
  }
  return sum >>> 0;
}
