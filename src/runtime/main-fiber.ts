/**
 * The fibers that the runtime itself writes, in the compiler's shape: the main one, which runs the bodies of the modules and then the
 * task's function, and one for each `import()` of a module that has not run yet. So a task can be frozen and thawed in the middle of
 * its modules like anywhere else.
 */
import { UserError } from "../base/errors.ts";
import { type Frame, suspended } from "../protocol/abi.ts";
import { needKernel } from "./current.ts";
import type { TaskKernel } from "./kernel.ts";
import type { TaskModules } from "./modules.ts";
import { type DurablePromise, describe } from "./promise.ts";
import { runtimeBody } from "./sites.ts";
import type { Begin } from "./types.ts";

/** What a fiber of the runtime finds its modules by. */
const modulesOf = new WeakMap<TaskKernel, TaskModules>();

export function attachModules(kernel: TaskKernel, modules: TaskModules): void {
  modulesOf.set(kernel, modules);
}

type MainSlots = [order: readonly string[], next: number, begin: Exclude<Begin, { kind: "snapshot" }>];

const mainSite = runtimeBody(
  "main",
  [["order", "next", "begin"], ["order", "next", "begin"], []],
  (frame) => {
    const kernel = needKernel("a task");
    if (frame!.label === 2) return kernel.resumed();
    const [order, next, begin] = frame!.slots as MainSlots;
    kernel.resumed();
    const reached = runBodies(kernel, order, next);
    if (reached < order.length) return kernel.suspend(mainSite, 1, [order, reached, begin]);
    kernel.places.running = false;
    kernel.places.leave(bodiesOf(kernel, order));
    const [callee, args] = programOf(kernel, begin);
    const result = kernel.call(callee, undefined, ...args);
    return result === suspended ? kernel.suspend(mainSite, 2, []) : result;
  },
);

const importSite = runtimeBody(
  "import",
  [
    ["order", "next", "module"],
    ["order", "next", "module"],
  ],
  (frame: Frame | null) => {
    const kernel = needKernel("import()");
    const [order, next, module] = frame!.slots as [readonly string[], number, string];
    kernel.resumed();
    const reached = runBodies(kernel, order, next);
    if (reached < order.length) return kernel.suspend(importSite, 1, [order, reached, module]);
    kernel.places.leave(bodiesOf(kernel, order));
    return modulesOf.get(kernel)!.view(module);
  },
);

function bodiesOf(kernel: TaskKernel, order: readonly string[]): string[] {
  const { graph } = modulesOf.get(kernel)!;
  return order.slice(0, -1).map((id) => graph.definition(id).body.id);
}

/** Runs bodies from number `next` on; answers a number below the length if one has suspended: that of the next one. */
function runBodies(kernel: TaskKernel, order: readonly string[], next: number): number {
  const modules = modulesOf.get(kernel)!;
  for (let at = next; at < order.length - 1; at++) {
    const id = order[at]!;
    if (modules.evaluated.has(id)) continue;
    modules.evaluated.add(id);
    const { body } = modules.graph.definition(id);
    const begun = kernel.places.begin(body.id, () => body.body!(null, kernel.records.get(id)!));
    if (begun === suspended) return at + 1;
  }
  return order.length;
}

/** The list of bodies to run ends with an empty entry, so that a suspension in the last body has a place after it. */
function bodiesUpTo(modules: TaskModules, module: string): string[] {
  return [...modules.graph.order(module), ""];
}

export function launchMain(kernel: TaskKernel, begin: Exclude<Begin, { kind: "snapshot" }>): DurablePromise {
  const modules = modulesOf.get(kernel)!;
  kernel.places.running = true;
  return kernel.launch(mainSite, [bodiesUpTo(modules, modules.graph.bundle.entry), 0, begin]);
}

function programOf(kernel: TaskKernel, begin: MainSlots[2]): readonly [unknown, readonly unknown[]] {
  if (begin.kind === "payload") {
    const payload = kernel.codec.decode(kernel, begin.bytes);
    if (Array.isArray(payload) && typeof payload[0] === "function" && Array.isArray(payload[1]))
      return [payload[0], payload[1]];
    throw new UserError("the payload of the task is not a function and its arguments");
  }
  const { entry } = modulesOf.get(kernel)!.graph.bundle;
  const main = modulesOf.get(kernel)!.view(entry).default;
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
  const modules = modulesOf.get(kernel)!;
  try {
    const link = modules.graph.dynamicLink(module, String(specifier));
    if (link === undefined) {
      throw new UserError(
        `${module} imports ${describe(specifier)}, which was not known when the program was compiled; write the specifier as a literal`,
      );
    }
    if (link.kind === "foreign" || modules.evaluated.has(link.id))
      return durablePromise.resolve(modules.namespace(link));
    return kernel.launch(importSite, [bodiesUpTo(modules, link.id), 0, link.id]);
  } catch (error) {
    return durablePromise.reject(error);
  }
}
