/** Parts of shared values in a checkpoint: which value, which of its objects, and nothing of what it is (shared.ts). */
import type { HandleId, SharedId } from "../../base/ids.ts";
import { SnapshotError } from "../errors.ts";
import { handlesIn } from "../handles.ts";
import type { Case } from "./cases.ts";
import type { Encoder } from "./encoder.ts";
import { isSnapshot, Node, readNodes } from "./nodes.ts";
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
    const { shared } = input.context.kernel;
    if (input.mode === modeCheckpoint && !shared.has(id)) return input.lacks(id);
    const part = input.mode === modeCheckpoint ? shared.part(id, number) : undefined;
    if (part === undefined) throw new SnapshotError("the snapshot is corrupted: a part of a shared value");
    return part;
  },
};

/**
 * A heap may hold a snapshot: what a task has been given and has not read yet, because its modules still run; what it has answered. What that leads
 * to, the heap does.
 */
export function addHandlesWithin(out: Encoder, bytes: Uint8Array): void {
  for (const id of handlesWithin(bytes)) out.handles.add(id);
}

/** What a value leads to, by its bytes. */
export function handlesWithin(bytes: Uint8Array): readonly HandleId[] {
  return isSnapshot(bytes) ? (handlesIn(bytes) ?? handlesRead(bytes)) : [];
}

/** Classes of the house whose instances stand for what goes when nothing leads to it. */
const handleClasses: ReadonlySet<string> = new Set(
  ["Shared", "Task", "Queue", "Semaphore", "Permit", "Barrier", "Inbox"].map((name) => `continua.${name}`),
);

/** Of bytes from before a thaw. */
function handlesRead(bytes: Uint8Array): HandleId[] {
  try {
    return readNodes(bytes).all.flatMap((node) =>
      node.kind === kinds.saveable && handleClasses.has(node.text) ? [...idsIn(node, 3)] : [],
    );
  } catch (error) {
    // Bytes of the program's own that only begin like one.
    if (error instanceof SnapshotError) return [];
    throw error;
  }
}

/** Saved ids of tasks and gates begin like none of the other texts there; that of a shared value is all that its handle has. */
function* idsIn(node: Node, depth: number): Iterable<HandleId> {
  const shared = node.text === "continua.Shared" ? node.field("[saved]") : undefined;
  if (typeof shared === "string") yield shared as HandleId;
  for (const value of node.values()) {
    if (typeof value === "string" && /^[./]/.test(value)) yield value as HandleId;
    else if (value instanceof Node && depth > 0) yield* idsIn(value, depth - 1);
  }
}
