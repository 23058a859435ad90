/**
 * A server as a process: the real one, with a clock, a store and workers that end with it. One that has been killed goes on as JavaScript
 * here, too, and nothing of it is seen any more.
 */
import type { Random } from "../../src/base/random.ts";
import type { Bounds, Command, Decision, decide, State } from "../../src/coordinator/index.ts";
import type { Durability, ServerEvents } from "../../src/server/index.ts";
import { Server } from "../../src/server/index.ts";
import type { Store } from "../../src/store/store.ts";
import type { Agenda } from "./agenda.ts";
import type { Disk, DiskStore } from "./disk.ts";
import type { WorkersHost } from "./workers.ts";
import { SimulatedPlatform } from "./workers.ts";

export type Decide = typeof decide;

export interface ServerHost {
  readonly agenda: Agenda;
  readonly disk: Disk;
  readonly workers: (process: ServerProcess) => WorkersHost;
  readonly random: Random;
  readonly durability: Durability;
  readonly bounds: Bounds;
  readonly crew: { readonly workers: number; readonly timeLimitMs?: number };
  /** The coordinator, perhaps a broken one. */
  readonly decide: Decide;
  /** The store that the server gets, perhaps a broken one. */
  store(store: DiskStore): Store;
  decided(process: ServerProcess, state: State, command: Command, decision: Decision): void;
  readonly events: (process: ServerProcess) => ServerEvents;
}

export class ServerProcess {
  readonly name: string;
  readonly platform: SimulatedPlatform;
  readonly store: DiskStore;
  /** Once it serves. */
  server: Server | undefined;
  /** What it knows. */
  state: State | undefined;
  /** Why it ended by itself. */
  stopped: unknown;
  alive = true;
  /** It is being closed in order. */
  closing = false;
  /** By which its clock is wrong. */
  skewMs = 0;

  constructor(host: ServerHost, name: string) {
    this.name = name;
    this.platform = new SimulatedPlatform(host.workers(this), name);
    this.store = host.disk.open();
    const { agenda } = host;
    const events = host.events(this);
    Server.open({
      store: host.store(this.store),
      platform: this.platform,
      clock: {
        now: () => Math.floor(agenda.now + this.skewMs),
        after: (ms, act) => agenda.after(ms, `${name} timer`, () => this.alive && act()),
      },
      random: host.random,
      durability: host.durability,
      bounds: host.bounds,
      workers: host.crew.workers,
      workerOptions: host.crew.timeLimitMs === undefined ? {} : { timeLimitMs: host.crew.timeLimitMs },
      events,
      decide: (state, command) => {
        this.state = state;
        const decision = host.decide(state, command);
        if (this.alive) host.decided(this, state, command, decision);
        return decision;
      },
    }).then(
      (server) => {
        this.server = server;
      },
      (error) => {
        this.stopped ??= error;
      },
    );
  }

  /** Of what it was writing, `kept` writes are on the disk. Answers how many are lost. */
  kill(kept: number, workersNotice: () => number): number {
    this.alive = false;
    const lost = this.store.crash(kept);
    this.platform.orphan(workersNotice);
    return lost;
  }
}
