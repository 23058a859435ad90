/** Values to bytes and back: docs/internals/snapshot.md. */
import { NotSaveableError } from "../errors.ts";
import { type CodecContext, recordPrototype } from "./context.ts";
import { type Decoded, Decoder } from "./decoder.ts";
import { type Constant, Encoder, refusedChains } from "./encoder.ts";
import { type Mode, modeCheckpoint, modeValue } from "./tags.ts";

export {
  type InspectedFiber,
  type InspectedFrame,
  type InspectedModule,
  type InspectedVariable,
  type Inspection,
  inspectSnapshot,
} from "./inspect.ts";
export { position } from "./path.ts";
export { type CodecContext, type Decoded, modeCheckpoint, modeValue, recordPrototype };

/** Values of constants that are saved by name, because they cannot be saved themselves (design H1). One for each task. */
export type Constants = Map<object, Constant>;

export interface Encoded {
  readonly bytes: Uint8Array;
  /** Awaited promises that nothing in the snapshot can settle: only this process can. */
  readonly lostAwaited: number;
}

/** @throws NotSaveableError naming the variable and its line. `what` names the root. */
export function encode(
  context: CodecContext,
  mode: Mode,
  constants: Constants,
  root: unknown,
  what: string,
): Encoded {
  for (;;) {
    const encoder = new Encoder(context, mode, constants);
    try {
      return { bytes: encoder.run(root, what), lostAwaited: encoder.lostAwaited };
    } catch (error) {
      // Each round names one constant more: it ends.
      if (
        !(error instanceof NotSaveableError) ||
        !addConstant(context, constants, refusedChains.get(error) ?? [])
      )
        throw error;
    }
  }
}

/** @throws SnapshotError */
export function decode(context: CodecContext, mode: Mode, bytes: Uint8Array): Decoded {
  return new Decoder(context, bytes).run(mode);
}

/**
 * Finds the constant that can be made again in place of what was refused: the refused object itself, or an object that holds a
 * foreign function directly, which compiled code cannot have made.
 */
function addConstant(
  context: CodecContext,
  constants: Constants,
  [refused, holder]: readonly object[],
): boolean {
  const candidates = typeof refused === "function" ? [refused, holder] : [refused];
  for (const [module, record] of context.kernel.records) {
    for (const { name, again } of context.definition(module)?.variables ?? []) {
      if (again === undefined) continue;
      const value: unknown = Object.getOwnPropertyDescriptor(record, name)?.value;
      const found = candidates.find((candidate) => candidate !== undefined && candidate === value);
      if (found === undefined || constants.has(found)) continue;
      constants.set(found, { module, name });
      return true;
    }
  }
  return false;
}
