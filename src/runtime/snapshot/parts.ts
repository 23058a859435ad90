/** Parts of shared values in a checkpoint: which value, which of its objects, and nothing of what it is (shared.ts). */
import type { SharedId } from "../../base/ids.ts";
import { SnapshotError } from "../errors.ts";
import { sharesIn } from "../shared.ts";
import type { Case } from "./cases.ts";
import type { Encoder } from "./encoder.ts";
import { isSnapshot, readNodes } from "./nodes.ts";
import type { Reading } from "./readers.ts";
import { kinds, modeCheckpoint } from "./tags.ts";

export const partCase: Case = {
  tag: kinds.part,
  isWhole: true,
  shell(out, value) {
    const { shared } = out.context.kernel;
    const { id, number } = shared.partOf(value)!;
    if (!out.handles.has(id)) {
      const changed = shared.changedIn(id);
      if (changed !== undefined)
        out.refuse(
          "it belongs to a value of share(), which nobody may change, and has been changed; change a copy of it: structuredClone(value)",
          changed,
        );
      out.handles.add(id);
    }
    out.text(id);
    out.contents.varint(number);
  },
};

export const partReading: Reading = {
  shell(input) {
    const id = input.text() as SharedId;
    const number = input.input.varint();
    const part = input.mode === modeCheckpoint ? input.context.kernel.shared.part(id, number) : undefined;
    if (part === undefined) throw new SnapshotError("the snapshot is corrupted: a part of a shared value");
    return part;
  },
};

/**
 * A heap may hold a snapshot: what a task has been given and has not read yet, because its modules still run; what it has answered. What that leads
 * to, the heap does.
 */
export function addSharesWithin(out: Encoder, bytes: Uint8Array): void {
  if (!isSnapshot(bytes)) return;
  for (const id of sharesIn(bytes) ?? handlesIn(bytes)) out.shares.add(id);
}

function handlesIn(bytes: Uint8Array): SharedId[] {
  try {
    return readNodes(bytes).all.flatMap((node) => {
      const id =
        node.kind === kinds.saveable && node.text === "continua.Shared" ? node.field("[saved]") : undefined;
      return typeof id === "string" ? [id as SharedId] : [];
    });
  } catch (error) {
    // Bytes of the program's own that only begin like one.
    if (error instanceof SnapshotError) return [];
    throw error;
  }
}
