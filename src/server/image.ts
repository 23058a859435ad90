/** A run as it is now, with its bytes (coordinator/image.ts). */
import { assert } from "../base/errors.ts";
import type { RunId } from "../base/ids.ts";
import { bytesOfRun, imageOf, type RunImage, type State } from "../coordinator/index.ts";
import type { BytesKey } from "../protocol/rows.ts";

type Bytes = Uint8Array | undefined;

/**
 * The run must be there. Bytes that are not at hand are asked for at once, and the rows are those of now, however long that takes. Undefined: something was
 * written anew before it could be read.
 */
export function imageNow(
  state: State,
  fetch: (key: BytesKey) => Bytes | Promise<Bytes>,
  run: RunId,
): RunImage | Promise<RunImage | undefined> {
  const found = bytesOfRun(state, run).map((key) => ({ key, bytes: fetch(key) }));
  const with_ = (bytes: RunImage["bytes"]): RunImage => imageOf(state, run, bytes);
  if (found.every(({ bytes }) => !(bytes instanceof Promise))) {
    const whole = found.map(({ key, bytes }) => {
      assert(bytes instanceof Uint8Array, `the bytes of ${key} are missing`);
      return [key, bytes] as const;
    });
    return with_(whole);
  }
  const image = with_([]);
  const isAsItWas = (): boolean =>
    state.runs.get(run) === image.run && image.tasks.every((row) => state.tasks.get(row.id) === row);
  return later(image, found, { fetch, isAsItWas });
}

async function later(
  rows: RunImage,
  found: readonly { readonly key: BytesKey; readonly bytes: Bytes | Promise<Bytes> }[],
  now: { readonly fetch: (key: BytesKey) => Bytes | Promise<Bytes>; readonly isAsItWas: () => boolean },
): Promise<RunImage | undefined> {
  const whole: [BytesKey, Uint8Array][] = [];
  for (const { key, bytes: asked } of found) {
    const bytes = await asked;
    if (bytes === undefined) return undefined;
    whole.push([key, bytes]);
  }
  if (now.isAsItWas()) return { ...rows, bytes: whole };
  // A store that finds a value replaced while it reads it may have read what replaced it.
  for (const [at, { key, bytes: asked }] of found.entries())
    if (asked instanceof Promise && isSame(whole[at]![1], await now.fetch(key))) return undefined;
  return { ...rows, bytes: whole };
}

function isSame(one: Uint8Array, other: Bytes): boolean {
  return other !== undefined && Buffer.compare(one, other) === 0;
}
