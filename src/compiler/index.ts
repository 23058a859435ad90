/**
 * The compiler: one module of JavaScript or TypeScript in, the same program in a form whose state can be written down at any
 * `await` out. Pure: files, module resolution and hashing are handed in.
 *
 * 1-parse    types stripped, ESTree
 * 2-analyze  scopes, captured variables, suspension points, where every variable lives
 * 3-lower    ESTree to ESTree: functions over explicit environments, suspendable bodies that can be entered anew
 * 4-print    text and a map back to the source as written
 *
 * I1. What compiles means what the source means; what cannot be kept is a diagnostic with its place and a way round.
 * I2. What contains no suspension keeps its shape.
 * I3. Compiled code and runtime share protocol/abi.ts and nothing else.
 */
export { type SourceSettings, strip, transformOptions } from "./1-parse/parse.ts";
export type { Held, HeldVariable, HeldVariables } from "./3-lower/held.ts";
export {
  type BundleHost,
  type BundleOptions,
  type BundleResult,
  bundle,
  type KeptModules,
} from "./bundle.ts";
export { type Compiled, type CompileOptions, compile } from "./compile.ts";
export { type Diagnostic, formatDiagnostic } from "./diagnostic.ts";
export { helperModules } from "./helper-modules.ts";
