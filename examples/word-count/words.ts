/** Counting words and pairs of words, and adding such counts up. */

/** A word is a run of ASCII letters, so that `grep -aoE '[A-Za-z]+'` counts the same. */
export const wordPattern = /[A-Za-z]+/g;

export interface FileCounts {
  words: number;
  lines: number;
  longest: string;
}

export interface Counts {
  chunks: number;
  words: Map<string, number>;
  /** Words without their endings: `count`, `counts` and `counted` are one. */
  stems: Map<string, number>;
  pairs: Map<string, number>;
  files: Map<string, FileCounts>;
  /** Sizes of the vocabulary in the resamples of each chunk. */
  vocabularies: number[];
  unreadable: string[];
}

export function emptyCounts(): Counts {
  return {
    chunks: 0,
    words: new Map(),
    stems: new Map(),
    pairs: new Map(),
    files: new Map(),
    vocabularies: [],
    unreadable: [],
  };
}

/** Stems found so far. A module variable: each task has its own, and it is saved with the task. */
const stems = new Map<string, string>();

/** The word without its commonest English endings (the first step of Porter's stemmer, 1980, roughly). */
function stemOf(word: string): string {
  let stem = stems.get(word);
  if (stem === undefined) {
    stem = word.replace(/(?:'s|ies|sses|ing|edly|ed|s)$/, (ending) =>
      ending === "ies" ? "y" : ending === "sses" ? "ss" : "",
    );
    if (!/[aeiouy]/.test(stem)) stem = word;
    stems.set(word, stem);
  }
  return stem;
}

export function tally(counts: Counts, path: string, line: string): void {
  const file = counts.files.get(path) ?? { words: 0, lines: 0, longest: "" };
  counts.files.set(path, file);
  file.lines += 1;
  let last: string | undefined;
  for (const found of line.match(wordPattern) ?? []) {
    const word = found.toLowerCase();
    add(counts.words, word, 1);
    add(counts.stems, stemOf(word), 1);
    if (last !== undefined) add(counts.pairs, `${last} ${word}`, 1);
    last = word;
    file.words += 1;
    if (word.length > file.longest.length) file.longest = word;
  }
}

/** Draws lines with replacement; the same seed draws the same lines. A closure over its own state. */
export function resampler(seed: number): (lines: readonly string[]) => string {
  let state = seed;
  return (lines) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return lines[Math.floor((state / 2 ** 32) * lines.length)] ?? "";
  };
}

/** How many different words there are, however they end. */
export function vocabularyOf(counts: Counts): number {
  return counts.stems.size;
}

export function merge(one: Counts, other: Counts): Counts {
  for (const [word, count] of other.words) add(one.words, word, count);
  for (const [stem, count] of other.stems) add(one.stems, stem, count);
  for (const [pair, count] of other.pairs) add(one.pairs, pair, count);
  for (const [path, file] of other.files) {
    const known = one.files.get(path) ?? { words: 0, lines: 0, longest: "" };
    const longest = file.longest.length > known.longest.length ? file.longest : known.longest;
    one.files.set(path, { words: known.words + file.words, lines: known.lines + file.lines, longest });
  }
  one.vocabularies.push(...other.vocabularies);
  one.unreadable.push(...other.unreadable);
  one.chunks += other.chunks;
  return one;
}

export function summary(counts: Counts, files: number) {
  const total = [...counts.words.values()].reduce((sum, count) => sum + count, 0);
  return {
    total,
    distinct: counts.words.size,
    stems: counts.stems.size,
    files,
    chunks: counts.chunks,
    unreadable: counts.unreadable,
    topWords: top(counts.words, 20),
    topPairs: top(counts.pairs, 20),
    largestFiles: [...counts.files]
      .sort(([a, one], [b, other]) => other.words - one.words || (a < b ? -1 : 1))
      .slice(0, 10)
      .map(([path, file]) => ({ path, ...file })),
    vocabularySpread: spread(counts.vocabularies),
  };
}

function top(counts: Map<string, number>, length: number): { text: string; count: number }[] {
  return [...counts]
    .map(([text, count]) => ({ text, count }))
    .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1))
    .slice(0, length);
}

/** Mean and standard deviation, rounded so that the order of addition does not show. */
function spread(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length);
  return { mean: Number(mean.toFixed(3)), deviation: Number(Math.sqrt(variance).toFixed(3)) };
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
