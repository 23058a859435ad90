/**
 * What `using` is written out to under `run --plain` on a Node that does not know it: the helper that `oxc-transform` calls, over the
 * disposal that compiled code has.
 */
import { Disposals } from "../runtime/disposal.ts";

/** By the names that the transform writes: `u`se, `a`wait using, the `e`rror with which the block is left, `d`ispose. */
export function usingCtx() {
  const disposals = new Disposals();
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
