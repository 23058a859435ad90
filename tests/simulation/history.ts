/**
 * What tasks asked of queues and locks, and what they were told, with the times of both as the server saw them: for the checker of
 * linearizability. A request that was lost with its server and made again in the same words is one request. One that was withdrawn, and
 * each choice of a select but the one that was answered, is none.
 */
import { type GateId, type RunId, runOfGate, type TaskId } from "../../src/base/ids.ts";
import type { Command, Decision, State } from "../../src/coordinator/index.ts";
import { isOver } from "../../src/coordinator/index.ts";
import type { Effect, Gate, Outcome } from "../../src/protocol/effect.ts";
import type { Change } from "../../src/protocol/rows.ts";
import type { ToWorker } from "../../src/protocol/wire.ts";
import type { LockAnswer, LockCall, Operation, QueueAnswer, QueueCall } from "./linearizability.ts";
import { linearize, lockModel, queueModel } from "./linearizability.ts";
import { countedCommit, isWithdrawn, Violation } from "./watch.ts";

interface Asked {
  readonly gate: Gate;
  readonly call: QueueCall | LockCall;
  readonly calledAt: number;
  answer?: QueueAnswer | LockAnswer;
  answeredAt?: number;
}

export class History {
  /** By task, effect and what was asked. */
  readonly #asked = new Map<string, Asked>();
  /** The last of a task's effect with this number: of a select one for each choice, by its number. */
  readonly #byEffect = new Map<string, readonly (Asked | undefined)[]>();
  /** What the commits of a task that are not on the disk yet ask for without an answer. */
  readonly #silent = new Map<TaskId, readonly { readonly seq: number; readonly asked: readonly Asked[] }[]>();
  readonly #locksOf = new Map<TaskId, Map<GateId, Gate>>();
  readonly #now: () => number;
  /** Runs whose queues and locks began with what nobody has asked of them. */
  readonly copies = new Set<RunId>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A server has decided. */
  decided(state: State, command: Command, { changes }: Decision): void {
    this.#endOthers(state, command, changes);
    const commit = countedCommit(state, command, changes);
    if (commit === undefined) return;
    const { task, seq, effects, then } = commit;
    const silent: Asked[] = [];
    for (const effect of effects) {
      // Another with this number may have been lost with its commit.
      this.#byEffect.delete(`${task}/${effect.id}`);
      const asked = this.#ask(task, effect);
      if (effect.kind === "select") this.#askAll(task, effect);
      if (asked !== undefined && (effect.kind === "close" || effect.kind === "release")) silent.push(asked);
    }
    if (then.kind === "end") {
      for (const gate of this.#locksOf.get(task)?.values() ?? [])
        silent.push(this.#note(`${task} end ${gate.id}`, gate, { kind: "end", by: task }));
    }
    this.#silent.set(task, [
      ...(this.#silent.get(task) ?? []).filter((each) => each.seq < seq),
      { seq, asked: silent },
    ]);
  }

  /** Commits are on the disk, and so is what they asked for without an answer. */
  written(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.table !== "task") continue;
      const task = change.key as TaskId;
      const left: { readonly seq: number; readonly asked: readonly Asked[] }[] = [];
      for (const each of this.#silent.get(task) ?? []) {
        if (change.row !== undefined && change.row.seq < each.seq) left.push(each);
        else for (const asked of each.asked) this.#answer(asked, { kind: "done" });
      }
      if (left.length > 0) this.#silent.set(task, left);
      else this.#silent.delete(task);
    }
  }

  /** Tasks that end without a commit of theirs: nobody is told, so their permits come back at any time from now on. */
  #endOthers(state: State, command: Command, changes: Decision["changes"]): void {
    for (const change of changes) {
      if (change.table !== "task" || (change.row !== undefined && !isOver(change.row))) continue;
      const task = change.key as TaskId;
      const before = state.tasks.get(task);
      const own = command.kind === "commit" && command.commit.task === task;
      if (own || before === undefined || isOver(before)) continue;
      for (const gate of this.#locksOf.get(task)?.values() ?? [])
        this.#note(`${task} end ${gate.id}`, gate, { kind: "end", by: task });
    }
  }

  /** A server has told a worker. */
  sent(message: ToWorker): void {
    if (message.kind === "complete" || message.kind === "activate") {
      for (const { effect, outcome } of message.completions) {
        const choices = this.#byEffect.get(`${message.task}/${effect}`) ?? [];
        const chosen = isWithdrawn(outcome) ? undefined : choices[outcome.branch ?? 0];
        for (const other of choices) if (other !== undefined && other !== chosen) this.#forget(other);
        if (chosen !== undefined) this.#answer(chosen, answerOf(chosen, outcome));
      }
    }
  }

  /** @throws Violation if no order explains what a queue or a lock has answered. Answers how many it could not decide. */
  check(): number {
    const byGate = new Map<GateId, Asked[]>();
    for (const asked of this.#asked.values()) {
      if (this.copies.has(runOfGate(asked.gate.id))) continue;
      const list = byGate.get(asked.gate.id) ?? [];
      byGate.set(asked.gate.id, list);
      list.push(asked);
    }
    let undecided = 0;
    for (const [id, history] of byGate) {
      const { is } = history[0]!.gate;
      const found =
        is.kind === "queue"
          ? linearize(queueModel(is.capacity), history as Operation<QueueCall, QueueAnswer>[])
          : is.kind === "lock"
            ? linearize(lockModel(is.permits), history as Operation<LockCall, LockAnswer>[])
            : [];
      if (found === "undecided") undecided++;
      if (found !== undefined) continue;
      const told = history.map(
        (each) =>
          `  ${each.calledAt}-${each.answeredAt ?? ""} ${JSON.stringify(each.call)} ${JSON.stringify(each.answer)}`,
      );
      throw new Violation("linearizable", `no order explains what ${id} has answered:\n${told.join("\n")}`);
    }
    return undecided;
  }

  #ask(task: TaskId, effect: Effect): Asked | undefined {
    const call = callOf(task, effect);
    if (call === undefined || !("gate" in effect)) return undefined;
    if (call.kind === "acquire") {
      const locks = this.#locksOf.get(task) ?? new Map();
      this.#locksOf.set(task, locks.set(effect.gate.id, effect.gate));
    }
    const asked = this.#note(
      `${task}/${effect.id} ${effect.gate.id} ${JSON.stringify(call)}`,
      effect.gate,
      call,
    );
    this.#byEffect.set(`${task}/${effect.id}`, [asked]);
    return asked;
  }

  #askAll(task: TaskId, { id, among }: Effect & { kind: "select" }): void {
    const choices = among.map((choice, branch) => {
      if (!("gate" in choice) || (choice.kind !== "dequeue" && choice.kind !== "acquire")) return undefined;
      const { gate } = choice;
      if (gate.is.kind === "inbox") return undefined;
      const call: QueueCall | LockCall =
        choice.kind === "acquire" ? { kind: "acquire", by: task } : { kind: "dequeue" };
      if (choice.kind === "acquire") {
        const locks = this.#locksOf.get(task) ?? new Map();
        this.#locksOf.set(task, locks.set(gate.id, gate));
      }
      return this.#note(`${task}/${id}.${branch} ${gate.id} ${JSON.stringify(call)}`, gate, call);
    });
    this.#byEffect.set(`${task}/${id}`, choices);
  }

  /** It has never happened. */
  #forget(asked: Asked): void {
    for (const [key, each] of this.#asked) if (each === asked) this.#asked.delete(key);
  }

  #note(key: string, gate: Gate, call: QueueCall | LockCall): Asked {
    const before = this.#asked.get(key);
    if (before !== undefined) return before;
    const asked: Asked = { gate, call, calledAt: this.#now() };
    this.#asked.set(key, asked);
    return asked;
  }

  #answer(asked: Asked, answer: QueueAnswer | LockAnswer): void {
    if (asked.answeredAt !== undefined) return;
    asked.answer = answer;
    asked.answeredAt = this.#now();
  }
}

