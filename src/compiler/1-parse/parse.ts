/**
 * Phase 1: text in, ESTree out. TypeScript and JSX are stripped first, with a map, so that every later phase works on
 * plain JavaScript and every position it names can be traced to the text as written. Mistakes are diagnostics,
 * never exceptions.
 */
import { parse as parseModule } from "acorn";
import { type TransformOptions, type TransformResult, transformSync } from "oxc-transform";
import type { Diagnostic } from "../diagnostic.ts";
import type { Node } from "../node.ts";
import { writeOutDatePatterns } from "./date-patterns.ts";
import { type Trace, tracer } from "./positions.ts";
import { Tokens } from "./tokens.ts";
import { leftOfTypeScript } from "./typescript.ts";

export interface Parsed {
  readonly id: string;
  /** As written. */
  readonly source: string;
  /** Without types; what `program`'s offsets refer to. */
  readonly text: string;
  /** Map from `text` to `source`, if they differ. */
  readonly map: object | null;
  readonly program: Node;
  readonly trace: Trace;
  readonly tokens: Tokens;
}

export type Goal = "module" | "script";
type Language = "js" | "jsx" | "ts" | "tsx";

/** What a project's tsconfig.json says that its syntax means. */
export interface SourceSettings {
  /** Elements are calls of a function that is in scope, or of what a package's `jsx-runtime` exports. */
  readonly jsx?: { readonly factory: string; readonly fragment: string } | { readonly importSource: string };
  /** `older`: decorators are those of before the standard. `described`: and are told the types of what they decorate. */
  readonly decorators?: "older" | "described";
  /** Class fields are assigned, and those without a value are not there. */
  readonly assignsFields?: true;
  /** Imports stay that are used as types only, and do not say so. */
  readonly keepsImports?: true;
}

export function parse(
  source: string,
  {
    id,
    typescript,
    goal = "module",
    settings,
  }: {
    readonly id: string;
    readonly typescript?: boolean;
    readonly goal?: Goal;
    readonly settings?: SourceSettings;
  },
): { parsed: Parsed } | { diagnostics: Diagnostic[] } {
  const language = languageOf(id, typescript);
  let text = source;
  let map: { mappings: string } | null = null;
  if (language !== "js") {
    const stripped = strip(source, id, transformOptions(language, settings));
    const errors = stripped.errors.filter((error) => error.severity === "Error");
    if (errors.length > 0) {
      const bytes = new TextEncoder().encode(source);
      return {
        diagnostics: errors.map((error) => ({
          severity: "error",
          message: error.message,
          id,
          ...placeOfByte(bytes, error.labels[0]?.start ?? 0),
          ...(error.helpMessage ? { hint: error.helpMessage } : hintFor(error.message)),
        })),
      };
    }
    text = stripped.code;
    map = (stripped.map as { mappings: string } | undefined) ?? null;
  }
  const trace: Trace = map === null ? (line, column) => ({ line, column }) : tracer(map.mappings);
  const tokens = new Tokens(text);
  try {
    const program = parseModule(text, {
      ecmaVersion: "latest",
      sourceType: goal,
      locations: true,
      allowHashBang: true,
      onToken: ({ start, end }) => tokens.add(start, end),
      onInsertedSemicolon: (end) => tokens.add(end, end),
    }) as unknown as Node;
    writeOutDatePatterns(program, text);
    const left = language === "js" ? [] : leftOfTypeScript(program, source);
    if (left.length === 0) return { parsed: { id, source, text, map, program, trace, tokens } };
    return {
      diagnostics: left.map(({ node, message, hint }) => {
        const { line, column } = trace(node.loc!.start.line, node.loc!.start.column);
        return { severity: "error", message, hint, id, line, column: column + 1 };
      }),
    };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { loc } = error as SyntaxError & { loc?: { line: number; column: number } };
    const place = trace(loc?.line ?? 1, loc?.column ?? 0);
    const said = error.message.replace(/ \(\d+:\d+\)$/, "");
    const message = said === "Unexpected character '@'" ? "not supported: decorators of the standard" : said;
    return {
      diagnostics: [
        { severity: "error", message, id, line: place.line, column: place.column + 1, ...hintFor(message) },
      ],
    };
  }
}

/** The way round what cannot be supported. */
function hintFor(message: string): { hint?: string } {
  if (message.includes("decorators"))
    return {
      hint: 'call the decorator as a function; if those of before the standard are meant, say "experimentalDecorators": true in tsconfig.json',
    };
  if (message.startsWith("'with'"))
    return { hint: "name the object, or take the properties out of it: const { a, b } = object" };
  return {};
}

/** For the compiler, and for whoever runs the same source plainly. */
export function transformOptions(
  lang: TransformOptions["lang"],
  { jsx, decorators, assignsFields, keepsImports }: SourceSettings = {},
): TransformOptions {
  return {
    ...(lang !== undefined && { lang }),
    sourceType: "module",
    sourcemap: true,
    ...(jsx !== undefined && {
      jsx:
        "factory" in jsx
          ? { runtime: "classic", pragma: jsx.factory, pragmaFrag: jsx.fragment }
          : { runtime: "automatic", importSource: jsx.importSource },
    }),
    ...(decorators !== undefined && {
      decorator: { legacy: true, emitDecoratorMetadata: decorators === "described" },
    }),
    ...(assignsFields === true && { assumptions: { setPublicClassFields: true } }),
    typescript: {
      ...(assignsFields === true && { removeClassFieldsWithoutInitializer: true }),
      ...(keepsImports === true && { onlyRemoveTypeImports: true }),
    },
  };
}

/**
 * `accessor` is made a field and two accessors, as an extension of decorators of the older kind; whose other half is not wanted, since a
 * decorator without a setting means one of the standard.
 */
export function strip(source: string, id: string, options: TransformOptions): TransformResult {
  if (options.decorator === undefined && /\baccessor\b/.test(source)) {
    const made = transformSync(id, source, { ...options, decorator: { legacy: true } });
    if (!made.code.includes("/helpers/decorate")) return made;
  }
  return transformSync(id, source, options);
}

function languageOf(id: string, typescript: boolean | undefined): Language {
  if (/\.tsx$/.test(id)) return "tsx";
  if (/\.jsx$/.test(id)) return "jsx";
  if (typescript ?? /\.[mc]?ts$/.test(id)) return "ts";
  return "js";
}

/** Line and column (both from 1, column in UTF-16 units) of an offset in UTF-8 bytes. */
function placeOfByte(bytes: Uint8Array, offset: number): { line: number; column: number } {
  const before = new TextDecoder().decode(bytes.subarray(0, offset)).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
