/**
 * What there is to say of a program before it runs: what does not compile, what is likely not meant, and, where types are known, which variables hold
 * across an await what cannot be saved. For `continua check` and for editors.
 */
import { join } from "node:path";
import type { Diagnostic } from "../compiler/diagnostic.ts";
import type { Held } from "../compiler/index.ts";
import type { SourcePosition } from "../protocol/abi.ts";
import { compileWithAdvice, type Project } from "./project.ts";
import {
  isOfLanguage,
  isOfPackage,
  type NamedType,
  openTypeAdviser,
  type TypeAdviser,
} from "./type-adviser.ts";

export interface Problems {
  /** 0 if there are compile errors. */
  readonly modules: number;
  /** Whether types were looked at. */
  readonly types: boolean;
  /** In the order of modules and lines. */
  readonly problems: readonly Diagnostic[];
  /** By module id. */
  readonly sources: ReadonlyMap<string, string>;
}

export interface Looking {
  /** Texts that are not on the disk yet, by absolute path; types are not asked of those. */
  readonly unsaved?: ReadonlyMap<string, string>;
  readonly withTypes: boolean;
}

export async function problemsOf(project: Project, { unsaved, withTypes }: Looking): Promise<Problems> {
  const { root } = project;
  const { bundle, diagnostics, advice, held, sources } = await compileWithAdvice(project, unsaved);
  const problems = [...diagnostics, ...advice()];
  const adviser = bundle === undefined || !withTypes ? undefined : await openTypeAdviser(root);
  try {
    if (adviser !== undefined) {
      const modules = [...held()].filter(([id]) => unsaved?.has(join(root, id)) !== true);
      const looks = modules.map(([id, of]) => new Look(root, id, sources.get(id) ?? "", of, adviser));
      const registered = new Set(looks.flatMap((look) => look.registered()));
      for (const look of looks) problems.push(...look.problems(registered));
    }
  } finally {
    adviser?.close();
  }
  problems.sort((a, b) => (a.id === b.id ? a.line - b.line || a.column - b.column : a.id < b.id ? -1 : 1));
  return { modules: bundle?.modules.length ?? 0, types: adviser !== undefined, problems, sources };
}

/** A variable, where it is held, and how that is told. */
interface Holding {
  readonly place: SourcePosition;
  readonly tell: (what: string) => string;
  /** Where it is held. */
  readonly at?: SourcePosition;
  /** A constant of a module: it is made again if it is foreign itself. */
  readonly isConstant: boolean;
}

/** A module under the eyes of an adviser. */
class Look {
  readonly #id: string;
  readonly #path: string;
  readonly #source: string;
  readonly #held: Held;
  readonly #adviser: TypeAdviser;
  readonly #lineStarts: readonly number[];

  constructor(root: string, id: string, source: string, held: Held, adviser: TypeAdviser) {
    this.#id = id;
    this.#path = join(root, id);
    this.#source = source;
    this.#held = held;
    this.#adviser = adviser;
    this.#lineStarts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)];
  }

