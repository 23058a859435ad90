/**
 * What `using` is written out to under `run --plain` on a Node that does not know it: the helper that `oxc-transform` calls, over the
 * disposal that compiled code has.
 */
import type { Disposals } from "../protocol/abi.ts";
import { abi } from "../runtime/index.ts";

/** By the names that the transform writes: `u`se, `a`wait using, the `e`rror with which the block is left, `d`ispose. */
function usingCtx() {
  const disposals = abi.disposals();
  let waits = false;
  return {
    u: (value: unknown) => disposals.add(value, false),
    a(value: unknown) {
      waits = true;
      return disposals.add(value, true);
    },
    set e(error: unknown) {
      disposals.fail(error);
    },
    d: () => (waits ? disposeWaiting(disposals) : disposals.dispose()),
  };
}

async function disposeWaiting(disposals: Disposals): Promise<void> {
  while (disposals.step()) {
    try {
      await disposals.awaited;
    } catch (error) {
      disposals.fail(error);
    }
  }
  disposals.finish();
}

// The transform imports it so.
export { usingCtx as default };
