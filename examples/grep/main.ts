/**
 * Grep: searches files for a regular expression, in parallel, with numbers of lines and context.
 *
 *   npx continua run examples/grep/main.ts --input '{"pattern": "durable"}'
 *   npx continua run examples/grep/main.ts --input '{"pattern": "error|warning", "paths": ["src"], "context": 2, "out": "found.txt"}'
 *
 * One task searches about 2 MB: many small files, or a piece of a large one. The parent puts the pieces of a file together and writes what was
 * found in the order of the files, as soon as all before it is there.
 */
import { call, output } from "continua";
import { type Piece, piecesOf, readPiece, sourceFiles } from "./files.ts";
import { type Found, formatFound, joinFound, search } from "./search.ts";

interface Options {
  /** A JavaScript regular expression. */
  readonly pattern: string;
  /** Of the expression: `i` and others of JavaScript. */
  readonly flags: string;
  /** Files, or folders that are searched for texts. */
  readonly paths: readonly string[];
  /** Lines shown before and after each that matches. */
  readonly context: number;
  /** Print what is found as soon as it is found, in no order. */
  readonly stream: boolean;
  /** A file that gets what is found, exactly as `grep -n` prints it; without it the first 100 lines are part of the result. */
  readonly out: string | undefined;
}

type Query = Pick<Options, "pattern" | "flags" | "context" | "stream">;

const defaults: Options = {
  pattern: "\\bdurab(le|ility)\\b",
  flags: "i",
  paths: ["node_modules"],
  context: 0,
  stream: false,
  out: undefined,
};
const linesShown = 100;

export default async function main(input: Partial<Options> = {}) {
  const { paths, out, ...query }: Options = { ...defaults, ...input };
  new RegExp(query.pattern, query.flags); // a mistake in it is told before any work is done
  const files = await sourceFiles(paths);
  const jobs = await piecesOf(files);
  const answers = jobs.map((job) => call(searchJob, job, query));
  const file = out === undefined ? undefined : output(out);
  const shown: string[] = [];
  const total = { files: files.length, bytes: 0, lines: 0, matches: 0, matchingFiles: 0 };
  const unreadable: string[] = [];

  const finish = (found: Found): void => {
    total.lines += found.lines;
    total.matches += found.hits.filter(({ isMatch }) => isMatch).length;
    for (const line of formatFound(found, query.context, total.matchingFiles === 0)) {
      file?.write(`${line}\n`);
      if (shown.length < linesShown) shown.push(line);
    }
    if (found.hits.length > 0) total.matchingFiles++;
  };
  let open: Found | undefined;
  for (const answer of answers) {
    for (const found of await answer) {
      total.bytes += found.bytes;
      if (found.error !== undefined) unreadable.push(`${found.path}: ${found.error}`);
      else if (open?.path === found.path) open = joinFound(open, found);
      else {
        if (open !== undefined) finish(open);
        open = found;
      }
    }
  }
  if (open !== undefined) finish(open);
  await file?.close();
  return { ...total, unreadable, ...(out === undefined ? { found: shown } : { out }) };
}

/** Runs as a task of its own. A file that cannot be read is told, and spoils nothing else. */
async function searchJob(job: readonly Piece[], query: Query): Promise<Found[]> {
  const { pattern, flags, context, stream } = query;
  const expression = new RegExp(pattern, flags.replaceAll(/[gy]/g, ""));
  const answers: Found[] = [];
  for (const piece of job) {
    try {
      const text = readPiece(piece, context);
      const hits = await search(text, expression, context);
      const found = { path: piece.path, bytes: text.bytes, lines: text.lines.length, hits };
      answers.push(found);
      if (stream) for (const line of formatFound(found, context, true)) console.log(line);
    } catch (error) {
      answers.push({ path: piece.path, bytes: 0, lines: 0, hits: [], error: (error as Error).message });
    }
  }
  return answers;
}
