/**
 * What queues, locks and barriers have in common: a name of their own for good, so that handles can be copied to other tasks and saved.
 */
import { UserError } from "../base/errors.ts";
import type { GateId, HandleId } from "../base/ids.ts";
import { isInbox, isUnnamed, loadedId, runOf, savedId } from "../base/ids.ts";
import type { Gate, GateKind } from "../protocol/effect.ts";

import { currentKernel, type Home } from "../runtime/index.ts";

import { inTask } from "./task.ts";

/** Its number, if it is a gate that nobody else can know yet: made by this task, without a name. */
export function numberOf({ id }: Gate): number | undefined {
  const kernel = currentKernel();
  const [, task, number] = /^(.*)\/(\d+)$/.exec(id) ?? [];
  return kernel !== undefined && task === kernel.id ? Number(number) : undefined;
}

/**
 * A new gate, or the one that the run has under this name; one that a module's own statement makes without a name is that of the place, for all
 * tasks of the run (design H2).
 *
 * @throws {UserError} for a number that is no size, and for one without a name that is made while modules run, but by no statement of theirs.
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
      const place = kernel.places.takeName();
      if (place !== undefined) return { id: `${runOf(kernel.id)}/${is.kind}@${place}` as GateId, is };
      if (kernel.places.running) {
        throw new UserError(
          `${word}() while modules run, but in no statement of theirs: every task would make one of its own. Make it in the statement itself, or give it a name to be shared by the run, as in ${word}({ name: "jobs" })`,
        );
      }
      return { id: `${kernel.id}/${kernel.effects.takeNumber()}` as GateId, is };
    },
    (host): Gate => ({
      id: (name === undefined ? host.newGate() : `plain/${is.kind}:${name}`) as GateId,
      is,
    }),
  );
}

/** What goes when nothing leads to it: a gate that has no name. */
export function handleOfGate({ id }: Gate, home: Home): HandleId | undefined {
  return isUnnamed(id) || isInbox(id) ? (savedId(id, home.id) as HandleId) : undefined;
}

export function savedGate({ id, is }: Gate, home: Home): Gate {
  return { id: savedId(id, home.id) as GateId, is };
}

export function loadedGate({ id, is }: Gate, home: Home): Gate {
  return { id: loadedId<GateId>(id, home.id), is };
}
