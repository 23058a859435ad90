/** A process in which the tests of a file run for a while: from their beginning, from a test on, or from the bytes of another process. */
import { format } from "node:util";
import type { Bundle, ModuleLink } from "../../../src/protocol/bundle.ts";
import { TaskKernel } from "../../../src/runtime/index.ts";
import { createProgramHost } from "../../../src/worker/program-host.ts";
import { type End, type Place, type Policy, World } from "../../fuzz/world.ts";
import { installClocks, installExit } from "./clocks.ts";

export interface Errand {
  readonly bundle: Bundle;
  readonly policy: Policy;
  /** Number of the first test, or a place to go on from. */
  readonly from: number | Place;
  /** The thaw that leads to another process; 0 for none. */
  readonly leaveAt: number;
}

export type Message =
  | { readonly kind: "begin"; readonly at: number; readonly title: string }
  | {
      readonly kind: "end";
      readonly at: number;
      readonly outcome: "passed" | "failed" | "skipped";
      readonly reason: string;
      /** Of this process so far. */
      readonly thaws: number;
    }
  | {
      readonly kind: "over";
      readonly end: End;
      readonly thaws: number;
      readonly refusals: readonly (readonly [string, number])[];
      readonly place?: Place;
    };

const patienceMs = 2_000;
const firingsMax = 200_000;

let clock = 0;
const leave = process.exit.bind(process);
installClocks(() => clock);
installExit();
const tell = (message: Message): void => void process.send!(message);
// Runners do not mind rejections that are handled late; what a test has to see of them it sees by itself.
TaskKernel.prototype.noteRejection = () => {};
process.on("unhandledRejection", () => {});
process.on("message", async ({ bundle, policy, from, leaveAt }: Errand) => {
  const host = createProgramHost({ namespaces: {} });
  let thaws = 0;
  let done = false;
  let place: Place | undefined;
  const report = {
    done: () => {
      done = true;
    },
    begin: (at: number, title: string) => tell({ kind: "begin", at, title }),
    end: (at: number, outcome: "passed" | "failed" | "skipped", reason: string) =>
      tell({ kind: "end", at, outcome, reason, thaws: world.thaws }),
  };
  const world = new World(
    bundle,
    policy,
    {
      firingsMax,
      patienceMs,
      host,
      importForeign: async (link: ModuleLink & { kind: "foreign" }) =>
        link.name === "continua:conformance" ? report : host.importForeign(link, bundle),
      leave: (at) => {
        thaws += 1;
        if (thaws !== leaveAt) return false;
        place = at;
        return true;
      },
      passed: (at) => {
        clock = at;
      },
    },
    typeof from === "number" ? undefined : from,
  );
  if (typeof from !== "number") clock = from.clock;
  let end: End;
  try {
    end = await world.run(typeof from === "number" ? JSON.stringify({ from }) : from.bytes);
  } catch (error) {
    end = { kind: "failed", message: `the runtime threw ${format(error)}` };
  }
  // What a test has let go of may wait for ever: the file is done with it.
  if (end.kind === "waits" && done) end = { kind: "ended" };
  const over = { kind: "over", end, thaws: world.thaws, refusals: [...world.refusals] } as const;
  process.send!(place === undefined ? over : { ...over, place }, () => leave(0));
});
