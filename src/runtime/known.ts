/**
 * Objects that may have a name (names.ts), or are the prototype of a generator function: one look tells that an object is nothing of
 * the kind, which is what the codec asks of each.
 */
const known = new WeakSet<object>();

export function noteKnown(value: object): void {
  known.add(value);
}

export function isKnown(value: object): boolean {
  return known.has(value);
}
