/** What the compiler has to say to the author of a program. */

import type { Rule } from "./2-analyze/advice.ts";

export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** Of what is no error of the language. */
  readonly rule?: Rule | "not-saveable";
  readonly message: string;
  /** Module, as a path below the project's root. */
  readonly id: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** The way round. */
  readonly hint?: string;
  /** Other places in the same module that have to do with it. */
  readonly related?: readonly { readonly message: string; readonly line: number; readonly column: number }[];
}

/**
 * ```text
 * src/app.ts:12:9: error: not supported yet: direct eval
 *   12 |   eval(text);
 *      |   ^
 *   hint: …
 * ```
 */
export function formatDiagnostic(diagnostic: Diagnostic, source?: string): string {
  const { id, line, column, severity, message, hint } = diagnostic;
  const rule = diagnostic.rule === undefined ? "" : ` (${diagnostic.rule})`;
  const lines = [`${id}:${line}:${column}: ${severity}: ${message}${rule}`];
  const text = source?.split(/\r\n|[\n\r\u2028\u2029]/)[line - 1];
  if (text !== undefined) {
    const gutter = String(line);
    const before = text.slice(0, column - 1).replace(/[^\t]/g, " ");
    lines.push(`  ${gutter} | ${text}`, `  ${" ".repeat(gutter.length)} | ${before}^`);
  }
  if (hint !== undefined) lines.push(`  hint: ${hint}`);
  return lines.join("\n");
}
