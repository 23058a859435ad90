/**
 * Modules of a program and of a task. The *definitions* are code, evaluated once in a process; each task has its own *records*
 * (design L5), and code sees other modules through *views*: objects with a getter for each export, live, as namespaces are. Names that it imports one by one it reads from
 * *readers*, which nobody sees (import-readers.ts).
 *
 * M1. What a name leads to is resolved once for the program (ResolveExport of the specification); views only follow it.
 * M2. Bodies run in the order of evaluation of ES modules. One that awaits is waited for by the modules that import it, not by those
 *     beside it; whoever imports a module that is still being evaluated, or has failed, waits, or fails likewise.
 */
import { UserError } from "../base/errors.ts";
import {
  type ImportedName,
  type ModuleDefinition,
  type ModuleRecord,
  uninitialized,
} from "../protocol/abi.ts";
import type { Bundle, ModuleLink } from "../protocol/bundle.ts";
import { evaluationOrder } from "./evaluation-order.ts";
import { isOfTask } from "./globals.ts";
import { type Binding, type ForeignLink, ImportReader, inCircles } from "./import-readers.ts";
import type { TaskKernel } from "./kernel.ts";
import { DurablePromise } from "./promise.ts";
import { makeLazily, recordPrototype } from "./snapshot/index.ts";

export type Namespace = Readonly<Record<string, unknown>>;

/** From this version of the interface on the namespace of a module is an import of its own. */
const abiOfReaders = 6;

/** A module of which nothing has run yet. */
interface Blank {
  readonly definition: ModuleDefinition;
  readonly links: readonly ModuleLink[];
  /** Of the links from which names are read one by one. */
  readonly readers: readonly (ImportReader | undefined)[];
  /** Of its record. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly meta: ModuleRecord["$meta"];
  /** What it imports, if all of that is the same for all tasks. */
  readonly foreign: readonly Namespace[] | undefined;
}

export class ModuleGraph {
  readonly bundle: Bundle;
  readonly definitions: ReadonlyMap<string, ModuleDefinition>;
  readonly #links: ReadonlyMap<string, readonly ModuleLink[]>;
  readonly #foreign: ReadonlyMap<string, Namespace>;
  /** Why a module that only `import()` names could not be imported: said when it is. */
  readonly #failures: ReadonlyMap<string, UserError>;
  readonly #orders = new Map<string, readonly string[]>();
  readonly #bodies = new Map<string, readonly string[]>();
  readonly #metas = new Map<string, ModuleRecord["$meta"]>();
  readonly #exports = new Map<string, ReadonlyMap<string, Binding>>();
  readonly #readers = new Map<string, ImportReader>();
  #circles: ReadonlySet<string> | undefined;
  readonly #evaluate: (body: string) => unknown;
  #blanks: readonly Blank[] | undefined;

  /** `evaluate` runs the body of a function of `$rt`; `foreign` by `foreignName` of their links. @throws UserError if an import leads nowhere. */
  constructor(
    bundle: Bundle,
    definitions: ReadonlyMap<string, ModuleDefinition>,
    foreign: ReadonlyMap<string, Namespace>,
    evaluate: (body: string) => unknown,
    failures: ReadonlyMap<string, UserError> = new Map(),
  ) {
    this.#evaluate = evaluate;
    this.#failures = failures;
    this.bundle = bundle;
    this.definitions = definitions;
    this.#links = new Map(bundle.modules.map((module) => [module.id, module.links]));
    this.#foreign = foreign;
    for (const definition of definitions.values()) this.#check(definition);
  }

  link(module: string, index: number): ModuleLink {
    const link = this.#links.get(module)?.[index];
    if (link === undefined)
      throw new UserError(
        `the bundle does not say where import ${index} of ${module} leads; compile it again`,
      );
    return link;
  }

  /** Where `import(specifier)` in a module leads. */
  dynamicLink(module: string, specifier: string): ModuleLink | undefined {
    const { dynamic = {} } = this.bundle.modules.find(({ id }) => id === module) ?? {};
    return Object.hasOwn(dynamic, specifier) ? dynamic[specifier] : undefined;
  }

