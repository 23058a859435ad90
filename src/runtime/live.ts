/** Live objects of a task in this process, as far as its kernel has to know of them. */
export class LiveObjects {
  /** Why the task cannot be saved just now: who stands in the way, and what to say (design H7). */
  readonly pins = new Map<object, string>();
  readonly #leavers: (() => void)[] = [];

  /** `leave` is called once, when the task leaves this process, one way or another; it may not throw. */
  onLeave(leave: () => void): void {
    this.#leavers.push(leave);
  }

  leave(): void {
    for (const leave of this.#leavers.splice(0)) leave();
  }
}
