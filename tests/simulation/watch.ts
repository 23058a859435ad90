/**
 * What must hold all the time, whatever the program: looked at where it would leave the system, and where it reaches the disk.
 *
 * X1. Nothing leaves the server that is not on the disk (design D1): what a worker is told, what is printed, that a run has ended. With
 *     group durability answers to tasks on a worker may be ahead of it.
 * X2. An answer is offered until a commit that has consumed it is on the disk, and never again (design H15).
 * X3. A line is handed out once by one server, and to everybody under one id (T2).
 * X4. On the disk numbers only grow: epoch and seq of a task, tokens of a lock; a gate never holds more than it has room for.
 * X5. No sleep ends early by the server's clock.
 * X6. Of what one task has started never more has not begun than there is room for, and what one commit brings.
 * X7. When a run has been gone through for what only leads to itself, no queue without a name is left in it to which nothing leads.
 */

import {
  type EffectId,
  type HandleId,
  handleKey,
  isUnnamed,
  parentOf,
  type RunId,
  runOf,
  runOfGate,
  type TaskId,
} from "../../src/base/ids.ts";
import type { Command, Decision, State } from "../../src/coordinator/index.ts";
import { isOver, timerKey } from "../../src/coordinator/index.ts";
import type { Completion, Outcome } from "../../src/protocol/effect.ts";
import type { Change, GateRow, TaskRow } from "../../src/protocol/rows.ts";
import type { Commit, FromWorker, ToWorker } from "../../src/protocol/wire.ts";
import type { Durability } from "../../src/server/index.ts";
import type { Disk } from "./disk.ts";

/** The wait was withdrawn before anything answered it. */
export function isWithdrawn(outcome: Outcome): boolean {
  return outcome.kind === "failure" && outcome.name === "WithdrawnError";
}

/** A property does not hold. */
export class Violation extends Error {
  override readonly name = "Violation";
  /** Of the property. */
  readonly property: string;

  constructor(property: string, message: string) {
    super(message);
    this.property = property;
  }
}

export interface Line {
  readonly id: string;
  readonly task: TaskId;
  readonly text: string;
}

export class Watch {
  /** Each line once, in the order in which the first server said it. */
  readonly lines: Line[] = [];
  /** How often each was said. */
  readonly timesSaid = new Map<string, number>();
  readonly #disk: Disk;
  readonly #strict: boolean;
  /** What a task's commits name consumed that are not on the disk yet. */
  readonly #consuming = new Map<TaskId, readonly Pick<Commit, "seq" | "consumed">[]>();
  readonly #consumed = new Map<TaskId, Set<EffectId>>();
  readonly #withdrawn = new Set<string>();
  readonly #dueAt = new Map<string, number>();
  readonly #saidBy = new Map<string, object>();
  readonly #room: number;
  /** Tasks on the disk that have not begun, by who started them, and the most that one commit of each has started. */
  readonly #unstarted = new Map<TaskId, Set<TaskId>>();
  readonly #atOnce = new Map<TaskId, number>();
  #now = 0;

  /** `room`: for tasks that one task has started and that have not begun. */
  constructor(disk: Disk, durability: Durability, room: number) {
    this.#disk = disk;
    this.#room = room;
    this.#strict = durability === "strict";
  }

  /** A server has decided. */
  decided(command: Command): void {
    if ("now" in command) this.#now = Math.max(this.#now, command.now);
    if (command.kind === "fork") this.#copied(command);
    if (command.kind !== "commit") return;
    for (const effect of command.commit.effects)
      if (effect.kind === "withdraw" && effect.answered === undefined)
        this.#withdrawn.add(`${command.commit.task}/${effect.of}`);
  }