  definition(module: string): ModuleDefinition {
    const definition = this.definitions.get(module);
    if (definition === undefined) throw new UserError(`the bundle has no module ${module}; compile it again`);
    return definition;
  }

  foreignNamespace(link: ForeignLink): Namespace {
    const namespace = this.#foreign.get(foreignName(link));
    if (namespace === undefined)
      throw this.#failures.get(foreignName(link)) ?? new UserError(`${link.name} is not loaded`);
    return namespace;
  }

  /** `import.meta` of a module. */
  meta(module: string): ModuleRecord["$meta"] {
    let meta = this.#metas.get(module);
    if (meta === undefined) {
      const filename = `${this.bundle.root}/${module}`;
      const url = new URL("file:///");
      url.pathname = filename;
      meta = { url: url.href, filename, dirname: filename.slice(0, filename.lastIndexOf("/")) };
      this.#metas.set(module, meta);
    }
    return meta;
  }

  /** What each task begins with: made once, copied by each. */
  get blanks(): readonly Blank[] {
    this.#blanks ??= [...this.definitions.values()].map((definition) => this.#blank(definition));
    return this.#blanks;
  }

  #blank(definition: ModuleDefinition): Blank {
    const links = definition.imports.map((_specifier, index) => this.link(definition.id, index));
    const fields = Object.create(null) as Record<string, unknown>;
    for (const name of ["$k", "$i", "$meta"]) fields[name] = undefined;
    for (const { name, kind } of definition.variables)
      fields[name] = kind === "var" || kind === "function" ? undefined : uninitialized;
    const foreign: Namespace[] = [];
    for (const link of links)
      if (link.kind === "foreign" && !isOfTask(link.name)) foreign.push(this.foreignNamespace(link));
    return {
      definition,
      links,
      readers: links.map((link, index) => this.#reader(definition, link, index)),
      // Written as a copy, the engine keeps even a large one as an object with fields at fixed places.
      fields: { ...fields },
      meta: this.meta(definition.id),
      foreign: foreign.length === links.length ? foreign : undefined,
    };
  }

  /** Modules in the order in which their bodies run, up to and with `entry`. */
  order(entry: string): readonly string[] {
    let order = this.#orders.get(entry);
    if (order === undefined) {
      order = evaluationOrder(entry, (module) => this.dependencies(module));
      this.#orders.set(entry, order);
    }
    return order;
  }

  /** The list of bodies to run up to one: it ends with an empty entry, so that a suspension in the last body has a place after it. */
  bodies(entry: string): readonly string[] {
    let bodies = this.#bodies.get(entry);
    if (bodies === undefined) {
      bodies = [...this.order(entry), ""];
      this.#bodies.set(entry, bodies);
    }
    return bodies;
  }

  dependencies(module: string): string[] {
    const links = this.definition(module).imports.map((_specifier, index) => this.link(module, index));
    return links.flatMap((link) => (link.kind === "compiled" ? [link.id] : []));
  }

  /** The modules that import each other in a circle with this one, itself included. */
  cycleOf(module: string): string[] {
    return [module, ...this.order(module).filter((id) => id !== module && this.order(id).includes(module))];
  }

  /** Names that a module exports, and where they lead; ambiguous ones are left out. */
  exportsOf(module: string): ReadonlyMap<string, Binding> {
    const known = this.#exports.get(module);
    if (known !== undefined) return known;
    const found = new Map<string, Binding>();
    for (const name of this.#names(module, new Set())) {
      const binding = this.#resolve(module, name, new Set());
      if (binding !== undefined && binding !== "ambiguous") found.set(name, binding);
    }
    this.#exports.set(module, found);
    return found;
  }

