/**
 * The workers of a server: as many as were asked for, each from its start to its end.
 *
 * Owns: processes and their ages. Does not own: what runs on them (the coordinator decides), so it knows nothing of tasks.
 * Talks to: the platform below, the server by {@link CrewEvents}.
 *
 * W1. A worker that is about to drain is not counted, so its replacement is ready when it hands back, not some time after it has gone.
 * W2. A worker is asked to drain a margin before its time limit: late enough to be useful, early enough for the freeze, the commit and its
 *     flush.
 * W3. When workers end before they were ready, limits.failedStarts times in a row, none is started any more: there is something
 *     wrong with all of them.
 * W4. Where it is asked for, a worker is frozen while it has nothing to do, as functions are between two calls; what is sent to it wakes it.
 * W5. Workers of a size are started when tasks of that size wait for one, as many in all as there are others, and leave when nothing has come for
 *     limits.sizedLingerMs.
 * W6. Where it is asked for, and workers have no time limit, one more is started when there has been work for limits.spareAfterMs: the spare. It is given no
 *     task until it takes the place of one that has died, and it is gone when nobody has anything to do. Nobody but the crew counts it.
 */
import { UserError } from "../base/errors.ts";
import type { WorkerId } from "../base/ids.ts";
import { drainMargin, limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import type { Death, Platform, WorkerLink, WorkerOptions } from "../platform/platform.ts";
import type { FromWorker, ToWorker } from "../protocol/wire.ts";
import type { Clock } from "./clock.ts";
import { inParts } from "./parts.ts";

interface CrewEvents {
  /** `memoryMiB`: it is one of that size. */
  joined(worker: WorkerId, memoryMiB: number | undefined): void;
  received(worker: WorkerId, message: Exclude<FromWorker, { kind: "ready" }>): void;
  printed(name: string, stream: "out" | "err", text: string): void;
  /** A worker will drain soon: time to start another one. */
  ageing(): void;
  /** Time to hand back. */
  drain(worker: WorkerId): void;
  /** `joined`: whether {@link CrewEvents.joined} was called before. */
  left(worker: WorkerId, name: string, death: Death, joined: boolean): void;
  failed(error: UserError): void;
  /** A worker that has nothing to do yet may be shown what is likely to come (W6). */
  spareReady(worker: WorkerId): void;
}

interface CrewOptions {
  readonly platform: Platform;
  readonly clock: Clock;
  readonly size: number;
  readonly workerOptions: WorkerOptions;
  /** Whether the worker has nothing to do. */
  readonly isIdle: (worker: WorkerId) => boolean;
  /** Freezes workers that have had nothing to do for `limits.freezeAfterMs`. */
  readonly freeze: boolean;
  /** W6. */
  readonly spare: boolean;
}

interface Member {
  readonly id: WorkerId;
  readonly link: WorkerLink;
  /** Of a worker of a size (W5). */
  readonly memoryMiB: number | undefined;
  stage: "starting" | "working" | "leaving";
  /** When it was told the time last. */
  toldAt: number;
  /** W6. Nobody has been told of it; `ready` once it is. */
  spare: "starting" | "ready" | undefined;
  /** Its replacement may be started (W1). */
  ageing: boolean;
  /** What has to be called off at its end. */
  cancelDrain: () => void;
  cancelFreeze: (() => void) | undefined;
  cancelLinger: (() => void) | undefined;
}

export class Crew {
  readonly #options: CrewOptions;
  readonly #events: CrewEvents;
  readonly #members = new Map<WorkerId, Member>();
  /** Those whose lines hold messages back, so that several go together. */
  readonly #holding = new Set<WorkerLink>();
  #spare: Member | undefined;
  #cancelSpare: (() => void) | undefined;
  #started = 0;
  #failedStarts = 0;
  #closed = false;

  constructor(options: CrewOptions, events: CrewEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Workers that can be given tasks, now or soon. */
  get size(): number {
    return this.#count(() => true);
  }

  /** Starts workers until there are enough. */
  fill(): void {
    while (!this.#closed && this.#count(({ memoryMiB }) => memoryMiB === undefined) < this.#options.size)
      if (this.#spare === undefined) this.#start(undefined);
      else this.#takeSpare(this.#spare);
  }

  /** W6. */
  #takeSpare(member: Member): void {
    const { spare } = member;
    this.#spare = undefined;
    member.spare = undefined;
    if (spare === "ready") this.#join(member);
  }

  /** W6. */
  #maySpare(): void {
    const { clock, spare, workerOptions, isIdle } = this.#options;
    if (!spare || workerOptions.timeLimitMs !== undefined || this.#closed) return;
    this.#cancelSpare = clock.after(limits.spareAfterMs, () => {
      this.#cancelSpare = undefined;
      if (this.#spare !== undefined) return;
      for (const { id, stage } of this.#members.values())
        if (stage === "working" && !isIdle(id)) {
          this.#spare = this.#start(undefined);
          this.#spare.spare = "starting";
          return;
        }
    });
  }

  /** Nothing has happened for a while: whoever has nothing to do need not have anybody in reserve (W6). */
  rest(): void {
    const { isIdle } = this.#options;
    for (const { id, stage } of this.#members.values()) if (stage === "working" && !isIdle(id)) return;
    this.#spare?.link.kill("closed");
  }

  /** So many tasks wait for workers of this size (W5). */
  want(memoryMiB: number, tasks: number): void {
    const { size, isIdle } = this.#options;
    let coming = this.#count(
      (member) => member.memoryMiB === memoryMiB && (member.stage === "starting" || isIdle(member.id)),
    );
    let sized = 0;
    for (const member of this.#members.values()) if (member.memoryMiB !== undefined) sized++;
    for (; !this.#closed && coming < tasks && sized < size; coming++, sized++) this.#start(memoryMiB);
  }

  #count(which: (member: Member) => boolean): number {
    let count = 0;
    for (const member of this.#members.values())
      if (member.stage !== "leaving" && !member.ageing && member !== this.#spare && which(member)) count++;
    return count;
  }

  /** What the worker is to be told of the time, which it is `limits.timeToldMs` after it was told last. */
  time(worker: WorkerId, now: number): { readonly now?: number } {
    const member = this.#members.get(worker);
    if (member === undefined || now - member.toldAt < limits.timeToldMs) return {};
    member.toldAt = now;
    return { now };
  }

  send(worker: WorkerId, message: ToWorker): void {
    const member = this.#members.get(worker);
    if (member === undefined) return;
    this.#holding.add(member.link);
    for (const part of inParts(message)) member.link.send(part);
    this.#mayFreeze(member);
    this.#mayLeave(member);
    if (this.#spare === undefined && this.#cancelSpare === undefined) this.#maySpare();
  }

  /** What has been sent goes out. */
  flush(): void {
    for (const link of this.#holding) link.flush?.();
    this.#holding.clear();
  }

  /** W5. */
  #mayLeave(member: Member): void {
    const { clock, isIdle } = this.#options;
    if (member.memoryMiB === undefined || this.#closed) return;
    member.cancelLinger?.();
    member.cancelLinger = clock.after(limits.sizedLingerMs, () => {
      member.cancelLinger = undefined;
      if (isIdle(member.id)) this.#drain(member.id);
      else this.#mayLeave(member);
    });
  }

  /** W4. */
  #mayFreeze(member: Member): void {
    const { clock, isIdle, freeze } = this.#options;
    if (!freeze || this.#closed) return;
    member.cancelFreeze?.();
    member.cancelFreeze = clock.after(limits.freezeAfterMs, () => {
      member.cancelFreeze = undefined;
      if (!this.#members.has(member.id) || member.stage !== "working") return;
      if (isIdle(member.id)) member.link.freeze();
      else this.#mayFreeze(member);
    });
  }

  /** The worker has nothing to do any more. */
  dismiss(worker: WorkerId): void {
    const member = this.#members.get(worker);
    if (member === undefined) return;
    member.stage = "leaving";
    // One that has a limit meets it in a moment, as a function does: the platform sees to that.
    if (this.#options.workerOptions.timeLimitMs === undefined || member.memoryMiB !== undefined)
      member.link.kill("closed");
  }

  /** Kills one of those that work, by chance. */
  killOne(random: Random): void {
    const working = [...this.#members.values()].filter(({ stage }) => stage === "working");
    working[Math.floor(random() * working.length)]?.link.kill("chaos");
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const member of this.#members.values()) callOff(member);
    this.#cancelSpare?.();
    await this.#options.platform.close();
  }

  #start(memoryMiB: number | undefined): Member {
    const { platform } = this.#options;
    const workerOptions = {
      ...this.#options.workerOptions,
      ...(memoryMiB === undefined ? {} : { memoryMiB }),
    };
    const id = `w${++this.#started}` as WorkerId;
    const link = platform.start(workerOptions, {
      received: (message) => this.#received(id, message),
      printed: (stream, text) => {
        if (!this.#closed) this.#events.printed(link.name, stream, text);
      },
      exited: (death) => this.#exited(id, death),
    });
    const member: Member = {
      id,
      link,
      memoryMiB,
      stage: "starting",
      toldAt: Number.NEGATIVE_INFINITY,
      spare: undefined,
      ageing: false,
      cancelDrain: () => {},
      cancelFreeze: undefined,
      cancelLinger: undefined,
    };
    this.#members.set(id, member);
    return member;
  }

  /** W2. Its time begins when it is ready. */
  #setDrain(member: Member): void {
    const { clock, workerOptions } = this.#options;
    const { timeLimitMs } = workerOptions;
    if (timeLimitMs === undefined) return;
    const drainMs = drainAge(timeLimitMs);
    const cancelAgeing = clock.after(Math.max(drainMs / 2, drainMs - limits.replacementLeadMs), () => {
      member.ageing = true;
      this.#events.ageing();
    });
    const cancelDrain = clock.after(drainMs, () => this.#drain(member.id));
    member.cancelDrain = () => {
      cancelAgeing();
      cancelDrain();
    };
  }

  #received(id: WorkerId, message: FromWorker): void {
    const member = this.#members.get(id);
    if (this.#closed || member === undefined) return;
    if (message.kind !== "ready") {
      // It may have begun to drain by its own clock.
      if (message.kind === "drained") member.stage = "leaving";
      this.#events.received(id, message);
      return;
    }
    this.#failedStarts = 0;
    if (member !== this.#spare) {
      this.#join(member);
      return;
    }
    member.spare = "ready";
    this.#events.spareReady(id);
  }

  #join(member: Member): void {
    member.stage = "working";
    this.#setDrain(member);
    this.#events.joined(member.id, member.memoryMiB);
    this.#mayFreeze(member);
    this.#mayLeave(member);
  }

  #drain(id: WorkerId): void {
    const member = this.#members.get(id);
    if (this.#closed || member?.stage !== "working") return;
    member.stage = "leaving";
    this.#events.drain(id);
  }

  #exited(id: WorkerId, death: Death): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    callOff(member);
    this.#members.delete(id);
    if (this.#closed) return;
    if (member === this.#spare) {
      this.#spare = undefined;
      return;
    }
    const joined = member.stage !== "starting";
    this.#events.left(id, member.link.name, death, joined);
    if (joined || death.kind === "chaos" || death.kind === "closed") return;
    this.#failedStarts++;
    if (this.#failedStarts >= limits.failedStarts)
      this.#events.failed(cannotStart(this.#failedStarts, death));
  }
}

function callOff({ cancelDrain, cancelFreeze, cancelLinger }: Member): void {
  cancelDrain();
  cancelFreeze?.();
  cancelLinger?.();
}

/** The age at which a worker is asked to hand back what it has (W2). */
export function drainAge(timeLimitMs: number): number {
  return Math.max(0, timeLimitMs - drainMargin(timeLimitMs));
}

function cannotStart(times: number, { kind, detail }: Death): UserError {
  const advice: Partial<Record<Death["kind"], string>> = {
    "time-limit": ": the machine is too busy, or something holds up every process that is started on it",
    memory: ": the memory limit is too small for a worker to start in; give more",
  };
  const seen = detail === "" ? kind : `${kind}: ${detail}`;
  return new UserError(
    `${times} workers in a row ended before they were ready (${seen})${advice[kind] ?? ""}`,
    { exitCode: 2 },
  );
}
