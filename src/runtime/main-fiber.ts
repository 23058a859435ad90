/**
 * The fibers that the runtime itself writes, in the compiler's shape: the main one, which runs the bodies of the modules and then the
 * task's function, one for each module that waits for others, and one for each `import()` of a module that has not run yet. So a task can be
 * frozen and thawed in the middle of its modules like anywhere else.
 */
import { assert, UserError } from "../base/errors.ts";
import { type Frame, type Site, suspended } from "../protocol/abi.ts";
import { needKernel } from "./current.ts";
import type { TaskKernel } from "./kernel.ts";
import type { TaskModules } from "./modules.ts";
import { DurablePromise, describe } from "./promise.ts";
import { runtimeBody } from "./sites.ts";
import type { Begin } from "./types.ts";

type MainSlots = [order: readonly string[], next: number, begin: Exclude<Begin, { kind: "snapshot" }>];

/** The label at which it waits for the task's function. */
export const mainLabel = 2;

export const mainSite: Site = runtimeBody(
  "main",
  [["order", "next", "begin"], ["order", "next", "begin"], [], ["begin"]],
  (frame) => {
    const kernel = needKernel("a task");
    if (frame!.label === mainLabel) return kernel.resumed();
    kernel.resumed();
    const begin = frame!.slots.at(-1) as MainSlots[2];
    if (frame!.label !== 3) {
      const [order, next] = frame!.slots as MainSlots;
      const reached = runBodies(kernel, order, next, order.length - 2);
      if (reached < order.length) return kernel.suspend(mainSite, 1, [order, reached, begin]);
      if (waitFor(kernel, modulesOf(kernel).graph.bundle.entry) === suspended)
        return kernel.suspend(mainSite, 3, [begin]);
    }
    kernel.places.running = false;
    leave(kernel, modulesOf(kernel).graph.bundle.entry);
    const [callee, args] = programOf(kernel, begin);
    const result = kernel.call(callee, undefined, ...args);
    return result === suspended ? kernel.suspend(mainSite, mainLabel, []) : result;
  },
);

const importSite = runtimeBody(
  "import",
  [["order", "next", "module"], ["order", "next", "module"], ["module"]],
  (frame: Frame | null) => {
    const kernel = needKernel("import()");
    kernel.resumed();
    const module = frame!.slots.at(-1) as string;
    if (frame!.label !== 2) {
      const [order, next] = frame!.slots as [readonly string[], number, string];
      const reached = runBodies(kernel, order, next);
      if (reached < order.length) return kernel.suspend(importSite, 1, [order, reached, module]);
      if (waitFor(kernel, module) === suspended) return kernel.suspend(importSite, 2, [module]);
    }
    leave(kernel, module);
    return modulesOf(kernel).view(module);
  },
);

function modulesOf({ modules }: TaskKernel): TaskModules {
  assert(modules !== undefined, "a task runs with its modules");
  return modules;
}

/** A module and those that it imports have been evaluated. */
function leave(kernel: TaskKernel, module: string): void {
  if (kernel.places.isEmpty) return;
  const { graph } = modulesOf(kernel);
  kernel.places.leave(graph.order(module).map((id) => graph.definition(id).body.id));
}

/** A module whose imports are still being evaluated. */
const moduleSite: Site = runtimeBody("module", [[], ["module"], []], (frame, _env, _self, ...given) => {
  const kernel = needKernel("a module");
  if (frame?.label === 2) return kernel.resumed();
  let module: string;
  if (frame === null) {
    const [id, waits] = given as [string, readonly DurablePromise[]];
    module = id;
    const all = waits.length === 1 ? waits[0] : kernel.globals.Promise.all(waits);
    if (kernel.await(all) === suspended) return kernel.suspend(moduleSite, 1, [module]);
  } else {
    kernel.resumed();
    module = frame.slots[0] as string;
  }
  return runBody(kernel, module) === suspended ? kernel.suspend(moduleSite, 2, []) : undefined;
});

/** Waits until a module has been evaluated; throws what it has thrown. */
function waitFor(kernel: TaskKernel, module: string): unknown {
  const evaluation = modulesOf(kernel).evaluationOf(module);
  return evaluation === undefined ? undefined : kernel.await(evaluation);
}

/**
 * Runs bodies from number `next` on; answers a number below the length if one has suspended: that of the next one. The body of number
 * `inPlace` runs in the fiber that is running even if it awaits: there it can be frozen before its first await, too.
 */
