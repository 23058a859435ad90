/** A random program as a task that prints its trace. */
import assert from "node:assert/strict";
import { compile, formatDiagnostic } from "../../src/compiler/index.ts";
import { abiVersion } from "../../src/protocol/abi.ts";
import type { Bundle, BundledModule, ModuleLink } from "../../src/protocol/bundle.ts";
import { firingsMax } from "./clock.ts";
import { show, showError } from "./show.ts";
import { type End, type Place, type Policy, World } from "./world.ts";

/** What calls the program and says how it ended. The main function of a task must not reject: that would end it at once. */
const wrapper = `
import { print, ended } from "fuzz:trace";
import main from "./program.js";
const log = (...values) => print(values);
export default async function () {
  try { ended("= ", await main(log)); } catch (error) { ended("! ", error); }
}`;

const wrapperModule = compiledModule("wrapper.js", wrapper, [
  { kind: "foreign", name: "fuzz:trace" },
  { kind: "compiled", id: "program.js" },
]);

/** @throws if the program is refused. `change` is done to the compiled text. */
export function makeBundle(source: string, change: (code: string) => string = (code) => code): Bundle {
  const program = compiledModule("program.js", source, []);
  return {
    abi: abiVersion,
    version: "0" as Bundle["version"],
    entry: "wrapper.js",
    root: "/fuzz",
    nodeMajor: 20,
    modules: [{ ...program, code: change(program.code) }, wrapperModule],
  };
}

function compiledModule(id: string, source: string, links: readonly ModuleLink[]): BundledModule {
  const { code, diagnostics } = compile(source, { id, cyclic: false, ownRealm: true });
  const refused = diagnostics.map((each) => formatDiagnostic(each, source));
  assert.deepEqual(refused, [], `${id} is refused`);
  return { id, code, map: "", source, links };
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
    importForeign: async () => ({
      print: (values: unknown[]) => void lines.push(values.map((value) => show(value)).join(" ")),
      ended: (how: string, value: unknown) => void lines.push(`${how}${show(value)}`),
    }),
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
