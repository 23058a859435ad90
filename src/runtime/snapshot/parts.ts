/** Parts of shared values in a checkpoint: which value, which of its objects, and nothing of what it is (shared.ts). */
import type { SharedId } from "../../base/ids.ts";
import { SnapshotError } from "../errors.ts";
import type { Case } from "./cases.ts";
import type { Reading } from "./readers.ts";
import { kinds, modeCheckpoint } from "./tags.ts";

export const partCase: Case = {
  tag: kinds.part,
  isWhole: true,
  shell(out, value) {
    const { shared } = out.context.kernel;
    const { id, number } = shared.partOf(value)!;
    if (!out.shares.has(id)) {
      const changed = shared.changedIn(id);
      if (changed !== undefined)
        out.refuse(
          "it belongs to a value of share(), which nobody may change, and has been changed; change a copy of it: structuredClone(value)",
          changed,
        );
      out.shares.add(id);
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
