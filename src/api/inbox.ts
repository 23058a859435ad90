/** `inbox`: messages to a task from outside of its run. */
import { UserError } from "../base/errors.ts";
import type { GateId } from "../base/ids.ts";
import { inboxOf } from "../base/ids.ts";
import type { Gate } from "../protocol/effect.ts";
import { closure, registerClass, runtimeSite } from "../runtime/index.ts";
import { handleOfGate, loadedGate, savedGate } from "./gate.ts";
import { keepPlainly } from "./plain.ts";
import { consume } from "./queue.ts";
import { durableSignal, type Waiting } from "./signal.ts";
import { inTask } from "./task.ts";

/**
 * What somebody sends to a task under a name: `server.send`, `continua send`. Messages are JSON values, in the order in which they came; each is
 * received once. They wait here from the moment at which the sender was told so, also if nobody receives yet.
 *
 *     for await (const order of inbox<Order>("orders")) await handle(order);      // as long as the task goes on
 */
export class Inbox<T = unknown> {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
    keepPlainly(this);
  }

  static gateOf(inbox: Inbox): Gate {
    return inbox.#gate;
  }

  /** Takes the next message, waiting for one. A run in which somebody waits here is no deadlock. */
  receive(waiting: Waiting = {}): Promise<T> {
    return inTask(
      "Inbox.receive()",
      (kernel) =>
        kernel.effects.askFor(
          { kind: "dequeue", gate: this.#gate },
          durableSignal("receive", waiting),
        ) as unknown as Promise<unknown>,
      (host) => host.wait(host.at(this.#gate, { kind: "dequeue" }), waiting.signal),
    ) as Promise<T>;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return consume<T>(closure(receiveSite, { inbox: this }));
  }
}

const receiveSite = runtimeSite(
  "inbox.receive",
  (env: { readonly inbox: Inbox }) => () => env.inbox.receive(),
);

registerClass("continua.Inbox", Inbox, {
  save: (inbox, home) => savedGate(Inbox.gateOf(inbox), home),
  load: (gate, home) => new Inbox(loadedGate(gate, home)),
  leadsTo: (inbox, home) => handleOfGate(Inbox.gateOf(inbox), home),
});

/** The inbox of the running task under this name. The handle can be passed on; whoever receives takes messages of this task. */
export function inbox<T>(name: string): Inbox<T> {
  if (typeof name !== "string" || name === "")
    throw new UserError(`inbox(name): a name is a text, not ${JSON.stringify(name)}`);
  return inTask(
    "inbox()",
    (kernel) => new Inbox<T>({ id: inboxOf(kernel.id, name), is: { kind: "inbox" } }),
    (host) => new Inbox<T>({ id: `${host.current().id}/inbox:${name}` as GateId, is: { kind: "inbox" } }),
  );
}
