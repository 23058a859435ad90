/**
 * Word count: reads texts, counts words, pairs and files, and estimates by resampling how far the figures can be trusted.
 *
 *   npx continua run examples/word-count/main.ts
 *   npx continua run examples/word-count/main.ts --input '["docs", "README.md"]'
 *   npx continua run examples/word-count/main.ts --input '{"paths": ["docs"], "resamples": 10}'
 *
 * One task counts one chunk of text; the parent merges. Nothing in here knows that its process may die at any moment.
 */
import { call } from "continua";
import { type Chunk, chunksOf, readChunk, textFiles } from "./files.ts";
import {
  type Counts,
  emptyCounts,
  merge,
  resampler,
  summary,
  tally,
  vocabularyOf,
  wordPattern,
} from "./words.ts";

interface Options {
  /** Files, or folders that are searched for .md and .txt files. */
  readonly paths: readonly string[];
  /** How many times each chunk is drawn again, line by line, to estimate the spread of its vocabulary. */
  readonly resamples: number;
}

const defaults: Options = { paths: ["node_modules"], resamples: 700 };

export default async function main(input: readonly string[] | Partial<Options> = {}) {
  const { paths, resamples }: Options = { ...defaults, ...("length" in input ? { paths: input } : input) };
  const files = await textFiles(paths);
  const chunks = await chunksOf(files);
  const parts = await Promise.all(chunks.map((chunk, index) => call(countChunk, chunk, index, resamples)));
  let total = emptyCounts();
  for (const part of parts) total = merge(total, part);
  return { pattern: wordPattern.source, ...summary(total, files.length) };
}

/** Counts one chunk. Runs as a task of its own, on whatever worker has room. */
async function countChunk(chunk: Chunk, index: number, resamples: number): Promise<Counts> {
  const counts = emptyCounts();
  const drawLine = resampler(index + 1);
  try {
    const lines = await readChunk(chunk);
    for (const line of lines) tally(counts, chunk.path, line);

    // The bootstrap: how much would the vocabulary vary if the text had been another sample of the same kind?
    for (let sample = 0; sample < resamples; sample++) {
      const drawn = emptyCounts();
      for (let n = 0; n < lines.length; n++) tally(drawn, chunk.path, drawLine(lines));
      counts.vocabularies.push(vocabularyOf(drawn));
    }
  } catch (error) {
    counts.unreadable.push(`${chunk.path}: ${(error as Error).message}`);
  } finally {
    counts.chunks += 1;
  }
  return counts;
}
