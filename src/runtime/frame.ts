import type { Frame as AbiFrame, Site } from "../protocol/abi.ts";
import type { Ambient } from "./ambient.ts";
import type { AsyncGenerator } from "./async-generators.ts";
import type { GeneratorObject } from "./generators.ts";
import type { DurablePromise } from "./promise.ts";

export type Caller = Frame | DurablePromise | AsyncGenerator | GeneratorObject;

/**
 * One suspended call. `parent` is who gets its result: the frame of the caller that was fused with it (`await f()`), or
 * the promise of the fiber whose outermost call it is, or the generator that it is the frame of.
 */
export class Frame implements AbiFrame {
  readonly site: Site;
  label: number;
  slots: unknown[];
  parent: Caller | undefined = undefined;
  /** Of all that carry none: on the prototype, since few do. */
  declare readonly ambient: Ambient | undefined;

  constructor(site: Site, label: number, slots: unknown[]) {
    this.site = site;
    this.label = label;
    this.slots = slots;
  }
}
Object.defineProperty(Frame.prototype, "ambient", { value: undefined, writable: true });

/** One that has taken along what the program's storages hold (ambient.ts). */
export class CarryingFrame extends Frame {
  override ambient: Ambient | undefined;

  constructor(site: Site, label: number, slots: unknown[], ambient: Ambient | undefined) {
    super(site, label, slots);
    this.ambient = ambient;
  }
}
