/** The words of `continua`, as functions: what a program hands to them stays with its task, and is not in the hands of foreign code. */
const words = new WeakSet<object>();

export function markWord<T extends object>(word: T): T {
  words.add(word);
  return word;
}

export function isWord(fn: object): boolean {
  return words.has(fn);
}