function runBodies(kernel: TaskKernel, order: readonly string[], next: number, inPlace = -1): number {
  const modules = modulesOf(kernel);
  for (let at = next; at < order.length - 1; at++) {
    const id = order[at]!;
    if (modules.evaluated.has(id)) continue;
    modules.evaluated.add(id);
    try {
      const waits = modules.awaitedBy(id);
      if (waits.length > 0) {
        const record = kernel.records.get(id)!;
        modules.setEvaluation(id, kernel.start(moduleSite, record, undefined, [id, waits]));
      } else if (modules.graph.definition(id).awaits === true && at !== inPlace) {
        modules.setEvaluation(id, startBody(kernel, id));
      } else if (runBody(kernel, id) === suspended) return at + 1;
    } catch (error) {
      const failed = DurablePromise.make(kernel);
      modules.setEvaluation(id, failed);
      DurablePromise.settle(failed, true, error);
      throw error;
    }
  }
  return order.length;
}

/** In the fiber that is running. */
function runBody(kernel: TaskKernel, module: string): unknown {
  const { body } = modulesOf(kernel).graph.definition(module);
  return kernel.places.begin(body.id, () => body.body!(null, kernel.records.get(module)!));
}

/** In a fiber of its own. */
function startBody(kernel: TaskKernel, module: string): DurablePromise {
  const { body } = modulesOf(kernel).graph.definition(module);
  const record = kernel.records.get(module)!;
  return kernel.places.begin(body.id, () => kernel.start(body, record, undefined, []));
}

/** Modules that a task has got with another version of its program: none of them awaits (upgrade.ts, U5), so it is done at once. */
const addedSite: Site = runtimeBody("added", [[]], (_frame, _env, _self, ...given) => {
  const kernel = needKernel("new modules");
  const [order] = given as [readonly string[]];
  const reached = runBodies(kernel, [...order, ""], 0);
  assert(reached === order.length + 1, "a module that does not await is evaluated at once");
  for (const id of order) leave(kernel, id);
});

/** What they throw is not handled by anybody. */
export function runAdded(kernel: TaskKernel, order: readonly string[]): void {
  kernel.start(addedSite, {}, undefined, [order]);
}

export function launchMain(kernel: TaskKernel, begin: Exclude<Begin, { kind: "snapshot" }>): DurablePromise {
  const { graph } = modulesOf(kernel);
  kernel.places.running = true;
  return kernel.launch(mainSite, [graph.bodies(graph.bundle.entry), 0, begin]);
}

function programOf(kernel: TaskKernel, begin: MainSlots[2]): readonly [unknown, readonly unknown[]] {
  if (begin.kind === "payload") {
    const payload = kernel.codec.decode(kernel, begin.bytes);
    if (Array.isArray(payload) && typeof payload[0] === "function" && Array.isArray(payload[1]))
      return [payload[0], payload[1]];
    throw new UserError("the payload of the task is not a function and its arguments");
  }
  const modules = modulesOf(kernel);
  const { entry } = modules.graph.bundle;
  const main = modules.exported(entry, "default");
  if (typeof main !== "function") {
    throw new UserError(
      `${entry} has no function as its default export; write: export default async function main(input) { ... }`,
    );
  }
  return [main, begin.json === "" ? [] : [parseInput(begin.json)]];
}

function parseInput(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (cause) {
    throw new UserError(`the input is not JSON: ${(cause as Error).message}`, { cause });
  }
}

/** `import(specifier)` in a module: always a promise. */
export function importModule(kernel: TaskKernel, module: string, specifier: unknown): unknown {
  const { Promise: durablePromise } = kernel.globals;
  const modules = modulesOf(kernel);
  try {
    const link = modules.graph.dynamicLink(module, String(specifier));
    if (link === undefined) {
      throw new UserError(
        `${module} imports ${describe(specifier)}, which was not known when the program was compiled; write the specifier as a literal`,
      );
    }
    const isThere = (id: string): boolean =>
      modules.evaluated.has(id) && modules.evaluationOf(id) === undefined;
    if (link.kind === "foreign" || isThere(link.id)) return durablePromise.resolve(modules.namespace(link));
    return kernel.launch(importSite, [modules.graph.bodies(link.id), 0, link.id]);
  } catch (error) {
    return durablePromise.reject(error);
  }
}
