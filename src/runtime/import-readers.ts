/**
 * Where compiled code reads what it imports: `$m.$i[0].x` asks an object that has a getter for each name that the other module exports.
 *
 * ```js
 * function Reader(records, spaces, namespace) { this["record 0"] = records[0]; … }
 * Reader.prototype = { __proto__: null, get "x"() { const value = this["record 0"]["x"]; return value === $u ? $rt.deadZone("x") : value; } };
 * ```
 *
 * R1. The getters are code of the module that exports, made once in a process, and the readers of all tasks have one shape: so the engine puts them into
 *     whoever reads, and an import costs what a variable of the own module does. (Through the namespace that programs see, where each task has getters of
 *     its own, it took 20 ns.)
 * R2. A binding is live, and what is not initialised yet throws, as by the namespace. Only a module in a circle of imports can be entered before what it
 *     imports has run: for all others the getters do not ask, since a branch that is never taken keeps the engine from peeling the loop around it
 *     (compiler, polls.ts).
 */
import type { ModuleRecord } from "../protocol/abi.ts";
import type { ModuleLink } from "../protocol/bundle.ts";

export type ForeignLink = ModuleLink & { kind: "foreign" };

/** Where a name that a module exports leads. */
export type Binding =
  | { readonly kind: "variable"; readonly module: string; readonly field: string }
  | { readonly kind: "foreign"; readonly link: ForeignLink; readonly name: string }
  | { readonly kind: "namespace"; readonly link: ModuleLink };

type Space = Readonly<Record<string, unknown>>;

/** What a reader of a task is made of. */
export interface ReaderSource {
  readonly records: ReadonlyMap<string, ModuleRecord>;
  namespace(link: ModuleLink): Space;
}

type Reader = new (
  records: readonly ModuleRecord[],
  spaces: readonly Space[],
  namespace: (index: number) => Space,
) => Space;

export class ImportReader {
  readonly #type: Reader;
  readonly #modules: readonly string[];
  readonly #foreign: readonly ForeignLink[];
  readonly #whole: readonly ModuleLink[];

  /** `checks`: what it reads may not be initialised yet. `evaluate` runs the body of a function of `$rt`. */
  constructor(bindings: ReadonlyMap<string, Binding>, checks: boolean, evaluate: (body: string) => unknown) {
    const modules = new Set<string>();
    const foreign: ForeignLink[] = [];
    const whole: ModuleLink[] = [];
    const getters: string[] = [];
    for (const [name, binding] of bindings) {
      if (binding.kind === "variable") modules.add(binding.module);
      const key = JSON.stringify(name);
      getters.push(`get ${key}() { ${text(key, binding)} }`);
    }
    function text(key: string, binding: Binding): string {
      switch (binding.kind) {
        case "variable": {
          const record = [...modules].indexOf(binding.module);
          const value = `this["record ${record}"][${JSON.stringify(binding.field)}]`;
          return checks
            ? `const value = ${value}; return value === $u ? $rt.deadZone(${key}) : value;`
            : `return ${value};`;
        }
        case "foreign":
          return `return this["space ${foreign.push(binding.link) - 1}"][${JSON.stringify(binding.name)}];`;
        case "namespace":
          return `return this["namespace of"](${whole.push(binding.link) - 1});`;
      }
    }
    const fields = [
      ...[...modules].map((_, index) => `this["record ${index}"] = records[${index}];`),
      ...foreign.map((_, index) => `this["space ${index}"] = spaces[${index}];`),
      ...(whole.length === 0 ? [] : [`this["namespace of"] = namespace;`]),
    ];
    this.#type = evaluate(`"use strict";
const { uninitialized: $u } = $rt;
function Reader(records, spaces, namespace) { ${fields.join(" ")} }
Reader.prototype = { __proto__: null, ${getters.join(",\n")} };
return Reader;`) as Reader;
    this.#modules = [...modules];
    this.#foreign = foreign;
    this.#whole = whole;
  }

  of(source: ReaderSource): Space {
    return new this.#type(
      this.#modules.map((module) => source.records.get(module)!),
      this.#foreign.map((link) => source.namespace(link)),
      (index) => source.namespace(this.#whole[index]!),
    );
  }
}

/** Modules that stand in a circle of imports, or between two, by what each imports (R2). */
export function inCircles(imports: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const importers = new Map([...imports.keys()].map((id) => [id, [] as string[]]));
  for (const [id, others] of imports) for (const other of others) importers.get(other)!.push(id);
  const left = new Set(imports.keys());
  for (const neighbours of [imports, importers]) {
    for (let before = Number.NaN; left.size !== before; ) {
      before = left.size;
      for (const id of left) if (!neighbours.get(id)!.some((other) => left.has(other))) left.delete(id);
    }
  }
  return left;
}
