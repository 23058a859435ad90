import type { Frame as AbiFrame, Site } from "../protocol/abi.ts";
import type { DurablePromise } from "./promise.ts";

/**
 * One suspended call. `parent` is who gets its result: the frame of the caller that was fused with it (`await f()`), or
 * the promise of the fiber whose outermost call it is.
 */
export class Frame implements AbiFrame {
  readonly site: Site;
  readonly label: number;
  readonly slots: unknown[];
  parent: Frame | DurablePromise | undefined = undefined;

  constructor(site: Site, label: number, slots: unknown[]) {
    this.site = site;
    this.label = label;
    this.slots = slots;
  }
}
