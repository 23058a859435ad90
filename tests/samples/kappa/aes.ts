// Long computation on bytes in one task (FIPS 197, in CBC mode), which is saved in its middle.
import { checkpoint } from "continua";

const double = (byte: number): number => ((byte << 1) ^ (byte & 0x80 ? 0x11b : 0)) & 0xff;

/** The inverse in GF(2^8), and an affine map of it. */
const sbox = (() => {
  const box = new Uint8Array(256);
  let p = 1;
  let q = 1;
  do {
    p = p ^ double(p);
    q ^= q << 1;
    q ^= q << 2;
    q ^= q << 4;
    q &= 0xff;
    if (q & 0x80) q ^= 0x09;
    const turned = q ^ turn(q, 1) ^ turn(q, 2) ^ turn(q, 3) ^ turn(q, 4);
    box[p] = turned ^ 0x63;
  } while (p !== 1);
  box[0] = 0x63;
  return box;
})();

function turn(byte: number, by: number): number {
  return ((byte << by) | (byte >> (8 - by))) & 0xff;
}

class Aes {
  readonly #rounds: Uint8Array;

  constructor(key: Uint8Array) {
    const words = new Uint8Array(176);
    words.set(key);
    let factor = 1;
    for (let at = 16; at < 176; at += 4) {
      let word = [...words.subarray(at - 4, at)];
      if (at % 16 === 0) {
        word = [...word.slice(1), word[0]!].map((byte) => sbox[byte]!);
        word[0]! ^= factor;
        factor = double(factor);
      }
      for (let i = 0; i < 4; i++) words[at + i] = words[at + i - 16]! ^ word[i]!;
    }
    this.#rounds = words;
  }

  encrypt(block: Uint8Array): Uint8Array {
    let state = this.#addKey(block, 0);
    for (let round = 1; round <= 10; round++) {
      const shifted = state.map((_, i) => sbox[state[(i + 4 * (i % 4)) % 16]!]!);
      state = this.#addKey(round === 10 ? shifted : mixed(shifted), round);
    }
    return state;
  }

  #addKey(state: Uint8Array, round: number): Uint8Array {
    return state.map((byte, i) => byte ^ this.#rounds[round * 16 + i]!);
  }
}

function mixed(state: Uint8Array): Uint8Array {
  return state.map((byte, i) => {
    const at = i - (i % 4);
    const [a, b, c, d] = [0, 1, 2, 3].map((row) => state[at + ((i + row) % 4)]!) as [number, number, number, number];
    return double(a) ^ double(b) ^ b ^ c ^ d ^ (byte ^ a);
  });
}

/** The last block of so many, each encrypted with the one before. */
export async function encryptZeros(key: string, blocks: number): Promise<string> {
  const aes = new Aes(new TextEncoder().encode(key));
  let block = new Uint8Array(16);
  for (let n = 0; n < blocks; n++) {
    block = aes.encrypt(block);
    if (n % 500 === 0) await checkpoint();
  }
  return [...block].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
