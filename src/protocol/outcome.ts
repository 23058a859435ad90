/** The bytes of an {@link Outcome} as they lie in table `bytes` (rows.ts). */
import { assert } from "../base/errors.ts";
import type { Outcome } from "./effect.ts";
import { pack, unpack } from "./pack.ts";

export function encodeOutcome(outcome: Outcome): Uint8Array {
  return pack(outcome);
}

export function decodeOutcome(bytes: Uint8Array): Outcome {
  const outcome = unpack(bytes) as Outcome;
  assert(
    outcome?.kind === "value" || outcome?.kind === "error" || outcome?.kind === "failure",
    "bytes of an outcome that are none",
  );
  return outcome;
}