function callOf(task: TaskId, effect: Effect): QueueCall | LockCall | undefined {
  switch (effect.kind) {
    case "enqueue":
      return { kind: "enqueue", items: effect.items.map(text) };
    case "dequeue":
      return { kind: "dequeue", ...(effect.size !== undefined && { size: effect.size }) };
    case "close":
      return { kind: "close" };
    case "acquire":
      return { kind: "acquire", by: task };
    case "release":
      return { kind: "release", by: task, token: effect.token };
    default:
      return undefined;
  }
}

function answerOf({ call }: Asked, outcome: Outcome): QueueAnswer | LockAnswer {
  if (outcome.kind === "failure") return { kind: "closed" };
  if (outcome.kind !== "value") return { kind: "done" };
  if (call.kind === "acquire") return outcome.number === undefined ? {} : { token: outcome.number };
  if (outcome.rest !== undefined) return { kind: "items", items: [outcome.value, ...outcome.rest].map(text) };
  return call.kind === "dequeue" ? { kind: "item", item: text(outcome.value) } : { kind: "done" };
}

function text(bytes: Uint8Array): string {
  let hash = 0;
  for (const byte of bytes) hash = (Math.imul(hash, 31) + byte) | 0;
  return `${bytes.length}:${(hash >>> 0).toString(36)}`;
}