  /** Of an import whose names are read one by one. Until version 6 of the interface it stood for the namespace as well. */
  #reader(
    { id, imported = [] }: ModuleDefinition,
    link: ModuleLink,
    index: number,
  ): ImportReader | undefined {
    if (link.kind === "foreign" || this.bundle.abi < abiOfReaders || !imported[index]?.length)
      return undefined;
    this.#circles ??= inCircles(
      new Map([...this.definitions.keys()].map((each) => [each, this.dependencies(each)])),
    );
    const checks = this.#circles.has(id);
    const key = checks ? `${link.id} ` : link.id;
    let reader = this.#readers.get(key);
    if (reader === undefined) {
      reader = new ImportReader(this.exportsOf(link.id), checks, this.#evaluate);
      this.#readers.set(key, reader);
    }
    return reader;
  }

  #names(module: string, seen: Set<string>): Set<string> {
    if (seen.has(module)) return new Set();
    seen.add(module);
    const definition = this.definition(module);
    const names = new Set([
      ...Object.keys(definition.exports),
      ...definition.reexports.map(({ name }) => name),
    ]);
    for (const star of definition.stars) {
      const link = this.link(module, star);
      const more =
        link.kind === "foreign" ? Object.keys(this.foreignNamespace(link)) : this.#names(link.id, seen);
      for (const name of more) if (name !== "default") names.add(name);
    }
    return names;
  }

  /** ResolveExport. */
  #resolve(module: string, name: string, seen: Set<string>): Binding | "ambiguous" | undefined {
    const step = `${module}#${name}`;
    if (seen.has(step)) return undefined;
    seen.add(step);
    const definition = this.definition(module);
    if (Object.hasOwn(definition.exports, name))
      return { kind: "variable", module, field: definition.exports[name]! };
    const reexport = definition.reexports.find((each) => each.name === name);
    if (reexport !== undefined) {
      const link = this.link(module, reexport.from);
      return reexport.imported === "*"
        ? { kind: "namespace", link }
        : this.#resolveLink(link, reexport.imported, seen);
    }
    if (name === "default") return undefined;
    let found: Binding | undefined;
    for (const star of definition.stars) {
      const binding = this.#resolveLink(this.link(module, star), name, seen);
      if (binding === "ambiguous") return binding;
      if (binding === undefined) continue;
      if (found !== undefined && !sameBinding(found, binding)) return "ambiguous";
      found = binding;
    }
    return found;
  }

  #resolveLink(link: ModuleLink, name: string, seen: Set<string>): Binding | "ambiguous" | undefined {
    if (link.kind === "compiled") return this.#resolve(link.id, name, seen);
    const namespace = this.foreignNamespace(link);
    return name in namespace ? { kind: "foreign", link, name } : undefined;
  }

  /**
   * In TypeScript `export { T } from "./types.ts"` may name a type, of which nothing is left: a name that the other module's text has, or one of a package.
   * Whoever then imports it as a value is told.
   */
  #isType(module: string, link: ModuleLink, name: string, seen: ReadonlySet<string> = new Set()): boolean {
    if (!typescript.test(module) || seen.has(module)) return false;
    if (link.kind === "foreign") return link.path !== undefined;
    const { source = "", links = [] } = this.bundle.modules.find(({ id }) => id === link.id) ?? {};
    if (typescript.test(link.id) && source.split(/[^\w$]+/).includes(name)) return true;
    const { stars } = this.definition(link.id);
    return stars.some((star) => this.#isType(link.id, links[star]!, name, new Set([...seen, module])));
  }

  #check(definition: ModuleDefinition): void {
    const missing = (name: string, index: number, at?: ImportedName): UserError =>
      new UserError(
        `${definition.id}${at === undefined ? "" : `:${at.line}:${at.column + 1}`} imports "${name}" from "${definition.imports[index]}", which exports no such name; check its spelling`,
      );
    for (const { name, from, imported } of definition.reexports) {
      if (imported === "*") continue;
      const binding = this.#resolve(definition.id, name, new Set());
      if (binding === undefined && this.#isType(definition.id, this.link(definition.id, from), imported))
        continue;
      if (binding === undefined || binding === "ambiguous") throw missing(imported, from);
    }
    for (const [index, names] of (definition.imported ?? []).entries()) {
      for (const imported of names) {
        const binding = this.#resolveLink(this.link(definition.id, index), imported.name, new Set());
        if (binding === undefined || binding === "ambiguous") throw missing(imported.name, index, imported);
      }
    }
  }
}

