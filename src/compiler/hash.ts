/**
 * A short hash of a function's text: tells whether a site is still the one that a snapshot was made with. Two runs of
 * FNV-1a with different seeds, 64 bits together; not for adversaries.
 */
export function hashText(text: string): string {
  return fnv(text, 0x811c9dc5) + fnv(text, 0x050c5d1f);
}

function fnv(text: string, seed: number): string {
  let hash = seed;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}
