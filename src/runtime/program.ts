/**
 * A bundle, loaded: its module definitions evaluated, its foreign modules imported, its names resolved. It is shared by all tasks that
 * run it in this process, and holds nothing of any of them.
 */
import { UserError } from "../base/errors.ts";
import type { TaskId } from "../base/ids.ts";
import { abiOldest, abiVersion, type ModuleDefinition, type Site } from "../protocol/abi.ts";
import type { Bundle, BundledModule, ModuleLink } from "../protocol/bundle.ts";
import { abi } from "./abi.ts";
import { needsEveryTick } from "./ambient.ts";
import { foreignName, ModuleGraph, type Namespace } from "./modules.ts";
import { ForeignNames } from "./names.ts";
import { findRuntimeSite } from "./sites.ts";
import { RunningTask } from "./task.ts";
import type { Program, ProgramHost, Task, TaskHost } from "./types.ts";
import { markWord } from "./words.ts";

/** @throws UserError if the bundle cannot be loaded here, saying why. */
export async function loadProgram(bundle: Bundle, host: ProgramHost): Promise<Program> {
  if (bundle.abi < abiOldest || bundle.abi > abiVersion) {
    throw new UserError(
      `the bundle was compiled for version ${bundle.abi} of the runtime's interface, and this is version ${abiVersion}; compile it again`,
    );
  }
  const definitions = new Map<string, ModuleDefinition>();
  const foreign = new Map<string, Namespace>();
  const failures = new Map<string, UserError>();
  for (const module of bundle.modules) {
    const evaluate = host.compile(module.code, `${bundle.root}/${module.id}`, module);
    definitions.set(module.id, evaluate(abi) as ModuleDefinition);
    for (const link of [...module.links, ...Object.values(module.dynamic ?? {})]) {
      if (link.kind !== "foreign" || foreign.has(foreignName(link))) continue;
      try {
        const namespace = await importForeign(bundle, host, link, module.id);
        foreign.set(foreignName(link), namespace);
        if (link.name === "continua")
          for (const word of Object.values(namespace)) if (typeof word === "function") markWord(word);
      } catch (error) {
        if (module.links.includes(link) || !(error instanceof UserError)) throw error;
        failures.set(foreignName(link), error);
      }
    }
  }
  return new LoadedProgram(
    new ModuleGraph(
      bundle,
      definitions,
      foreign,
      (body) => host.compile(body, `${bundle.root}/(imports)`)(abi),
      failures,
    ),
    new ForeignNames(foreign),
    host,
  );
}

async function importForeign(
  bundle: Bundle,
  host: ProgramHost,
  link: ModuleLink & { kind: "foreign" },
  by: string,
): Promise<Namespace> {
  try {
    return await host.importForeign(link, bundle);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`cannot import "${link.name}", which ${by} needs: ${message}`, { cause });
  }
}

const defining = /\b(?:definePropert(?:y|ies)|__define[GS]etter__)\b/;

function runsPackage({ links, dynamic = {} }: BundledModule): boolean {
  return [...links, ...Object.values(dynamic)].some(
    (link) => link.kind === "foreign" && link.path !== undefined && !link.path.endsWith(".json"),
  );
}

export class LoadedProgram implements Program {
  readonly graph: ModuleGraph;
  readonly host: ProgramHost;
  readonly #sites = new Map<string, Site>();
  readonly #foreign: ForeignNames;
  /** Absent if it runs no package: then there are no proxies but its own, and none is looked for. */
  readonly isProxy: ProgramHost["isProxy"];
  readonly everyTick: boolean;
  readonly definesProperties: boolean;
  /** A task that never runs, whose values are decoded outside of any. */
  #reader: RunningTask | undefined;

  constructor(graph: ModuleGraph, foreign: ForeignNames, host: ProgramHost) {
    this.graph = graph;
    this.host = host;
    this.#foreign = foreign;
    this.isProxy = graph.bundle.modules.some(runsPackage) ? host.isProxy : undefined;
    this.everyTick = needsEveryTick(graph.bundle);
    this.definesProperties = graph.bundle.modules.some(({ code }) => defining.test(code));
    // A snapshot cannot make code out of text, unless the program does.
    if (graph.bundle.modules.some(({ code }) => /\bFunction\b/.test(code)))
      foreign.add(Function, "%Function%");
    for (const { id, sites, body, templates = [] } of graph.definitions.values()) {
      for (const { name, strings } of templates) foreign.add(strings, `${id}#template ${name}`);
      for (const site of [...sites, body]) this.#sites.set(site.id, site);
    }
  }

  get bundle(): Bundle {
    return this.graph.bundle;
  }

  task(id: TaskId, host: TaskHost): Task {
    return new RunningTask(this, id, host);
  }

  decode(bytes: Uint8Array, of: TaskId = "rdecode" as TaskId): unknown {
    // What several values of one task have in common is the same for all of them, as it was there: a class, say.
    if (this.#reader?.id !== of) {
      const host: TaskHost = { wake: () => {}, freeze: () => false, now: () => 0 };
      this.#reader = new RunningTask(this, of, host);
    }
    return this.#reader.decodeAside(bytes);
  }

  findSite(id: string): Site | undefined {
    return id.startsWith("%") ? findRuntimeSite(id) : this.#sites.get(id);
  }

  foreignName(value: object): string | undefined {
    return this.#foreign.nameOf(value);
  }

  foreignValues(): Iterable<object> {
    return this.#foreign.values();
  }

  foreignValue(name: string): object | undefined {
    return this.#foreign.valueOf(name);
  }
}