const typescript = /\.[cm]?tsx?$/;

function sameBinding(one: Binding, other: Binding): boolean {
  if (one.kind === "variable" && other.kind === "variable")
    return one.module === other.module && one.field === other.field;
  if (one.kind === "foreign" && other.kind === "foreign")
    return foreignName(one.link) === foreignName(other.link) && one.name === other.name;
  return false;
}

/** How values of a foreign module are named in snapshots. */
export function foreignName(link: ForeignLink): string {
  return link.path ?? link.name;
}

const none: readonly never[] = [];

/** The modules of one task. */
export class TaskModules {
  readonly graph: ModuleGraph;
  readonly #kernel: TaskKernel;
  /** Most tasks are over before anybody asks for one of these. */
  #views: Map<string, Namespace> | undefined;
  #imported: Map<ImportReader, Namespace> | undefined;
  #viewNames: Map<object, string> | undefined;
  #moduleOf: ReadonlyMap<object, string> | undefined;
  /** Modules whose bodies have begun to run, or wait for what they import. */
  readonly evaluated = new Set<string>();
  /** Those of them whose evaluation has not ended in order: the promise of its end. */
  #evaluations: Map<string, DurablePromise> | undefined;

  constructor(graph: ModuleGraph, kernel: TaskKernel) {
    this.graph = graph;
    this.#kernel = kernel;
    for (const blank of graph.blanks) this.#createRecord(blank);
    for (const { definition, links, readers, foreign } of graph.blanks) {
      if (foreign !== undefined) continue;
      const sources = links.map((link, index) => {
        const reader = readers[index];
        return reader === undefined ? this.namespace(link) : this.#read(reader);
      });
      (kernel.records.get(definition.id) as { $i: readonly Namespace[] }).$i = sources;
    }
  }

