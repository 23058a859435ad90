/**
 * What queues, locks and barriers have in common: a name of their own for good, so that handles can be copied to other tasks and saved.
 */
import { UserError } from "../base/errors.ts";
import type { GateId } from "../base/ids.ts";
import { runOf } from "../base/ids.ts";
import type { Gate, GateKind } from "../protocol/effect.ts";
import { inTask } from "./task.ts";

/**
 * A new gate, or the one that the run has under this name.
 *
 * @throws {UserError} for a number that is no size, and for one without a name at module level, where every task would make another.
 */
export function makeGate(word: string, is: GateKind, name: string | undefined): Gate {
  const [[, bound]] = Object.entries(is).filter(([key]) => key !== "kind") as [[string, unknown]];
  if (!Number.isSafeInteger(bound) || (bound as number) < 1)
    throw new UserError(`${word}() takes a whole number of 1 or more, not ${String(bound)}`);
  if (name !== undefined && (typeof name !== "string" || name === ""))
    throw new UserError(`${word}({ name }): a name is a text, not ${JSON.stringify(name)}`);
  return inTask(
    `${word}()`,
    (kernel): Gate => {
      if (name !== undefined) return { id: `${runOf(kernel.id)}/${is.kind}:${name}` as GateId, is };
      if (kernel.atModuleLevel) {
        throw new UserError(
          `${word}() at module level: every task runs the module anew and would make one of its own. Give it a name to be shared by the run, as in ${word}({ name: "jobs" }), or make it in a function`,
        );
      }
      return { id: `${kernel.id}/${kernel.effects.takeNumber()}` as GateId, is };
    },
    (): Gate => ({ id: (name === undefined ? "plain" : `plain/${is.kind}:${name}`) as GateId, is }),
  );
}
