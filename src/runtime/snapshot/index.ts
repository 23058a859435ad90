/** Values to bytes and back: docs/internals/snapshot.md. */
import { NotSaveableError } from "../errors.ts";
import { type CodecContext, type Constant, recordPrototype } from "./context.ts";
import { type Decoded, Decoder } from "./decoder.ts";
import { type Encoded, Encoder, Refusal, refusedChains } from "./encoder.ts";
import { PoolSplit } from "./pools.ts";
import { notSimple, simpleBytes, simpleValue } from "./simple.ts";
import { type Mode, modeCheckpoint, modeValue } from "./tags.ts";

export {
  type InspectedFiber,
  type InspectedFrame,
  type InspectedModule,
  type InspectedVariable,
  type Inspection,
  inspectSnapshot,
} from "./inspect.ts";
export { handlesWithin } from "./parts.ts";
export { position } from "./path.ts";
export { makeLazily } from "./readers.ts";
export { type CodecContext, type Decoded, type Encoded, modeCheckpoint, modeValue, recordPrototype };

/** Values of constants that are saved by name, because they cannot be saved themselves (design H1). One for each task. */
export type Constants = Map<object, Constant>;

/** Encoders at rest: their tables and memory cost more than a small snapshot. */
const resting: Encoder[] = [];
const restingMax = 4;
const none: readonly never[] = [];

/** @throws NotSaveableError naming the variable and its line. `what` names the root. */
export function encode(
  context: CodecContext,
  mode: Mode,
  constants: Constants,
  root: unknown,
  what: string,
): Encoded {
  const simple = mode === modeValue ? simpleBytes(root) : undefined;
  if (simple !== undefined) return { bytes: simple, lostAwaited: 0, handles: none };
  const encoder = resting.pop() ?? new Encoder();
  try {
    for (;;) {
      const refusal = encoded(encoder, context, mode, constants, root, what);
      if (!(refusal instanceof NotSaveableError)) return refusal;
      // Each round names one constant more: it ends.
      if (!addConstant(context, constants, refusedChains.get(refusal) ?? [])) throw refusal;
    }
  } finally {
    encoder.clear();
    if (resting.length < restingMax) resting.push(encoder);
  }
}

type Order = readonly [CodecContext, Mode, Constants, unknown, string];

function encoded(encoder: Encoder, ...of: Order): Encoded | NotSaveableError {
  for (;;) {
    try {
      return encodedOnce(encoder, ...of);
    } catch (error) {
      encoder.clear();
      if (!(error instanceof PoolSplit)) throw error;
    }
  }
}

function encodedOnce(encoder: Encoder, ...of: Order): Encoded | NotSaveableError {
  try {
    return encoder.run(...of);
  } catch (error) {
    encoder.clear();
    if (!(error instanceof Refusal)) throw error;
    const refusal = encoder.explain(...of);
    encoder.clear();
    // What was refused has changed since: it is looked at anew.
    return refusal ?? encoder.run(...of);
  }
}

/** @throws SnapshotError */
export function decode(context: CodecContext, mode: Mode, bytes: Uint8Array): Decoded {
  const simple = mode === modeValue ? simpleValue(bytes) : notSimple;
  if (simple !== notSimple) return { root: simple, lost: none, foreign: none, newVariables: none };
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
