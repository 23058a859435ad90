/** Phase 4: the lowered tree as text, with a map from it to the source as written. */
import remapping from "@jridgewell/remapping";
import { print as printTree } from "esrap";
import ts from "esrap/languages/ts";
import type { Parsed } from "../1-parse/parse.ts";
import type { Lowered } from "../3-lower/module.ts";

export function print(lowered: Lowered, parsed: Parsed): { code: string; map: string } {
  // The printer's node type is TypeScript's; ours is any tree that it can print.
  const tree = lowered.program as unknown as Parameters<
    ReturnType<typeof ts>[string] & ((node: never) => void)
  >[0];
  const printed = printTree(tree, ts({ quotes: "double" }), { sourceMapSource: parsed.id, indent: "  " });
  const lines = lowered.preamble.split("\n").length - 1;
  const map = { ...printed.map, mappings: ";".repeat(lines) + printed.map.mappings };
  const chain = parsed.map === null ? [map] : [map, parsed.map];
  const joined = remapping(chain as Parameters<typeof remapping>[0], () => null);
  const whole = { ...joined, version: 3, sources: [parsed.id], sourcesContent: [parsed.source] };
  return { code: lowered.preamble + printed.code, map: JSON.stringify(whole) };
}
