/** One module through the four phases. */

import { type Goal, type Parsed, parse, type SourceSettings } from "./1-parse/parse.ts";
import { type Advise, advise } from "./2-analyze/advice.ts";
import { realmWrites } from "./2-analyze/realm-writes.ts";
import { type Report, resolve } from "./2-analyze/resolve.ts";
import { assignStorage } from "./2-analyze/storage.ts";
import { isRelative } from "./3-lower/foreign-callee.ts";
import type { Held } from "./3-lower/held.ts";
import { lowerModule } from "./3-lower/module.ts";
import { print } from "./4-print/print.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Node } from "./node.ts";

export interface CompileOptions {
  /** Path below the project's root, with `/`. */
  readonly id: string;
  /** Whether the source has types; by default its extension says so. */
  readonly typescript?: boolean;
  /**
   * `script`: the text is a script in strict mode, where `await` is a name and there are no imports; its variables are still the
   * module's own. `module` by default.
   */
  readonly goal?: Goal;
  readonly settings?: SourceSettings;
  /** Whether the module may be part of an import cycle; by default, if it imports by a relative path. */
  readonly cyclic?: boolean;
  /** Code to make every variable of the module that has an initialiser again, for tasks that begin without it (`continua upgrade`). */
  readonly remakes?: boolean;
  /** The realm is the program's own, so it may write to globals and built-ins: for suites of conformance, which do so on purpose. */
  readonly ownRealm?: boolean;
}

export interface Compiled {
  /** Body of a strict function of `$rt` (see protocol/abi.ts); empty if there are errors. */
  readonly code: string;
  /** Source map (version 3, JSON) from `code` to the source. */
  readonly map: string;
  /** Specifiers of static imports and re-exports, in the order of `$i`. */
  readonly imports: readonly string[];
  /** Those of them that are imported as JSON. */
  readonly json: readonly string[];
  /** Specifiers of `import("…")`. */
  readonly dynamicImports: readonly string[];
  /** Whether it has a default export, as a program has. */
  readonly hasDefault: boolean;
  readonly diagnostics: readonly Diagnostic[];
  /** What compiles and is likely not meant; asked for by `continua check`. */
  advice(): readonly Diagnostic[];
  /** What each async function holds while it is suspended, for advisers that know types. */
  held(): Held;
}

export function compile(source: string, options: CompileOptions): Compiled {
  const parsing = parse(source, options);
  if ("diagnostics" in parsing) return failed(parsing.diagnostics);
  const { parsed } = parsing;
  const diagnostics: Diagnostic[] = [];
  const report = reporter(parsed, diagnostics);
  const analysis = resolve(parsed.program, report);
  const writes = options.ownRealm === true ? [] : realmWrites(analysis);
  for (const { owner, node, message, hint } of writes) if (owner === "realm") report(node, message, hint);
  const cyclic = options.cyclic ?? analysis.imports.some(({ specifier }) => isRelative(specifier));
  // By name: what a function calls its variables should not follow from others.
  const fresh = new Map<string, number>();
  assignStorage(
    analysis,
    (name) => {
      let number = fresh.get(name) ?? 0;
      do number += 1;
      while (analysis.names.has(`${name}$${number}`));
      fresh.set(name, number);
      return `${name}$${number}`;
    },
    { cyclic },
  );
  const found = {
    imports: analysis.imports.map((slot) => slot.specifier),
    json: analysis.imports.filter((slot) => slot.json).map((slot) => slot.specifier),
    dynamicImports: analysis.dynamicImports.specifiers,
    hasDefault: [...analysis.exports, ...analysis.reexports].some(({ name }) => name === "default"),
  };
  if (diagnostics.some((each) => each.severity === "error")) return { ...failed(diagnostics), ...found };
  const lowered = lowerModule(parsed, analysis, report, options);
  if (diagnostics.some((each) => each.severity === "error")) return { ...failed(diagnostics), ...found };
  const advice = (): readonly Diagnostic[] => {
    const given: Diagnostic[] = [];
    const tell: Advise = (rule, node, message, hint, other) => {
      const related = other && [{ message: other.message, ...placeOf(parsed, other.node) }];
      const place = { id: parsed.id, ...placeOf(parsed, node) };
      given.push({ severity: "warning", rule, message, ...place, hint, ...(related && { related }) });
    };
    advise(parsed.program, analysis, tell);
    for (const { owner, node, message, hint } of writes)
      if (owner === "process") tell("process-state", node, message, hint);
    return given;
  };
  return { ...print(lowered, parsed), ...found, diagnostics, advice, held: lowered.held };
}

function failed(diagnostics: readonly Diagnostic[]): Compiled {
  return {
    code: "",
    map: "",
    imports: [],
    json: [],
    dynamicImports: [],
    hasDefault: false,
    diagnostics,
    advice: () => [],
    held: () => ({ functions: [], module: [], registered: [] }),
  };
}

function reporter(parsed: Parsed, diagnostics: Diagnostic[]): Report {
  return (node: Node, message, hint) => {
    diagnostics.push({
      severity: "error",
      message,
      id: parsed.id,
      ...placeOf(parsed, node),
      ...(hint === undefined ? {} : { hint }),
    });
  };
}

function placeOf(parsed: Parsed, node: Node): { readonly line: number; readonly column: number } {
  const start = node.loc?.start ?? { line: 1, column: 0 };
  const { line, column } = parsed.trace(start.line, start.column);
  return { line, column: column + 1 };
}
