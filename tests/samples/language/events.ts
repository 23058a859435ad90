// EventTarget, Event and CustomEvent: listeners, their options, and what is kept across awaits.
import { getEventListeners, setMaxListeners } from "node:events";

type Log = (...values: unknown[]) => void;

class Moved extends Event {
  #by: number;
  constructor(by: number) {
    super("moved", { cancelable: true });
    this.#by = by;
  }
  get by(): number {
    return this.#by;
  }
}

class Counter extends EventTarget {
  count = 0;
  add(by: number): boolean {
    this.count += by;
    return this.dispatchEvent(new Moved(by));
  }
}

async function inherited(log: Log): Promise<void> {
  const counter = new Counter();
  const seen: number[] = [];
  counter.addEventListener("moved", (event) => seen.push((event as Moved).by));
  counter.addEventListener("moved", function (this: EventTarget, event) {
    if (this !== counter || event.target !== counter) log("not the target");
    if ((event as Moved).by > 2) event.preventDefault();
  });
  await null;
  log(counter.add(1), counter.add(3), counter.count, seen);
  await null;
  log(counter.add(2), seen, counter instanceof Counter, counter instanceof EventTarget);
}

async function options(log: Log): Promise<void> {
  const target = new EventTarget();
  const lines: string[] = [];
  const note = (event: Event): void => void lines.push(`note ${event.type}`);
  const once = (): void => void lines.push("once");
  target.addEventListener("a", note);
  target.addEventListener("a", note); // the same again is no other
  target.addEventListener("a", note, true);
  target.addEventListener("a", once, { once: true });
  await null;
  target.dispatchEvent(new Event("a"));
  target.removeEventListener("a", note, { capture: true });
  await null;
  target.dispatchEvent(new Event("a"));
  const holder = {
    name: "holder",
    handleEvent(event: Event) {
      lines.push(`${this.name} ${event.type}`);
    },
  };
  target.addEventListener("b", holder);
  const controller = new AbortController();
  target.addEventListener("b", () => lines.push("until aborted"), { signal: controller.signal });
  await null;
  log(target.dispatchEvent(new Event("b", { cancelable: true })));
  controller.abort();
  await null;
  log(target.dispatchEvent(new Event("b", { cancelable: true })));
  target.removeEventListener("b", holder);
  target.dispatchEvent(new Event("b"));
  log(lines);
}

async function flow(log: Log): Promise<void> {
  const target = new EventTarget();
  const lines: string[] = [];
  const late = (): void => void lines.push("late");
  target.addEventListener("x", (event) => {
    lines.push(`first ${event.eventPhase}`);
    try {
      target.dispatchEvent(event);
    } catch (error) {
      lines.push((error as Error).name);
    }
  });
  target.addEventListener("x", late);
  await null;
  target.dispatchEvent(new Event("x"));
  target.dispatchEvent(new Event("x"));
  log(lines);
  const stopper = new EventTarget();
  stopper.addEventListener("y", (event) => event.stopImmediatePropagation());
  stopper.addEventListener("y", () => log("never"));
  await null;
  log(stopper.dispatchEvent(new Event("y")));
}

async function events(log: Log): Promise<void> {
  const event = new Event("z", { bubbles: true, composed: true });
  const custom = new CustomEvent("c", { detail: { deep: [1, 2] } });
  await null;
  log(event.type, event.bubbles, event.cancelable, event.composed, event.defaultPrevented, event.target);
  event.preventDefault();
  log(event.defaultPrevented, event.eventPhase, event.composedPath(), Event.AT_TARGET);
  log(custom.type, custom.detail, custom instanceof CustomEvent, custom instanceof Event);
  log(Object.prototype.toString.call(event), Object.prototype.toString.call(new EventTarget()), Object.keys(event).length);
  try {
    new EventTarget().dispatchEvent({} as Event);
  } catch (error) {
    log((error as Error).name);
  }
}

/** What `node:events` is told of targets. */
async function asNodeSees(log: Log): Promise<void> {
  const { signal } = new AbortController();
  const target = new Counter();
  const listener = (): void => {};
  for (const each of [signal, target]) {
    setMaxListeners(3, each);
    each.addEventListener("abort", listener);
    each.addEventListener("abort", log, { once: true });
    each.addEventListener("other", log);
    await null;
    const found = getEventListeners(each, "abort");
    log(found.length, found[0] === listener, getEventListeners(each, "none").length);
    each.removeEventListener("abort", listener);
    log(getEventListeners(each, "abort").length, Object.getOwnPropertySymbols(EventTarget.prototype).length > 0);
  }
}

export default async function main(log: Log): Promise<void> {
  await asNodeSees(log);
  await inherited(log);
  await options(log);
  await flow(log);
  await events(log);
}
