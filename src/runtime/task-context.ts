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
  #globalNames = new Map<object, string>();
  #globalsByName = new Map<string, object>();

  constructor(program: LoadedProgram) {
    this.#program = program;
  }

  attach(kernel: TaskKernel, modules: TaskModules): void {
    this.#kernel = kernel;
    this.#modules = modules;
    for (const [name, value] of Object.entries(kernel.globals)) this.#addGlobal(name, value as object);
    const { console } = kernel.globals;
    for (const [name, value] of Object.entries(console as object))
      this.#addGlobal(`console.${name}`, value as object);
  }

  #addGlobal(name: string, value: object): void {
    if (builtinName(value) !== undefined || this.#globalNames.has(value)) return;
    noteKnown(value);
    this.#globalNames.set(value, `%continua.${name}%`);
    this.#globalsByName.set(`%continua.${name}%`, value);
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
    return builtinName(value) ?? this.#globalNames.get(value) ?? this.#program.foreignName(value);
  }

  valueOf(name: string): object | undefined {
    return builtinByName(name) ?? this.#globalsByName.get(name) ?? this.#program.foreignValue(name);
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
