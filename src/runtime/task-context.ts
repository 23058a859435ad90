import type { ModuleDefinition, Site } from "../protocol/abi.ts";
import { SnapshotError } from "./errors.ts";
import type { KernelCodec, TaskKernel } from "./kernel.ts";
import { noteKnown } from "./known.ts";
import type { TaskModules } from "./modules.ts";
import { builtinByName, builtinName } from "./names.ts";
import type { LoadedProgram } from "./program.ts";
import { type CodecContext, type Constants, decode, encode, modeValue } from "./snapshot/index.ts";

/** What the codec needs, for one task. */
export class TaskContext implements CodecContext, KernelCodec {
  readonly #program: LoadedProgram;
  readonly constants: Constants = new Map();
  #kernel: TaskKernel | undefined;
  #modules: TaskModules | undefined;
  /** Made when a snapshot first meets a function without another name: most tasks never have one. */
  #globalNames: Map<object, string> | undefined;
  #globalsByName = new Map<string, object>();

  constructor(program: LoadedProgram) {
    this.#program = program;
  }

  attach(kernel: TaskKernel, modules: TaskModules): void {
    this.#kernel = kernel;
    this.#modules = modules;
    for (const value of globalsOf(kernel).values()) noteKnown(value);
  }

  #namesOfGlobals(): Map<object, string> {
    if (this.#globalNames !== undefined) return this.#globalNames;
    const names = new Map<object, string>();
    this.#globalNames = names;
    for (const [name, value] of globalsOf(this.kernel)) {
      if (builtinName(value) !== undefined || names.has(value)) continue;
      names.set(value, `%continua.${name}%`);
      this.#globalsByName.set(`%continua.${name}%`, value);
    }
    return names;
  }

  get kernel(): TaskKernel {
    return this.#kernel!;
  }

  get modules(): TaskModules {
    return this.#modules!;
  }

  findSite(id: string): Site | undefined {
    return this.#program.findSite(id);
  }

  nameOf(value: object): string | undefined {
    return builtinName(value) ?? this.#program.foreignName(value) ?? this.#namesOfGlobals().get(value);
  }

  valueOf(name: string): object | undefined {
    const found = builtinByName(name) ?? this.#program.foreignValue(name);
    if (found !== undefined) return found;
    this.#namesOfGlobals();
    return this.#globalsByName.get(name);
  }

  viewName(value: object): string | undefined {
    return this.modules.viewName(value);
  }

  viewOf(module: string): object | undefined {
    return this.#program.graph.definitions.has(module) ? this.modules.view(module) : undefined;
  }

  definition(module: string): ModuleDefinition | undefined {
    return this.#program.graph.definitions.get(module);
  }

  record(module: string): ReturnType<TaskKernel["records"]["get"]> {
    return this.kernel.records.get(module);
  }

  moduleOfRecord(record: object): string | undefined {
    return this.modules.moduleOfRecord(record);
  }

  encode(_kernel: TaskKernel, value: unknown, what: string): Uint8Array {
    return encode(this, modeValue, this.constants, value, what).bytes;
  }

  decode(_kernel: TaskKernel, bytes: Uint8Array): unknown {
    const { root, lost, foreign } = decode(this, modeValue, bytes);
    if (lost.length > 0 || foreign.length > 0) throw new SnapshotError("the value holds pending promises");
    return root;
  }
}

/** Functions and objects that a task has for itself, by the names under which its program finds them. */
function globalsOf({ globals }: TaskKernel): Map<string, object> {
  const found = new Map(Object.entries(globals) as [string, object][]);
  for (const [name, value] of Object.entries(globals.console as object))
    found.set(`console.${name}`, value as object);
  return found;
}