  #read(reader: ImportReader): Namespace {
    let known = this.#imported?.get(reader);
    if (known !== undefined) return known;
    known = reader.of({
      records: this.#kernel.records,
      namespace: (each: ModuleLink) => this.namespace(each),
    });
    this.#imported ??= new Map();
    this.#imported.set(reader, known);
    return known;
  }

  /** Creates the closures of hoisted functions; not done after a thaw, where they come with the snapshot. */
  instantiate(): void {
    for (const definition of this.graph.definitions.values()) {
      definition.instantiate(this.#kernel.records.get(definition.id)!);
    }
  }

  /**
   * Makes modules ready that the task has not had until now, since it was moved to another version of its program: all but these records. Answers those that what
   * has been evaluated imports, in the order in which their bodies are to run.
   */
  add(had: readonly object[]): readonly string[] {
    const known = new Set(had);
    const added = new Set<string>();
    for (const [id, record] of this.#kernel.records) if (!known.has(record)) added.add(id);
    if (added.size === 0) return none;
    for (const id of added) this.graph.definition(id).instantiate(this.#kernel.records.get(id)!);
    const order = new Set([...this.evaluated].flatMap((id) => this.graph.order(id)));
    return [...order].filter((id) => added.has(id));
  }

  /**
   * Gives a module that was upgraded the variables that a snapshot does not know: hoisted functions, and others by their initialisers, when they are
   * looked at first.
   */
  complete(module: string, known: ReadonlySet<string>): void {
    const definition = this.graph.definition(module);
    const record = this.#kernel.records.get(module)!;
    const missing = definition.variables.filter(({ name }) => !known.has(name));
    if (missing.some(({ kind }) => kind === "function")) {
      const before = new Map(
        [...known].map((name) => [name, Object.getOwnPropertyDescriptor(record, name)!]),
      );
      definition.instantiate(record);
      for (const [name, property] of before) Object.defineProperty(record, name, property);
    }
    for (const { name, again } of missing) if (again !== undefined) makeLazily(record, name, again, module);
  }

  /** The promise of a module whose evaluation has not ended, or has failed. */
  evaluationOf(module: string): DurablePromise | undefined {
    const promise = this.#evaluations?.get(module);
    if (promise === undefined || DurablePromise.stateOf(promise) !== "fulfilled") return promise;
    this.#evaluations?.delete(module);
    return undefined;
  }

  setEvaluation(module: string, promise: DurablePromise): void {
    DurablePromise.markHandled(promise);
    this.#evaluations ??= new Map();
    this.#evaluations.set(module, promise);
  }

  evaluations(): [module: string, promise: DurablePromise][] {
    return [...(this.#evaluations ?? [])].filter(([module]) => this.evaluationOf(module) !== undefined);
  }

  /** What a module has to wait for before its body can run. @throws what one that it imports has thrown. */
  awaitedBy(module: string): readonly DurablePromise[] {
    if (this.#evaluations === undefined || this.#evaluations.size === 0) return none;
    // Whoever imports one of a circle from outside waits for all of it.
    const imported = this.graph.dependencies(module).flatMap((id) => {
      const cycle = this.graph.cycleOf(id);
      return cycle.includes(module) ? [id] : cycle;
    });
    const found = imported.flatMap((id) => this.evaluationOf(id) ?? []);
    const failed = found.find((promise) => DurablePromise.stateOf(promise) === "rejected");
    if (failed !== undefined) throw DurablePromise.valueOf(failed);
    return [...new Set(found)];
  }

  namespace(link: ModuleLink): Namespace {
    if (link.kind === "compiled") return this.view(link.id);
    return this.#kernel.taskGlobals.exportsOf(link.name) ?? this.graph.foreignNamespace(link);
  }

  view(module: string): Namespace {
    const known = this.#views?.get(module);
    if (known !== undefined) return known;
    this.#views ??= new Map();
    this.#viewNames ??= new Map();
    const view = Object.create(null) as Record<PropertyKey, unknown>;
    this.#views.set(module, view as Namespace);
    this.#viewNames.set(view, module);
    const bindings = this.graph.exportsOf(module);
    for (const name of [...bindings.keys()].sort()) {
      Object.defineProperty(view, name, { get: this.#getter(name, bindings.get(name)!), enumerable: true });
    }
    Object.defineProperty(view, Symbol.toStringTag, { value: "Module" });
    return Object.preventExtensions(view) as Namespace;
  }

  viewName(view: object): string | undefined {
    return this.#viewNames?.get(view);
  }

  moduleOfRecord(record: object): string | undefined {
    this.#moduleOf ??= new Map([...this.#kernel.records].map(([id, each]) => [each, id]));
    return this.#moduleOf.get(record);
  }

  /** What a module exports under a name; `undefined` if it is nothing. */
  exported(module: string, name: string): unknown {
    const binding = this.graph.exportsOf(module).get(name);
    return binding && this.#getter(name, binding)();
  }

  #getter(name: string, binding: Binding): () => unknown {
    switch (binding.kind) {
      case "variable": {
        const record = this.#kernel.records.get(binding.module)!;
        const { field } = binding;
        return () => {
          const value = record[field];
          if (value === uninitialized)
            throw new ReferenceError(`Cannot access '${name}' before initialization`);
          return value;
        };
      }
      case "foreign": {
        const namespace = this.namespace(binding.link);
        return () => namespace[binding.name];
      }
      case "namespace":
        return () => this.namespace(binding.link);
    }
  }

  #createRecord({ definition: { id }, fields, meta, foreign }: Blank): void {
    const copy: Record<string, unknown> = { ...fields };
    copy.$k = this.#kernel;
    copy.$i = foreign;
    copy.$meta = { ...meta };
    const record = Object.setPrototypeOf(copy, recordPrototype) as ModuleRecord;
    this.#kernel.records.set(id, record);
  }
}
