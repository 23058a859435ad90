/** Outcomes that are the same whenever they are given. Apart from the bytes of outcomes (outcome.ts), since the runtime packs nothing. */
import type { Outcome } from "./effect.ts";

/** The outcome of what has no result: a timer, a checkpoint. */
export const nothing: Outcome = { kind: "value", value: new Uint8Array(0) };

/** The answer to an effect that was withdrawn before anything else answered it. */
export const withdrawn: Outcome = {
  kind: "failure",
  name: "WithdrawnError",
  message: "the wait was withdrawn",
};
