/** What is found, and how it is printed: as `grep -n` does. */
import type { PieceText } from "./files.ts";

export interface Hit {
  /** From 1 within the piece; lines of context may lie before it (0 and less) or behind. */
  readonly number: number;
  readonly text: string;
  /** Else it is context. */
  readonly isMatch: boolean;
}

/** What was found in a file, or in a piece of one. */
export interface Found {
  readonly path: string;
  readonly bytes: number;
  readonly lines: number;
  /** In order of lines. */
  readonly hits: readonly Hit[];
  readonly error?: string;
}

/** Asynchronous so that it can be stopped in the middle: a task may be moved while it searches. */
export async function search(
  { before, lines, after }: PieceText,
  expression: RegExp,
  context: number,
): Promise<Hit[]> {
  const hits = new Map<number, Hit>();
  for (let index = 0; index < lines.length; index++) {
    if (!expression.test(lines[index]!)) continue;
    for (let near = index - context; near <= index + context; near++) {
      const text = near < 0 ? before[before.length + near] : (lines[near] ?? after[near - lines.length]);
      if (text === undefined || hits.get(near)?.isMatch) continue;
      hits.set(near, { number: near + 1, text, isMatch: near === index });
    }
  }
  return inOrder(hits.values());
}

/** Puts two neighbouring pieces of a file together. */
export function joinFound(first: Found, second: Found): Found {
  const hits = new Map(first.hits.map((hit) => [hit.number, hit]));
  for (const { number, text, isMatch } of second.hits) {
    const at = first.lines + number;
    if (!hits.get(at)?.isMatch) hits.set(at, { number: at, text, isMatch });
  }
  return {
    path: first.path,
    bytes: first.bytes + second.bytes,
    lines: first.lines + second.lines,
    hits: inOrder(hits.values()),
  };
}

function inOrder(hits: Iterable<Hit>): Hit[] {
  return [...hits].sort((one, other) => one.number - other.number);
}

/**
 * `path:12:text` of a match, `path-11-text` of context, and with context `--` between what is not together; `isFirst`: nothing stands before
 * these lines.
 */
export function formatFound({ path, hits }: Found, context: number, isFirst: boolean): string[] {
  const lines: string[] = [];
  let last: number | undefined;
  for (const { number, text, isMatch } of hits) {
    if (context > 0 && (last === undefined ? !isFirst : number > last + 1)) lines.push("--");
    const mark = isMatch ? ":" : "-";
    lines.push(`${path}${mark}${number}${mark}${text}`);
    last = number;
  }
  return lines;
}
