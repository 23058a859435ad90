/**
 * What TypeScript knows of variables, for `continua check`. The compiler never needs it.
 *
 * The project's own `typescript` answers: from version 7 on by its API process (`typescript/sync`, in 7.0 still
 * `typescript/unstable/sync`), one request for all positions of a file; before, by the compiler in this process.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** What a variable's type speaks of: itself, a part of a union, a type argument, a base, a property. */
export interface NamedType {
  /** Empty of a type without one. */
  readonly name: string;
  readonly isClass: boolean;
  /** Where it is declared, absolute paths; lower case on systems that do not tell cases apart. */
  readonly files: readonly string[];
  /** The properties that lead to it, `.connection.socket`. */
  readonly path: string;
  /** The class of which it is a base. */
  readonly baseOf?: string;
  /** It can be called, or has methods. */
  readonly acts: boolean;
}

export interface TypeAdviser {
  /** For each offset (UTF-16 units) in `file`, the types that the variable there may hold; empty if unknown. */
  typesAt(file: string, offsets: readonly number[]): readonly (readonly NamedType[])[];
  close(): void;
}

/** How deep type arguments, bases and properties are followed: `Map<string, Promise<Socket>[]>` is 3. */
const depthMax = 4;
/** How many types are looked at for one variable, and properties of one to see whether it has methods. */
const typesMax = 200;
const propertiesMax = 20;
/** The package itself: its handles are saved, whatever they are handles of. */
const ownTypes = fileURLToPath(new URL("../../", import.meta.url)).toLowerCase();

const symbolFlags = { class: 32, interface: 64, literal: 2048, method: 8192 } as const;

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

interface AnySymbol {
  readonly name: string;
  readonly flags: number;
}

/** What both kinds of checker tell of a type. */
interface Teller<T> {
  symbolOf(type: T): (AnySymbol & { readonly files: readonly string[] }) | undefined;
  /** Members of a union, arguments. */
  parts(type: T): readonly T[];
  bases(type: T): readonly T[];
  properties(type: T): readonly { readonly name: string; readonly isMethod: boolean; readonly type: T }[];
  isCallable(type: T): boolean;
}

export function isOfPackage(files: readonly string[]): boolean {
  return files.some((file) => file.includes("/node_modules/"));
}

/** Types of the language itself say by their names what they are. */
export function isOfLanguage(files: readonly string[]): boolean {
  return files.some((file) => /(^|\/)lib\.[\w.]*d\.ts$/.test(file));
}

/** Follows unions, arguments and bases of `type`, and the properties of what the program declares and of data that packages describe. */
function namedTypes<T>(type: T | undefined, teller: Teller<T>): NamedType[] {
  const found = new Map<string, NamedType>();
  let left = typesMax;
  const follow = (at: T, depth: number, path: string, baseOf?: string): void => {
    if (left-- <= 0) return;
    const symbol = teller.symbolOf(at);
    const flags = symbol?.flags ?? 0;
    let within = false;
    if (
      symbol !== undefined &&
      (flags & (symbolFlags.class | symbolFlags.interface | symbolFlags.literal)) !== 0
    ) {
      const { files } = symbol;
      if (files.some((file) => file.toLowerCase().startsWith(ownTypes) && !isOfPackage([file]))) return;
      const name = (flags & symbolFlags.literal) === 0 ? symbol.name : "";
      const key = name === "" ? `${path} ${depth}` : `${name} ${files.join()}`;
      if (found.has(key)) return;
      const isClass = (flags & symbolFlags.class) !== 0;
      const foreign = isOfPackage(files);
      const isData = !isClass && !isOfLanguage(files);
      const properties = isData || !foreign ? teller.properties(at) : [];
      const isFunction = (property: (typeof properties)[number]): boolean =>
        property.isMethod || (foreign && teller.isCallable(property.type));
      const acts = teller.isCallable(at) || properties.slice(0, propertiesMax).some(isFunction);
      found.set(key, { name, isClass, files, path, acts, ...(baseOf !== undefined && { baseOf }) });
      within = !isOfLanguage(files) && (!foreign || (isData && !acts));
      if (within && depth < depthMax)
        for (const each of properties)
          if (!each.isMethod) follow(each.type, depth + 1, `${path}.${each.name}`);
    }
    if (depth >= depthMax) return;
    for (const part of teller.parts(at)) follow(part, depth + 1, path);
    for (const base of teller.bases(at)) follow(base, depth + 1, path, baseOf ?? symbol?.name);
  };
  if (type !== undefined) follow(type, 0, "");
  return [...found.values()];
}

// ---- TypeScript 7 ---------------------------------------------------------------------------------------------------

