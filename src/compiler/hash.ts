/**
 * A short hash of a function's text: tells whether a site is still the one that a snapshot was made with. Two runs of
 * FNV-1a with different seeds, 48 bits of them by eight letters; not for adversaries.
 */
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export function hashText(text: string): string {
  return fnv(text, 0x811c9dc5) + fnv(text, 0x050c5d1f);
}

function fnv(text: string, seed: number): string {
  let hash = seed;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  let found = "";
  for (let shift = 0; shift < 24; shift += 6) found += letters[(hash >>> shift) & 63];
  return found;
}
