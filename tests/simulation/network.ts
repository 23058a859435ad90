/**
 * Lines between a server and a worker: one each way. A message is copied as bytes, takes its time, and comes once and in order; unless the
 * network is made to be slow, to repeat, or to let messages overtake each other.
 *
 * N1. Messages of one task to a worker keep their order whatever else overtakes them, and so do `ready` and `drained` of a worker: that
 *     much the protocol asks of any network. From a worker even commits of one task may arrive in a wrong order.
 * N2. `ready` comes once: it belongs to the making of the connection.
 */
import { pack, unpack } from "../../src/protocol/pack.ts";
import type { FromWorker, ToWorker } from "../../src/protocol/wire.ts";
import type { Agenda } from "./agenda.ts";

/** How the network behaves: asked for each message. */
export interface Weather {
  latency(): number;
  /** More than the latency; 0 mostly. */
  delay(): number;
  repeats(): boolean;
  overtaken(): boolean;
}

export class Line<Message extends ToWorker | FromWorker> {
  readonly #agenda: Agenda;
  readonly #weather: Weather;
  readonly #name: string;
  readonly #deliver: (message: Message) => void;
  readonly #keepsOrder: (message: Message) => string | undefined;
  #lastAt = 0;
  /** When the last of everything sent so far comes. */
  #latestAt = 0;
  readonly #lastAtOf = new Map<string, number>();
  #cut = false;

  /** `keepsOrder`: messages with the same answer keep their order; `"*"`: keeps its order with all. */
  constructor(
    agenda: Agenda,
    weather: Weather,
    name: string,
    keepsOrder: (message: Message) => string | undefined,
    deliver: (message: Message) => void,
  ) {
    this.#agenda = agenda;
    this.#weather = weather;
    this.#name = name;
    this.#keepsOrder = keepsOrder;
    this.#deliver = deliver;
  }

  send(message: Message): void {
    const bytes = pack(message);
    const order = this.#keepsOrder(message);
    const { now } = this.#agenda;
    const weather = this.#weather;
    let at = now + weather.latency() + weather.delay();
    if (order === "*") at = Math.max(at, this.#latestAt);
    else if (order !== undefined) at = Math.max(at, this.#lastAtOf.get(order) ?? 0);
    if (order !== "*" && weather.overtaken()) at = Math.max(at, this.#lastAt) + 5 * weather.latency();
    else {
      at = Math.max(at, this.#lastAt);
      this.#lastAt = at;
    }
    if (order !== undefined) this.#lastAtOf.set(order, at);
    this.#latestAt = Math.max(this.#latestAt, at);
    const what = `${this.#name} ${describe(message)}`;
    this.#agenda.after(at - now, what, () => this.#arrive(bytes));
    if (message.kind !== "ready" && weather.repeats())
      this.#agenda.after(at - now + 3 * weather.latency(), `${what} again`, () => this.#arrive(bytes));
  }

  /** Calls `act` when everything sent so far has arrived. */
  afterAll(ms: number, what: string, act: () => void): void {
    this.#agenda.after(Math.max(0, this.#latestAt - this.#agenda.now) + ms, what, act);
  }

  /** What is under way never arrives, and nothing more does. */
  cut(): void {
    this.#cut = true;
  }

  #arrive(bytes: Uint8Array): void {
    if (!this.#cut) this.#deliver(unpack(bytes) as Message);
  }
}

export function orderToWorker(message: ToWorker): string {
  return "task" in message ? message.task : "*";
}

export function orderFromWorker(message: FromWorker): string | undefined {
  return message.kind === "ready" || message.kind === "drained" ? "*" : undefined;
}

function describe(message: ToWorker | FromWorker): string {
  switch (message.kind) {
    case "commit": {
      const effects = message.effects.map(({ kind, id }) => `${kind} ${id}`).join(", ");
      const consumed = message.consumed.length > 0 ? ` consumed ${message.consumed.join(",")}` : "";
      return `commit ${message.task} ${message.epoch}/${message.seq} ${message.then.kind} [${effects}]${consumed} ${message.snapshot?.length ?? 0}B`;
    }
    case "activate": {
      const completions = message.completions.map(({ effect }) => effect).join(",");
      return `activate ${message.task} ${message.epoch}/${message.seq} from ${message.from.kind} [${completions}]`;
    }
    case "complete":
      return `complete ${message.task} ${message.epoch} [${message.completions.map(({ effect }) => effect).join(",")}]`;
    case "committed":
      return `committed ${message.task} ${message.epoch}/${message.seq}`;
    case "refused":
    case "returned":
      return `${message.kind} ${message.task} ${message.epoch}`;
    default:
      return message.kind;
  }
}
