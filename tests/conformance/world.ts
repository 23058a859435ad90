/**
 * The honest test of durability: harness and test are one compiled module, run as a task; at its stops it is written down and
 * taken up in a new realm, where only code has been loaded. Nothing but the bytes (and what was printed) goes across.
 */
import { compileFunction } from "node:vm";
import type { TaskId } from "../../src/base/ids.ts";
import type { Bundle } from "../../src/protocol/bundle.ts";
import { createRealm, loadRuntime } from "./realm.ts";

// biome-ignore lint/suspicious/noExplicitAny: values of another realm have no type here
type Any = any;

/** Each of the first stops is a thaw, then every tenth. */
const thawsInARow = 10;
const stopsMax = 2_000;

interface World {
  readonly runtime: Any;
  readonly task: Any;
}

export async function runWorld(
  bundle: Bundle,
): Promise<{ thrown: { readonly error: unknown } | undefined; printed: string[]; thaws: number }> {
  const printed: string[] = [];
  let thaws = 0;
  try {
    let world = await enter(bundle, printed, undefined);
    for (let stops = 0; stops < stopsMax; stops += 1) {
      world.runtime.signal[0] = 1;
      const state = world.task.run();
      const sleeps = world.task.takeEffects().filter((effect: Any) => effect.kind === "sleep");
      if (state.kind === "ended") return { thrown: thrownBy(state.outcome), printed, thaws };
      if (stops < thawsInARow || stops % 10 === 0) {
        const bytes = new Uint8Array(world.task.snapshot());
        world.task.drop();
        world = await enter(bundle, printed, bytes);
        thaws += 1;
      }
      if (state.kind === "waiting") {
        if (sleeps.length === 0) return { thrown: { error: new Error("waits for ever") }, printed, thaws };
        const outcome = { kind: "value", value: new Uint8Array(0) };
        world.task.deliver(sleeps.map((effect: Any) => ({ effect: effect.id, outcome })));
      }
    }
    return { thrown: { error: new Error("has too many stops") }, printed, thaws };
  } catch (error) {
    return { thrown: { error }, printed, thaws };
  }
}

async function enter(bundle: Bundle, printed: string[], bytes: Uint8Array | undefined): Promise<World> {
  const realm = createRealm(printed);
  // The harness asks whether there is one.
  realm.global.$DONE = () => {};
  const runtime = loadRuntime(realm);
  runtime.TaskKernel.prototype.noteRejection = () => {};
  const program = await runtime.loadProgram(bundle, {
    compile: (code: string, filename: string) =>
      compileFunction(code, ["$rt"], { filename, parsingContext: realm.context as never }),
    importForeign: ({ name }: { name: string }) => Promise.reject(new Error(`there is no module ${name}`)),
  });
  let questions = 0;
  const host = {
    wake: () => {},
    freeze: () => {
      questions += 1;
      return questions % 2 === 0;
    },
    now: () => 0,
  };
  const task = program.task("rworld" as TaskId, host);
  // The task holds on to its input: so that is made in the realm.
  const input: unknown = realm.global.JSON.parse('{ "kind": "input", "json": "" }');
  task.begin(bytes === undefined ? input : { kind: "snapshot", bytes });
  return { runtime, task };
}

function thrownBy(outcome: Any): { readonly error: unknown } | undefined {
  if (outcome.kind === "value") return undefined;
  return { error: new Error(outcome.message ?? `ended as ${outcome.kind}`) };
}