  /** The server that has the disk has decided. */
  counted(state: State, command: Command, { changes }: Decision): void {
    if (command.kind === "trace") for (const run of command.runs) this.#traced(state, run, changes);
    const commit = countedCommit(state, command, changes);
    if (commit === undefined) return;
    const { task, seq, consumed } = commit;
    // A commit that was lost with its server, and is made anew, may be another one.
    const before = (this.#consuming.get(task) ?? []).filter((each) => each.seq < seq);
    this.#consuming.set(task, [...before, { seq, consumed }]);
  }

  /** X7. More is taken for led to than has to be: all tasks count, also those that have ended. */
  #traced(state: State, run: RunId, changes: Decision["changes"]): void {
    const leads = new Map<string, string[]>();
    const open: string[] = [];
    const note = (ids: readonly HandleId[] | undefined, to: string[]): void => {
      for (const id of ids ?? []) to.push(handleKey(run, id));
    };
    for (const id of state.tasksOf(run)) note(state.tasks.get(id)!.handles, open);
    for (const row of state.completions.rows.values()) if (runOf(row.task) === run) note(row.handles, open);
    for (const { gate, handles = [] } of state.waiters.values()) {
      if (runOfGate(gate) !== run) continue;
      open.push(gate);
      for (const ids of handles) note(ids, open);
    }
    for (const { gate, handles } of state.items.values()) {
      if (runOfGate(gate) !== run) continue;
      if (!leads.has(gate)) leads.set(gate, []);
      note(handles, leads.get(gate)!);
    }
    for (const [key, row] of state.shared) {
      const to: string[] = [];
      if (row.run === run) note(row.handles, to);
      leads.set(key, to);
    }
    const gates = [...state.gatesOf(run)].map((id) => state.gates.get(id)!);
    for (const { id, holders } of gates) if (!isUnnamed(id) || holders.length > 0) open.push(id);
    const reached = new Set<string>();
    for (let key = open.pop(); key !== undefined; key = open.pop()) {
      if (reached.has(key)) continue;
      reached.add(key);
      open.push(...(leads.get(key) ?? []));
    }
    const gone = new Set(
      changes.flatMap((each) => (each.table === "gate" && each.row === undefined ? [each.key] : [])),
    );
    for (const { id } of gates)
      if (!reached.has(id) && !gone.has(id))
        throw new Violation(
          "X7 cycles go",
          `${id} only leads to itself, and was left by going through ${run}`,
        );
  }

