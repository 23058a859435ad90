/**
 * A bundle is a compiled program: what a task needs to go on in another process, next year. Its hash is the version.
 */
import type { Version } from "../base/ids.ts";

export interface BundledModule {
  /** Path below the project's root, with `/`. */
  readonly id: string;
  /** Compiled text: the body of a strict function of `$rt` (see abi.ts). */
  readonly code: string;
  /** Source map (version 3, JSON) from `code` to `source`. */
  readonly map: string;
  /** The source as written, so that a newer compiler can compile it again. */
  readonly source: string;
  /** Where each import leads: the id of a compiled module, or a foreign one. Same order as the definition's `imports`. */
  readonly links: readonly ModuleLink[];
  /** Where the specifiers of its `import("…")` lead. */
  readonly dynamic?: Readonly<Record<string, ModuleLink>>;
}

export type ModuleLink =
  | { readonly kind: "compiled"; readonly id: string }
  /**
   * `name` is the specifier as written; it is how values of the module are named in snapshots. `path` is where it was found: a path
   * below the project's root, or absent for what the worker resolves itself (`node:fs`, `continua`).
   */
  | { readonly kind: "foreign"; readonly name: string; readonly path?: string };

/** A package whose code runs as it is, and what it was when the program was compiled (design H17). */
export interface ForeignPackage {
  readonly name: string;
  readonly version: string;
  /** Of its folder, below the project's root. */
  readonly path: string;
}

export interface Bundle {
  readonly abi: number;
  /** Hash of all that follows, in hex. */
  readonly version: Version;
  /** Id of the module whose default export is the program. */
  readonly entry: string;
  /** Absolute path of the project's root at the time of compiling; foreign paths are below it. */
  readonly root: string;
  readonly nodeMajor: number;
  /** Of its foreign modules; absent: it has none, or was made before they were noted. */
  readonly packages?: readonly ForeignPackage[];
  readonly modules: readonly BundledModule[];
}
