/**
 * Compiled programs, kept under their hashes.
 *
 * B1. A bundle is there exactly while a run names it: it comes with the decision that names it first, and goes with the one that ends the last name.
 *     So nobody's bundle can go between being put and being used.
 */
import type { Version } from "../base/ids.ts";
import type { Draft } from "./draft.ts";

export interface PackedBundle {
  readonly version: Version;
  /** `pack` of the Bundle. */
  readonly bytes: Uint8Array;
}

export function putBundle(draft: Draft, { version, bytes }: PackedBundle, now: number): void {
  // A version is a hash: the same name is the same content.
  if (draft.state.bundles.has(version)) return;
  draft.setBundle(version, { version, storedAt: now });
  draft.setBytes(`bundle/${version}`, bytes);
}

/** So many runs have ceased to name it. */
export function leaveBundle(draft: Draft, version: Version, runs: number): void {
  if (draft.state.runsOf(version) > runs) return;
  draft.setBundle(version, undefined);
  draft.deleteBytes(`bundle/${version}`);
}