  /** What one commit has started has not begun in the copy either. */
  #copied({ image, as }: Command & { kind: "fork" }): void {
    const run = image.run.id;
    for (const [task, most] of [...this.#atOnce])
      if (runOf(task) === run) this.#atOnce.set(`${as}${task.slice(run.length)}` as TaskId, most);
  }

  /** A worker has sent a message. */
  said(message: FromWorker): void {
    if (message.kind !== "commit") return;
    const { task, effects } = message;
    const spawns = effects.filter(({ kind }) => kind === "spawn").length;
    if (spawns > (this.#atOnce.get(task) ?? 0)) this.#atOnce.set(task, spawns);
  }

  /**
   * A server has sent a message. `replaced`: another one has the disk. With group durability such a server gives early answers until it learns of
   * that, to workers that are lost with it; so these are no offers of what is on the disk.
   */
  sent(message: ToWorker, replaced: boolean): void {
    switch (message.kind) {
      case "committed": {
        const { task, seq } = message;
        const row = this.#row(task);
        if (row !== undefined && row.seq < seq)
          throw new Violation(
            "X1 durable first",
            `${task} was told of commit ${seq}, and ${row.seq} is on the disk`,
          );
        break;
      }
      case "activate": {
        const { task, epoch, completions } = message;
        const row = this.#row(task);
        if (row === undefined || row.epoch < epoch)
          throw new Violation("X1 durable first", `${task} began stay ${epoch} before that was on the disk`);
        for (const completion of completions) this.#offered(task, completion, true);
        break;
      }
      case "complete":
        if (replaced && !this.#strict) return;
        for (const completion of message.completions) this.#offered(message.task, completion, this.#strict);
    }
  }

  printed(server: object, line: Line): void {
    const times = this.timesSaid.get(line.id) ?? 0;
    this.timesSaid.set(line.id, times + 1);
    const [key] = /^.*(?=\/)/.exec(line.id) ?? [""];
    if (!this.#disk.rows.has(`line/${key}`))
      throw new Violation("X1 durable first", `line ${line.id} was printed and is not on the disk`);
    if (this.#saidBy.get(line.id) === server)
      throw new Violation("X3 lines once", `line ${line.id} was printed twice: ${line.text}`);
    this.#saidBy.set(line.id, server);
    if (times === 0) this.lines.push(line);
  }

  /** Called with the changes that reach the disk, before they are there. */
  writes(changes: readonly Change[]): void {
    this.#checkRoom(changes);
    for (const change of changes) {
      if (change.table === "task" && change.row !== undefined) this.#checkTask(change.row);
      if (change.table === "task") this.#noteConsumed(change.key as TaskId, change.row);
      if (change.table === "gate" && change.row !== undefined) this.#checkGate(change.row);
      if (change.table === "timer" && change.row !== undefined) this.#dueAt.set(change.key, change.row.dueAt);
    }
  }

  #checkRoom(changes: readonly Change[]): void {
    const grown = new Set<TaskId>();
    for (const change of changes) {
      if (change.table !== "task") continue;
      const id = change.key as TaskId;
      const starter = change.row?.starter ?? parentOf(id);
      if (starter === undefined) continue;
      const waiting = this.#unstarted.get(starter) ?? new Set();
      this.#unstarted.set(starter, waiting);
      if (change.row?.status === "ready" && change.row.epoch === 0) {
        waiting.add(id);
        grown.add(starter);
      } else waiting.delete(id);
    }
    for (const starter of grown) {
      const { size } = this.#unstarted.get(starter)!;
      const most = this.#room + (this.#atOnce.get(starter) ?? 0);
      if (size > most && this.#row(starter)?.cancel === undefined)
        throw new Violation(
          "X6 room to begin",
          `${size} tasks of ${starter} have not begun, of at most ${most}`,
        );
    }
  }

  #checkTask(row: TaskRow): void {
    const before = this.#row(row.id);
    if (before !== undefined && (row.epoch < before.epoch || row.seq < before.seq))
      throw new Violation(
        "X4 numbers grow",
        `${row.id} went back from ${before.epoch}/${before.seq} to ${row.epoch}/${row.seq}`,
      );
  }

  #checkGate(row: GateRow): void {
    const { id, is, items, holders, lastToken } = row;
    const found = this.#disk.rows.get(`gate/${id}`);
    const before = found?.table === "gate" ? found.row : undefined;
    if (is.kind === "queue" && items.next - items.first > is.capacity)
      throw new Violation(
        "X4 room",
        `${items.next - items.first} items in ${id}, which has room for ${is.capacity}`,
      );
    if (is.kind !== "lock") return;
    const tokens = new Set(holders.map(({ token }) => token));
    if (holders.length > is.permits || tokens.size < holders.length)
      throw new Violation(
        "X4 no lock held twice",
        `${id} is held by ${holders.map(({ task, token }) => `${task} (${token})`).join(", ")}`,
      );
    if (before !== undefined && lastToken < before.lastToken)
      throw new Violation(
        "X4 tokens grow",
        `the last token of ${id} went from ${before.lastToken} to ${lastToken}`,
      );
    for (const { token, task } of holders)
      if (
        before !== undefined &&
        token <= before.lastToken &&
        !before.holders.some((each) => each.token === token && each.task === task)
      )
        throw new Violation(
          "X4 tokens grow",
          `${task} got token ${token} of ${id}, which was given out before`,
        );
  }

  #offered(task: TaskId, { effect, outcome }: Completion, isDurable: boolean): void {
    // Its wait may have been withdrawn, or its task have ended, in the write that brought the answer.
    const row = this.#row(task);
    const wanted = row !== undefined && !isOver(row) && !this.#withdrawn.has(`${task}/${effect}`);
    const isThere = row?.answered?.includes(effect) || this.#disk.bytes.has(`completion/${task}/${effect}`);
    if (isDurable && wanted && !isThere)
      throw new Violation(
        "X1 durable first",
        `${task} was told of answer ${effect}, which is not on the disk`,
      );
    if (this.#consumed.get(task)?.has(effect))
      throw new Violation(
        "X2 answers once",
        `${task} was offered answer ${effect} again after it had consumed it`,
      );
    const { branch } = outcome;
    // Timers of effect 0 are the coordinator's own.
    const dueAt =
      effect <= 0
        ? undefined
        : this.#dueAt.get(timerKey({ task, effect, ...(branch === undefined ? {} : { branch }) }));
    if (dueAt !== undefined && this.#now < dueAt && !isWithdrawn(outcome))
      throw new Violation(
        "X5 sleeps",
        `${task} was woken from ${effect} at ${this.#now}, and it was due at ${dueAt}`,
      );
  }

  #noteConsumed(task: TaskId, row: TaskRow | undefined): void {
    const commits = this.#consuming.get(task);
    if (commits === undefined) return;
    const set = this.#consumed.get(task) ?? new Set();
    this.#consumed.set(task, set);
    for (const { seq, consumed } of commits)
      if (row === undefined || seq <= row.seq) for (const effect of consumed) set.add(effect);
    const left = commits.filter(({ seq }) => row !== undefined && seq > row.seq);
    if (left.length > 0) this.#consuming.set(task, left);
    else this.#consuming.delete(task);
  }

  #row(task: TaskId): TaskRow | undefined {
    const found = this.#disk.rows.get(`task/${task}`);
    return found?.table === "task" ? found.row : undefined;
  }
}

/** The commit, if it counts: not one that is refused, or answered as a repeated one. */
export function countedCommit(
  state: State,
  command: Command,
  changes: Decision["changes"],
): Commit | undefined {
  if (command.kind !== "commit") return undefined;
  const { task, seq } = command.commit;
  // The row of one that has ended may be gone.
  const counted = changes.some(
    (change) =>
      change.table === "task" && change.key === task && (change.row === undefined || change.row.seq === seq),
  );
  return counted && (state.tasks.get(task)?.seq ?? 0) < seq ? command.commit : undefined;
}
