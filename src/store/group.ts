/** Changes that are written together, and what tells those who wait for them. */
import type { Change } from "../protocol/rows.ts";

export interface Group {
  /** By their places: a later change of a row takes the place of an earlier one. */
  readonly changes: Map<string, Change>;
  readonly written: Promise<void>;
  readonly settle: (error?: unknown) => void;
}

export function newGroup(): Group {
  let settle: Group["settle"] = () => {};
  const written = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  // Whoever wrote is told; that nobody listens any more is no reason to end the process.
  written.catch(() => {});
  return { changes: new Map(), written, settle };
}