  /** The classes that the module registers: their names, and as {@link keyOf} writes them. */
  registered(): string[] {
    const offsets = this.#held.registered.map((place) => this.#offset(place));
    return this.#adviser
      .typesAt(this.#path, offsets)
      .flatMap(([type]) => (type ? [keyOf(type), type.name] : []));
  }

  problems(registered: ReadonlySet<string>): Diagnostic[] {
    const holdings = this.#holdings();
    const offsets = [...holdings.keys()];
    const types = this.#adviser.typesAt(this.#path, offsets);
    return offsets.flatMap((offset, index) => {
      const { place, tell, at, isConstant } = holdings.get(offset)!;
      const isRegistered = (type: NamedType): boolean =>
        registered.has(keyOf(type)) || (type.baseOf !== undefined && registered.has(type.baseOf));
      const found = (types[index] ?? []).filter((type) => !isRegistered(type));
      const [first] = found;
      if (isConstant && first !== undefined && verdictOf(first) !== "yes" && first.path === "") return [];
      const culprit =
        found.find((type) => verdictOf(type) === "no") ?? found.find((type) => verdictOf(type) === "maybe");
      if (culprit === undefined) return [];
      const isSure = verdictOf(culprit) === "no";
      const { line, column } = place;
      return [
        {
          severity: isSure ? "error" : "warning",
          rule: "not-saveable",
          message: `${tell(shown(culprit))}, and ${isSure ? "cannot" : "most likely cannot"} be saved`,
          ...{ id: this.#id, line, column: column + 1 },
          hint: hintFor(culprit),
          ...(at && { related: [{ message: "it is held here", line: at.line, column: at.column + 1 }] }),
        },
      ];
    });
  }

  /** By offset: the first place at which a variable is held stands for all. */
  #holdings(): Map<number, Holding> {
    const holdings = new Map<number, Holding>();
    const names = new Set<string>();
    const add = (place: SourcePosition, holding: Omit<Holding, "place">): void => {
      const offset = this.#offset(place);
      if (!holdings.has(offset)) holdings.set(offset, { place, ...holding });
    };
    for (const { function: of, at, variables, iterated } of this.#held.functions) {
      const where = `${at.line}:${at.column + 1}`;
      for (const { name, declaredAt } of variables) {
        if (iterated === true && names.has(`${of} ${name}`)) continue;
        names.add(`${of} ${name}`);
        const during = this.#source.startsWith("await", this.#offset(at)) ? "await" : "turn of the loop";
        const tell = (what: string): string =>
          iterated === true
            ? `the iterator of ${name}${what} in ${of} is held across the turns of the loop at ${where}`
            : `${name}${what} in ${of} is held across the ${during} at ${where}`;
        add(declaredAt, { tell, at, isConstant: false });
      }
    }
    for (const { name, declaredAt, isConstant } of this.#held.module) {
      const tell = (what: string): string =>
        `${name}${what} is a variable of the module, which is saved at every await`;
      add(declaredAt, { tell, isConstant });
    }
    return holdings;
  }

  #offset({ line, column }: SourcePosition): number {
    return (this.#lineStarts[line - 1] ?? 0) + column;
  }
}

function keyOf({ name, files }: NamedType): string {
  return `${name} ${files.join()}`;
}

/** `.ws (WebSocket)`, ` (Own, which extends EventEmitter)` */
function shown({ name, files, path, baseOf }: NamedType): string {
  const [, own = ""] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(files[0] ?? "") ?? [];
  const type = name === "" ? `of ${own}` : name;
  return `${path} (${baseOf === undefined ? type : `${baseOf}, which extends ${type}`})`;
}

function hintFor({ path, isClass }: NamedType): string {
  const first =
    path === "" ? "take what is needed out of it before" : `keep what is needed instead of ${path.slice(1)}`;
  const register = isClass ? ", or register its class with saveable() if its state can be told" : "";
  return `${first}, make it again after, or hold it behind resource(open, close)${register}`;
}

/** Foreign classes and interfaces whose instances are saved, or are the task's own in compiled code. */
const savedForeign: ReadonlySet<string> = new Set([
  ...[
    "Buffer",
    "URL",
    "URLSearchParams",
    "Headers",
    "Request",
    "Response",
    "FormData",
    "TextEncoder",
    "WeakRef",
  ],
  ...[
    "Timeout",
    "Immediate",
    "Timer",
    "AbortController",
    "AbortSignal",
    "Event",
    "EventTarget",
    "CustomEvent",
  ],
  ...["DOMException", "Console", "Process", "ProcessEnv", "Performance", "Crypto", "SubtleCrypto"],
  ...["RegExpExecArray", "RegExpMatchArray", "AsyncLocalStorage", "AsyncResource"],
]);
/** Interfaces and built-in classes whose values belong to the process. */
const unsaved: ReadonlySet<string> = new Set([
  ...["FinalizationRegistry", "FileHandle", "TextDecoder", "Blob", "File", "SegmentIterator"],
  ...[
    "ReadableStream",
    "WritableStream",
    "TransformStream",
    "WebSocket",
    "Worker",
    "MessagePort",
    "BroadcastChannel",
  ],
]);
function verdictOf({ name, isClass, files, acts, baseOf }: NamedType): "yes" | "no" | "maybe" {
  if (baseOf !== undefined && savedForeign.has(baseOf)) return "yes";
  if (unsaved.has(name) && (isOfLanguage(files) || isOfPackage(files))) return "no";
  if (savedForeign.has(name) || isOfLanguage(files) || !isOfPackage(files)) return "yes";
  if (isClass) return "no";
  return acts ? "maybe" : "yes";
}
