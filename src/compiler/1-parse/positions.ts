/**
 * From a position in the stripped text back to the position in the text as written, by the map that stripping made.
 * (The map of the final output is joined by a library; here single positions are wanted, early and often.)
 */
import type { SourcePosition } from "../../protocol/abi.ts";

/** `line` from 1, `column` from 0, in and out. */
export type Trace = (line: number, column: number) => SourcePosition;

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const digitOf = new Map([...digits].map((digit, value) => [digit, value]));

type Segment = readonly [column: number, originalLine: number, originalColumn: number];

export function tracer(mappings: string): Trace {
  const lines = decodeMappings(mappings);
  return (line, column) => {
    const segments = lines[line - 1] ?? [];
    let found: Segment | undefined;
    for (const segment of segments) {
      if (segment[0] > column) break;
      found = segment;
    }
    // Generated text with no origin of its own belongs to what stands before it.
    for (let above = line - 2; found === undefined && above >= 0; above -= 1) found = lines[above]?.at(-1);
    return found === undefined ? { line: 1, column: 0 } : { line: found[1] + 1, column: found[2] };
  };
}

function decodeMappings(mappings: string): Segment[][] {
  let originalLine = 0;
  let originalColumn = 0;
  return mappings.split(";").map((line) => {
    let column = 0;
    const segments: Segment[] = [];
    for (const text of line.split(",")) {
      if (text === "") continue;
      const fields = decodeFields(text);
      column += fields[0] ?? 0;
      if (fields.length < 4) continue;
      originalLine += fields[2]!;
      originalColumn += fields[3]!;
      segments.push([column, originalLine, originalColumn]);
    }
    return segments;
  });
}

/** Base 64 VLQ: five bits a digit, lowest first, the sixth bit says that more follow; the lowest bit of all is the sign. */
function decodeFields(text: string): number[] {
  const fields: number[] = [];
  let value = 0;
  let shift = 0;
  for (const digit of text) {
    const bits = digitOf.get(digit) ?? 0;
    value += (bits & 31) * 2 ** shift;
    shift += 5;
    if (bits & 32) continue;
    fields.push(value % 2 === 1 ? -Math.floor(value / 2) : value / 2);
    value = 0;
    shift = 0;
  }
  return fields;
}
