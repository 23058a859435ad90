import type { HandleId } from "../base/ids.ts";
import { inMiB, limits } from "../base/limits.ts";
import type { ModuleDefinition, Site } from "../protocol/abi.ts";
import { LimitError, SnapshotError } from "./errors.ts";
import { noteHandles } from "./handles.ts";
import type { TaskKernel } from "./kernel.ts";
import type { KernelCodec } from "./kernel-codec.ts";
import type { TaskModules } from "./modules.ts";
import { builtinByName, builtinName, builtins } from "./names.ts";
import type { LoadedProgram } from "./program.ts";

import {
  type CodecContext,
  type Constants,
  decode,
  type Encoded,
  encode,
  handlesWithin,
  modeValue,
} from "./snapshot/index.ts";

/** What the codec needs, for one task. */
export class TaskContext implements CodecContext, KernelCodec {
  readonly #program: LoadedProgram;
  handsOver = false;
  readonly constants: Constants = new Map();
  #kernel: TaskKernel | undefined;
  #modules: TaskModules | undefined;

  constructor(program: LoadedProgram) {
    this.#program = program;
  }

  attach(kernel: TaskKernel, modules: TaskModules): void {
    this.#kernel = kernel;
    this.#modules = modules;
  }

  get kernel(): TaskKernel {
    return this.#kernel!;
  }

  get modules(): TaskModules {
    return this.#modules!;
  }

  get isProxy(): CodecContext["isProxy"] {
    return this.#program.isProxy;
  }

  get definesProperties(): boolean {
    return this.#program.definesProperties;
  }

  findSite(id: string): Site | undefined {
    return this.#program.findSite(id);
  }

  nameOf(value: object): string | undefined {
    return builtinName(value) ?? this.#program.foreignName(value) ?? this.kernel.nameOfGlobal(value);
  }

  valueOf(name: string): object | undefined {
    return builtinByName(name) ?? this.#program.foreignValue(name) ?? this.kernel.globalNamed(name);
  }

  *named(): Iterable<object> {
    yield* builtins();
    yield* this.#program.foreignValues();
    yield* this.kernel.taskGlobals.known();
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

  encode(kernel: TaskKernel, value: unknown, what: string): Uint8Array {
    const { bytes, handles } = kernel.entered(() => this.#handOver(value, what));
    if (bytes.length > limits.payloadBytesMax) {
      throw new LimitError(
        `${what} would take ${inMiB(bytes.length)}, over the limit of ${inMiB(limits.payloadBytesMax)}: hand over less at once, in pieces, or write it to a file and hand over its path`,
      );
    }
    noteHandles(bytes, handles);
    return bytes;
  }

  #handOver(value: unknown, what: string): Encoded {
    // It may be a queue among what is encoded that encodes its items (own-queues.ts).
    const before = this.handsOver;
    this.handsOver = true;
    try {
      return encode(this, modeValue, this.constants, value, what);
    } finally {
      this.handsOver = before;
    }
  }

  handlesWithin(bytes: Uint8Array): readonly HandleId[] {
    return handlesWithin(bytes);
  }

  decode(_kernel: TaskKernel, bytes: Uint8Array): unknown {
    const { root, lost, foreign } = decode(this, modeValue, bytes);
    if (lost.length > 0 || foreign.length > 0) throw new SnapshotError("the value holds pending promises");
    return root;
  }
}
