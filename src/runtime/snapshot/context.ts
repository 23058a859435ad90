import type { ModuleDefinition, ModuleRecord, Site } from "../../protocol/abi.ts";
import type { TaskKernel } from "../kernel.ts";

/** What the codec asks of the task and its program. */
export interface CodecContext {
  readonly kernel: TaskKernel;
  /** Tells proxies, where the program can meet those of others. */
  readonly isProxy?: ((value: object) => boolean) | undefined;
  /** Whether the program may define properties that no assignment makes. */
  readonly definesProperties?: boolean | undefined;
  findSite(id: string): Site | undefined;
  nameOf(value: object): string | undefined;
  valueOf(name: string): object | undefined;
  /** Objects that have a name. */
  named(): Iterable<object>;
  /** Module whose namespace view this is. */
  viewName(value: object): string | undefined;
  viewOf(module: string): object | undefined;
  definition(module: string): ModuleDefinition | undefined;
  record(module: string): ModuleRecord | undefined;
  moduleOfRecord(record: object): string | undefined;
}

/** A top-level `const` that can be made again: see ModuleVariable.again. */
export interface Constant {
  readonly module: string;
  readonly name: string;
}

/** Module records have this prototype, so that the codec knows them at a glance. */
export const recordPrototype: object = Object.freeze(Object.create(null));
