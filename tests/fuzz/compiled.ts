/** A random program as a task that prints its trace. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { bundle, formatDiagnostic } from "../../src/compiler/index.ts";
import type { Bundle } from "../../src/protocol/bundle.ts";
import { firingsMax } from "./clock.ts";
import { modulesOf, traceModule, wrapperId, wrapperOf } from "./modules.ts";
import { show, showError } from "./show.ts";
import { type End, type Place, type Policy, World } from "./world.ts";

/** @throws if the program is refused. `change` is done to the compiled text. */
export async function makeBundle(
  source: string,
  change: (code: string) => string = (code) => code,
): Promise<Bundle> {
  const modules = modulesOf(source);
  const texts = new Map(modules.map(({ id, text }) => [id, text]));
  texts.set(wrapperId, wrapperOf(modules));
  const { bundle: made, diagnostics } = await bundle(
    wrapperId,
    {
      read: async (id) => texts.get(id) ?? assert.fail(`there is no module ${id}`),
      resolve: async (specifier) =>
        specifier.startsWith("./")
          ? { kind: "compiled", id: specifier.slice(2) }
          : { kind: "foreign", name: specifier },
      hash: (text) => createHash("sha256").update(text).digest("hex"),
    },
    { root: "/fuzz", nodeMajor: 20, ownRealm: true },
  );
  const refused = diagnostics.map((each) => formatDiagnostic(each, texts.get(each.id)!));
  assert.deepEqual(refused, [], "the program is refused");
  const changed = made!.modules.map((module) =>
    module.id === wrapperId ? module : { ...module, code: change(module.code) },
  );
  return { ...made!, modules: changed };
}

/** A run of it, or the rest of one. */
export interface Passage {
  readonly bundle: Bundle;
  readonly policy: Policy;
  /** Where it goes on, and what it has printed before. */
  readonly from?: { readonly place: Place; readonly lines: readonly string[] };
}

export interface Traced {
  readonly lines: string[];
  readonly thaws: number;
  /** It goes on elsewhere from there. */
  readonly left?: Place;
}

/** `leaveAt`: the number of the thaw at which it leaves. */
export async function runCompiled({ bundle, policy, from }: Passage, leaveAt = 0): Promise<Traced> {
  const lines = [...(from?.lines ?? [])];
  let thaws = 0;
  let left: Place | undefined;
  const outside = {
    firingsMax,
    importForeign: async ({ name }: { readonly name: string }) =>
      name === traceModule
        ? {
            print: (values: unknown[]) => void lines.push(values.map((value) => show(value)).join(" ")),
            ended: (how: string, value: unknown) => void lines.push(`${how}${show(value)}`),
          }
        : ((await import(name)) as Record<string, unknown>),
    leave: (place: Place) => {
      thaws += 1;
      if (thaws === leaveAt) left = place;
      return left !== undefined;
    },
  };
  const world = new World(bundle, policy, outside, from?.place);
  try {
    const end = await world.run(from === undefined ? "" : from.place.bytes);
    if (left !== undefined) return { lines, thaws, left };
    lines.push(lineOf(end));
  } catch (error) {
    lines.push(`the runtime threw ${error instanceof Error ? error.stack : String(error)}`);
  }
  for (const refusal of world.refusals.keys()) lines.push(`cannot be written down: ${refusal}`);
  return { lines, thaws };
}

function lineOf(end: End): string {
  if (end.kind === "ended") return "end";
  if (end.kind === "cut") return "too many timers";
  if (end.kind !== "failed") return "waits for nothing";
  const { message } = end;
  if (message.startsWith("DeadlockError")) return "deadlock";
  // The runtime tells an error as `name: message`.
  const at = message.indexOf(": ");
  const named = /^\w*Error: /.test(message);
  return `died: ${named ? showError(message.slice(0, at), message.slice(at + 2)) : show(message)}`;
}
