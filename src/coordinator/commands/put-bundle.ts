import type { Command } from "../command.ts";
import type { Draft } from "../draft.ts";

export function putBundle(draft: Draft, { version, bytes, now }: Command & { kind: "put-bundle" }): void {
  // A version is a hash: the same name is the same content.
  if (draft.state.bundles.has(version)) return;
  draft.setBundle(version, { version, storedAt: now });
  draft.setBytes(`bundle/${version}`, bytes);
}
