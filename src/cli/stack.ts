/** Stacks of errors thrown by compiled code, in the positions of the source. */
import { fileURLToPath } from "node:url";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import type { Bundle } from "../protocol/bundle.ts";

const ownCode = new URL("../", import.meta.url);
/** As they stand in stacks: a module's address has its special characters encoded. */
const ownPlaces = [ownCode.href, fileURLToPath(ownCode), new URL("../../bin/", ownCode).href];

/** `stack` without the lines of this package and of Node. */
export function withoutOwnLines(stack: string): string {
  return stack
    .split("\n")
    .filter(
      (line) =>
        !/^\s+at /.test(line) ||
        !(ownPlaces.some((place) => line.includes(place)) || /\(node:|at (?:async )?node:/.test(line)),
    )
    .join("\n");
}

/** Maps the lines of `stack` that lie in modules of `bundle` (paths shown below its root), and leaves out ours and Node's. */
export function sourceStack(stack: string, bundle: Bundle): string {
  const maps = new Map<string, TraceMap>();
  return withoutOwnLines(stack)
    .split("\n")
    .map((line) =>
      line.replace(
        /(\(|at )([^()\s]+):(\d+):(\d+)(\)?)$/,
        (whole, before: string, path: string, row: string, column: string, after: string) => {
          const module = bundle.modules.find(({ id }) => path === `${bundle.root}/${id}`);
          if (module === undefined) return whole;
          const map = maps.get(module.id) ?? new TraceMap(module.map);
          maps.set(module.id, map);
          const { line: sourceLine, column: sourceColumn } = originalPositionFor(map, {
            line: Number(row),
            column: Number(column) - 1,
          });
          const position = sourceLine === null ? "" : `:${sourceLine}:${sourceColumn + 1}`;
          return `${before}${module.id}${position}${after}`;
        },
      ),
    )
    .join("\n");
}
