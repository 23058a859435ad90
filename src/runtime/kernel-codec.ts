import { Bug } from "../base/errors.ts";
import type { HandleId } from "../base/ids.ts";
import type { TaskKernel } from "./kernel.ts";

/** Values that travel between tasks, as bytes. */
export interface KernelCodec {
  /** @throws {NotSaveableError} @throws {LimitError} `what` names the value in their messages. */
  encode(kernel: TaskKernel, value: unknown, what: string): Uint8Array;
  /** A value is being encoded: what is saved now is handed to others, or may be. */
  readonly handsOver?: boolean;
  /** What encoded bytes lead to, whoever has encoded them. */
  handlesWithin(bytes: Uint8Array): readonly HandleId[];
  /** @throws SnapshotError */
  decode(kernel: TaskKernel, bytes: Uint8Array): unknown;
  /** Of what does not belong to a task (names.ts). */
  nameOf?(value: object): string | undefined;
}

/** Of a kernel that runs alone. */
export const noCodec: KernelCodec = {
  encode: () => {
    throw new Bug("this kernel has no codec");
  },
  handlesWithin: () => [],
  decode: () => {
    throw new Bug("this kernel has no codec");
  },
};
