/** Live objects of a task in this process, as far as its kernel has to know of them. Most tasks have none. */
export class LiveObjects {
  #pins: Map<object, string> | undefined;
  #leavers: (() => void)[] | undefined;

  /** The task cannot be saved just now: `who` stands in the way, and what to say (design H7). */
  pin(who: object, why: string): void {
    this.#pins ??= new Map();
    this.#pins.set(who, why);
  }

  unpin(who: object): void {
    this.#pins?.delete(who);
  }

  /** Why it cannot be saved; `undefined`: nobody stands in the way. */
  get obstacle(): string | undefined {
    return this.#pins?.values().next().value;
  }

  /** `leave` is called once, when the task leaves this process, one way or another; it may not throw. */
  onLeave(leave: () => void): void {
    this.#leavers ??= [];
    this.#leavers.push(leave);
  }

  leave(): void {
    for (const leave of this.#leavers?.splice(0) ?? []) leave();
  }
}
