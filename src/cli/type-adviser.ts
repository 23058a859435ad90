/**
 * What TypeScript knows of variables, for `continua check`. The compiler never needs it.
 *
 * The project's own `typescript` answers: from version 7 on by its API process (`typescript/sync`, in 7.0 still
 * `typescript/unstable/sync`), one request for all positions of a file; before, by the compiler in this process.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** A class or interface that a variable's type speaks of: itself, a part of a union, a type argument, a base. */
export interface NamedType {
  readonly name: string;
  readonly isClass: boolean;
  /** Where it is declared, absolute paths; lower case on systems that do not tell cases apart. */
  readonly files: readonly string[];
}

export interface TypeAdviser {
  /** For each offset (UTF-16 units) in `file`, the types that the variable there may hold; empty if unknown. */
  typesAt(file: string, offsets: readonly number[]): readonly (readonly NamedType[])[];
  close(): void;
}

/** How deep type arguments and bases are followed: `Map<string, Promise<Socket>[]>` is 3. */
const depthMax = 4;

const symbolFlags = { class: 32, interface: 64 } as const;

/** `undefined` if the project has no `typescript` that can be asked. */
export async function openTypeAdviser(root: string): Promise<TypeAdviser | undefined> {
  const require = createRequire(join(root, "package.json"));
  const load = async (specifier: string): Promise<Record<string, unknown> | undefined> => {
    try {
      return await import(pathToFileURL(require.resolve(specifier)).href);
    } catch {
      return undefined;
    }
  };
  const api = (await load("typescript/sync")) ?? (await load("typescript/unstable/sync"));
  if (api !== undefined) return new ProcessAdviser(api as unknown as ApiModule, root);
  const whole = await load("typescript");
  const ts = (whole?.["default"] ?? whole) as LibraryModule | undefined;
  return ts?.createProgram === undefined ? undefined : new LibraryAdviser(ts);
}

/** What both kinds of type object answer. */
interface AnyType {
  getSymbol(): AnySymbol | undefined;
}
interface AnySymbol {
  readonly name: string;
  readonly flags: number;
}

/** Follows unions, type arguments and bases of `type`. */
function namedTypes<T extends AnyType>(
  type: T | undefined,
  parts: (type: T) => readonly T[],
  filesOf: (type: T) => readonly string[],
): NamedType[] {
  const found = new Map<string, NamedType>();
  const follow = (at: T, depth: number): void => {
    const symbol = at.getSymbol();
    if (symbol !== undefined && (symbol.flags & (symbolFlags.class | symbolFlags.interface)) !== 0) {
      const files = filesOf(at);
      const key = `${symbol.name} ${files.join()}`;
      if (found.has(key)) return;
      found.set(key, { name: symbol.name, isClass: (symbol.flags & symbolFlags.class) !== 0, files });
    }
    if (depth < depthMax) for (const part of parts(at)) follow(part, depth + 1);
  };
  if (type !== undefined) follow(type, 0);
  return [...found.values()];
}

// ---- TypeScript 7 ---------------------------------------------------------------------------------------------------

interface ApiType extends AnyType {
  getSymbol(): (AnySymbol & { readonly declarations: readonly { readonly path: string }[] }) | undefined;
  isUnionType(): boolean;
  isIntersectionType(): boolean;
  isTypeReference(): boolean;
  isClassOrInterface(): boolean;
  getTypes?(): readonly ApiType[];
  getBaseTypes(): readonly ApiType[] | undefined;
}
interface ApiChecker {
  getSymbolAtPosition(file: string, offsets: readonly number[]): (object | undefined)[];
  getTypeOfSymbol(symbols: readonly object[]): (ApiType | undefined)[];
  getTypeArguments(type: ApiType): readonly ApiType[];
}
interface ApiModule {
  readonly API: new (options: {
    readonly cwd: string;
  }) => {
    updateSnapshot(options: { readonly openFiles: readonly string[] }): {
      getDefaultProjectForFile(file: string): { readonly checker: ApiChecker } | undefined;
    };
    close(): void;
  };
}

class ProcessAdviser implements TypeAdviser {
  readonly #api: InstanceType<ApiModule["API"]>;

  constructor({ API }: ApiModule, cwd: string) {
    this.#api = new API({ cwd });
  }

  typesAt(file: string, offsets: readonly number[]): NamedType[][] {
    const checker = this.#api.updateSnapshot({ openFiles: [file] }).getDefaultProjectForFile(file)?.checker;
    if (checker === undefined || offsets.length === 0) return offsets.map(() => []);
    const symbols = checker.getSymbolAtPosition(file, offsets);
    const known = symbols.filter((symbol) => symbol !== undefined);
    const types = known.length === 0 ? [] : checker.getTypeOfSymbol(known);
    const parts = (type: ApiType): readonly ApiType[] => {
      if (type.isUnionType() || type.isIntersectionType()) return type.getTypes?.() ?? [];
      const args = type.isTypeReference() ? checker.getTypeArguments(type) : [];
      return type.isClassOrInterface() ? [...args, ...(type.getBaseTypes() ?? [])] : args;
    };
    const filesOf = (type: ApiType): string[] => type.getSymbol()?.declarations.map(({ path }) => path) ?? [];
    return symbols.map((symbol) =>
      symbol === undefined ? [] : namedTypes(types[known.indexOf(symbol)], parts, filesOf),
    );
  }

  close(): void {
    this.#api.close();
  }
}

// ---- TypeScript before 7 --------------------------------------------------------------------------------------------

interface LibraryType extends AnyType {
  getSymbol():
    | (AnySymbol & {
        readonly declarations?: readonly { getSourceFile(): { readonly fileName: string } }[];
      })
    | undefined;
  readonly types?: readonly LibraryType[];
  getBaseTypes?(): readonly LibraryType[] | undefined;
  isClassOrInterface(): boolean;
}
interface LibraryModule {
  readonly createProgram?: (
    files: readonly string[],
    options: object,
  ) => {
    getSourceFile(file: string): object | undefined;
    getTypeChecker(): {
      getTypeAtLocation(node: object): LibraryType;
      getTypeArguments(type: LibraryType): readonly LibraryType[];
    };
  };
  getTokenAtPosition?(file: object, offset: number): object;
}

class LibraryAdviser implements TypeAdviser {
  readonly #ts: LibraryModule;

  constructor(ts: LibraryModule) {
    this.#ts = ts;
  }

  typesAt(file: string, offsets: readonly number[]): NamedType[][] {
    const options = {
      allowJs: true,
      strict: true,
      target: 99,
      module: 199,
      moduleResolution: 99,
      noEmit: true,
    };
    const program = this.#ts.createProgram!([file], { ...options, allowImportingTsExtensions: true });
    const source = program.getSourceFile(file);
    const { getTokenAtPosition } = this.#ts;
    if (source === undefined || getTokenAtPosition === undefined) return offsets.map(() => []);
    const checker = program.getTypeChecker();
    const parts = (type: LibraryType): readonly LibraryType[] => {
      if (type.types !== undefined) return type.types;
      const args = "target" in type ? checker.getTypeArguments(type) : [];
      return type.isClassOrInterface() ? [...args, ...(type.getBaseTypes?.() ?? [])] : args;
    };
    const filesOf = (type: LibraryType): string[] =>
      type.getSymbol()?.declarations?.map((declaration) => declaration.getSourceFile().fileName) ?? [];
    return offsets.map((offset) =>
      namedTypes(checker.getTypeAtLocation(getTokenAtPosition(source, offset)), parts, filesOf),
    );
  }

  close(): void {}
}