interface ApiType {
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
  getPropertiesOfType(type: ApiType): readonly AnySymbol[];
  getSignaturesOfType(type: ApiType, kind: number): readonly object[];
}
interface ApiModule {
  readonly API: new (options: {
    readonly cwd: string;
    readonly fs?: FileCallbacks;
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
    const config = configFor(cwd);
    this.#api = new API({ cwd, ...(config !== undefined && { fs: config }) });
  }

  typesAt(file: string, offsets: readonly number[]): NamedType[][] {
    const checker = this.#api.updateSnapshot({ openFiles: [file] }).getDefaultProjectForFile(file)?.checker;
    if (checker === undefined || offsets.length === 0) return offsets.map(() => []);
    const symbols = checker.getSymbolAtPosition(file, offsets);
    const known = symbols.filter((symbol) => symbol !== undefined);
    const types = known.length === 0 ? [] : checker.getTypeOfSymbol(known);
    const teller = tellerOf(checker);
    return symbols.map((symbol) =>
      symbol === undefined ? [] : namedTypes(types[known.indexOf(symbol)], teller),
    );
  }

  close(): void {
    this.#api.close();
  }
}

/** `undefined`: as it is on the disk. */
interface FileCallbacks {
  fileExists(name: string): boolean | undefined;
  readFile(name: string): string | undefined;
}

/**
 * Where no file says how a program is to be understood, this one does: without it, TypeScript knows nothing of what Node provides, and whatever comes
 * from there would pass for something that can be saved.
 */
function configFor(root: string): FileCallbacks | undefined {
  for (let folder = root; ; folder = dirname(folder)) {
    if (["tsconfig.json", "jsconfig.json"].some((name) => existsSync(join(folder, name)))) return undefined;
    if (dirname(folder) === folder) break;
  }
  const place = join(root, "tsconfig.json").replaceAll("\\", "/");
  const compilerOptions = {
    ...{ strict: true, target: "esnext", module: "nodenext", allowJs: true, noEmit: true },
    ...{ allowImportingTsExtensions: true, skipLibCheck: true, types: ["*"] },
  };
  const text = JSON.stringify({ compilerOptions });
  return {
    fileExists: (name) => (name === place ? true : undefined),
    readFile: (name) => (name === place ? text : undefined),
  };
}

function tellerOf(checker: ApiChecker): Teller<ApiType> {
  return {
    symbolOf(type) {
      const symbol = type.getSymbol();
      if (symbol === undefined) return undefined;
      const { name, flags, declarations } = symbol;
      return { name, flags, files: declarations.map(({ path }) => path) };
    },
    parts(type) {
      if (type.isUnionType() || type.isIntersectionType()) return type.getTypes?.() ?? [];
      return type.isTypeReference() ? checker.getTypeArguments(type) : [];
    },
    bases: (type) => (type.isClassOrInterface() ? (type.getBaseTypes() ?? []) : []),
    properties(type) {
      const symbols = checker.getPropertiesOfType(type);
      const types = symbols.length === 0 ? [] : checker.getTypeOfSymbol(symbols);
      return symbols.flatMap(({ name, flags }, index) => {
        const each = types[index];
        return each === undefined ? [] : [{ name, isMethod: (flags & symbolFlags.method) !== 0, type: each }];
      });
    },
    isCallable: (type) => checker.getSignaturesOfType(type, 0).length > 0,
  };
}

// ---- TypeScript before 7 --------------------------------------------------------------------------------------------

interface LibraryType {
  getSymbol():
    | (AnySymbol & {
        readonly declarations?: readonly { getSourceFile(): { readonly fileName: string } }[];
      })
    | undefined;
  readonly types?: readonly LibraryType[];
  getBaseTypes?(): readonly LibraryType[] | undefined;
  isClassOrInterface(): boolean;
  getCallSignatures(): readonly object[];
  getProperties(): readonly AnySymbol[];
}
interface LibraryModule {
  readonly createProgram?: (
    files: readonly string[],
    options: object,
  ) => {
    getSourceFile(file: string): object | undefined;
    getTypeChecker(): {
      getTypeAtLocation(node: object): LibraryType;
      getTypeOfSymbol(symbol: AnySymbol): LibraryType;
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
    const teller: Teller<LibraryType> = {
      symbolOf(type) {
        const symbol = type.getSymbol();
        if (symbol === undefined) return undefined;
        const files = symbol.declarations?.map((declaration) => declaration.getSourceFile().fileName) ?? [];
        return { name: symbol.name, flags: symbol.flags, files };
      },
      parts: (type) => type.types ?? ("target" in type ? checker.getTypeArguments(type) : []),
      bases: (type) => (type.isClassOrInterface() ? (type.getBaseTypes?.() ?? []) : []),
      properties: (type) =>
        type.getProperties().map((symbol) => ({
          name: symbol.name,
          isMethod: (symbol.flags & symbolFlags.method) !== 0,
          type: checker.getTypeOfSymbol(symbol),
        })),
      isCallable: (type) => type.getCallSignatures().length > 0,
    };
    return offsets.map((offset) =>
      namedTypes(checker.getTypeAtLocation(getTokenAtPosition(source, offset)), teller),
    );
  }

  close(): void {}
}
