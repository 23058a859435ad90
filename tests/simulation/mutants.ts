/**
 * Planted bugs: what the simulation has to find. Each is put round the coordinator, or round the store, from outside; what ships knows
 * nothing of them.
 *
 * A mistake of the coordinator is a function that changes what it is told, or what it has decided. It may keep a memory, as a mistake in the
 * state would.
 */
import { type EffectId, type GateId, inboxOf, type TaskId } from "../../src/base/ids.ts";
import type { Command, Decision, State, StateChange } from "../../src/coordinator/index.ts";
import { completionKey, decide, isOver, keptKey } from "../../src/coordinator/index.ts";
import type { Effect } from "../../src/protocol/effect.ts";
import { decodeOutcome } from "../../src/protocol/outcome.ts";
import type { Change, GateRow, ItemRow, TaskRow } from "../../src/protocol/rows.ts";
import type { Store } from "../../src/store/store.ts";
import type { DiskStore } from "./disk.ts";
import type { Decide } from "./server-process.ts";

interface Broken {
  readonly decide?: Decide;
  readonly store?: (store: DiskStore) => Store;
}

export interface Mutant {
  readonly breaks: string;
  /** Anew for each simulation. */
  readonly make: () => Broken;
}

type CommitCommand = Command & { kind: "commit" };

export const mutants: Readonly<Record<string, Mutant>> = {
  "acknowledge-before-write": {
    breaks: "a write is said to be durable when it has begun (D1)",
    make: () => ({ store: (store) => writing(store, async (changes) => void store.write(changes)) }),
  },
  "torn-write": {
    breaks: "a group is written as two: tasks first, what they did after (S1)",
    make: () => ({ store: inTwo(({ table }) => table === "task" || table === "bytes") }),
  },
  "dequeue-not-atomic": {
    breaks: "an item leaves its queue in one write and reaches its task in the next (T2)",
    make: () => ({ store: inTwo(({ table }) => table === "item" || table === "gate" || table === "waiter") }),
  },
  "no-term-fence": {
    breaks: "a server that has lost the store goes on writing to it (D3)",
    make: () => ({
      store: (store) => {
        store.fenced = false;
        return store;
      },
    }),
  },
  "stale-commit": {
    breaks: "a commit of a stay that was given up counts as one of the present stay (D3)",
    make: () => told((command, state) => ofCommit(command, (commit) => asPresent(commit, state))),
  },
  "commit-twice": {
    breaks: "a commit that comes twice counts twice (D3)",
    make: () =>
      told((command, state) =>
        ofCommit(command, (commit) => asNext(commit, state, (seq, last) => seq <= last)),
      ),
  },
  "commit-after-a-gap": {
    breaks: "a commit counts although one before it has not come (T2)",
    make: () =>
      told((command, state) =>
        ofCommit(command, (commit) => asNext(commit, state, (seq, last) => seq > last + 1)),
      ),
  },
  "answer-twice": {
    breaks: "an answer that a commit has consumed is kept and given again (H15)",
    make: () => decided(keepConsumed),
  },
  "answer-lost": {
    breaks: "answers that are on their way when a task leaves its worker are forgotten (T2)",
    make: () =>
      decided((decision, command, state) =>
        command.kind === "drained" || command.kind === "returned" || command.kind === "worker-lost"
          ? withoutAnswers(decision, state)
          : decision,
      ),
  },
  "answer-at-once-lost": {
    breaks: "what a commit was answered at once is not told again where the task goes on (T2)",
    make: () =>
      decided((decision) => ({
        ...decision,
        actions: decision.actions.map((action) =>
          action.kind === "activate" ? { ...action, answered: [] } : action,
        ),
      })),
  },
  "timer-lost": {
    breaks: "a timer is forgotten when the server starts anew",
    make: () =>
      decided((decision, command, state) => {
        const [first] = state.timers.keys();
        if (command.kind !== "restart" || first === undefined) return decision;
        return {
          ...decision,
          changes: [...decision.changes, { table: "timer", key: first, row: undefined }],
        };
      }),
  },
  "timer-early": {
    breaks: "a timer fires with those that are due a little earlier",
    make: () =>
      told((command) => (command.kind === "tick" ? { ...command, now: command.now + 50 } : command)),
  },
  "garbage-early": {
    breaks: "the outcome of a task is deleted although somebody may come and ask (T7)",
    make: () =>
      decided((decision) =>
        changed(decision, (change) =>
          change.table === "bytes" && change.key.startsWith("outcome/") && change.key.includes(".")
            ? { ...change, bytes: undefined }
            : change,
        ),
      ),
  },
  "lead-overlooked": {
    breaks: "what only a checkpoint leads to is collected (H16)",
    make: () =>
      told((command) =>
        ofCommit(command, ({ commit, ...rest }) => {
          const { handles: _, ...blind } = commit;
          return { ...rest, commit: blind };
        }),
      ),
  },
  "garbage-late": {
    breaks: "the checkpoint of a task that has ended is kept (T7)",
    make: () =>
      decided((decision) =>
        without(
          decision,
          (change) =>
            change.table === "bytes" && change.key.startsWith("snapshot/") && change.bytes === undefined,
        ),
      ),
  },
  "cycles-kept": {
    breaks: "what only leads to itself is not looked for (G4)",
    make: () =>
      decided((decision, command) => (command.kind === "trace" ? { ...decision, changes: [] } : decision)),
  },
  "traced-away": {
    breaks: "what only a checkpoint leads to is taken for what leads to itself (G4)",
    make: () => ({
      decide: (state, command) =>
        decide(command.kind === "trace" ? seenWith(state, "tasks", holdingNothing(state)) : state, command),
    }),
  },
  "item-twice": {
    breaks: "an item whose taker's worker has died goes back into the queue, and to the taker too (G3)",
    make: putBack,
  },
  "last-in-first-out": {
    breaks: "what came last leaves the queue first",
    make: () => decided(lastFirst),
  },
  "more-than-room": {
    breaks: "a queue takes one item more than it has room for (G2)",
    make: () =>
      told((command) =>
        ofGates(command, (is) => (is.kind === "queue" ? { ...is, capacity: is.capacity + 1 } : is)),
      ),
  },
  "lock-any-token": {
    breaks: "a lock is free when anybody gives it back with any token (G5)",
    make: () => ({ decide: (state, command) => decide(anyToken(state, command), command) }),
  },
  "lock-tokens-anew": {
    breaks: "the tokens of a lock begin anew when the server does (G5)",
    make: () =>
      decided((decision, command, state) => {
        if (command.kind !== "restart") return decision;
        const locks = [...state.gates.values()].filter(({ is }) => is.kind === "lock");
        const rows = locks.map(
          (row): StateChange => ({ table: "gate", key: row.id, row: { ...row, lastToken: 0 } }),
        );
        return { ...decision, changes: [...decision.changes, ...rows] };
      }),
  },
  "lock-kept-by-the-dead": {
    breaks: "a task that has ended keeps its locks (H14)",
    make: () =>
      decided((decision, command, state) => {
        if (command.kind !== "commit" || command.commit.then.kind !== "end") return decision;
        const { task } = command.commit;
        return changed(decision, (change) => {
          if (change.table !== "gate" || change.row === undefined) return change;
          const before =
            state.gates.get(change.row.id)?.holders.filter((holder) => holder.task === task) ?? [];
          const kept = before.filter(
            ({ token }) => !change.row!.holders.some((holder) => holder.token === token),
          );
          return kept.length === 0
            ? change
            : { ...change, row: { ...change.row, holders: [...kept, ...change.row.holders] } };
        });
      }),
  },
  "barrier-early": {
    breaks: "a barrier opens before the last one has come",
    make: () =>
      told((command) =>
        ofGates(command, (is) =>
          is.kind === "barrier" ? { ...is, parties: Math.max(1, is.parties - 1) } : is,
        ),
      ),
  },
  "withdrawn-anyway": {
    breaks: "a wait that is withdrawn loses the answer that came before (H14, H15)",
    make: () =>
      told((command) =>
        ofCommit(command, (commit) => {
          const effects = commit.commit.effects.map(
            (effect): Effect =>
              effect.kind === "withdraw" ? { kind: "withdraw", id: effect.id, of: effect.of } : effect,
          );
          return { ...commit, commit: { ...commit.commit, effects } };
        }),
      ),
  },
  "begins-again": {
    breaks: "a task whose worker has died begins from its beginning, and does everything again (T2)",
    make: beginAgain,
  },
  "room-for-all": {
    breaks: "a task that has started too many others is acknowledged at once (B1)",
    make: () => ({
      decide: (state, command) =>
        decide(seenWith(state, "bounds", { ...state.bounds, unstartedChildren: 1_000_000 }), command),
    }),
  },
  "room-forgotten": {
    breaks: "a task that waits for room is not told when there is some (B3)",
    make: () =>
      decided((decision, command) =>
        command.kind === "dispatch"
          ? {
              ...decision,
              actions: decision.actions.filter(
                (action) => action.kind !== "send" || action.message.kind !== "committed",
              ),
            }
          : decision,
      ),
  },
  "grace-forgotten": {
    breaks: "a cancelled task whose server has died is not ended, however long it takes (H14)",
    make: () =>
      decided((decision, command) =>
        command.kind === "restart"
          ? changed(decision, (change) =>
              change.table === "timer" && change.row?.effect === 0 ? { ...change, row: undefined } : change,
            )
          : decision,
      ),
  },
  "begun-and-forgotten": {
    breaks:
      "a task that has been at work, and has committed nothing, is cancelled as if it had not begun (T9)",
    make: () => ({
      decide: (state, command) =>
        command.kind === "cancel" || command.kind === "commit"
          ? decide(seenWith(state, "tasks", notBegun(state)), command)
          : decide(state, command),
    }),
  },
  "message-twice": {
    breaks: "a message that is sent again under the same id is another one",
    make: () => {
      let again = 0;
      return told((command, state) => {
        if (command.kind !== "send" || command.id === undefined) return command;
        const known = state.messageOf(inboxOf(command.task, command.inbox), command.id) !== undefined;
        return known ? { ...command, id: `${command.id}, again ${++again}` } : command;
      });
    },
  },
  "message-dropped": {
    breaks: "a message for which nobody waits is acknowledged, and not kept",
    make: () =>
      decided((decision, command) =>
        command.kind === "send"
          ? without(decision, ({ table }) => table === "item" || table === "gate")
          : decision,
      ),
  },
  "fork-without-answers": {
    breaks: "a copy of a run has not the answers that its tasks had not taken (H21)",
    make: () => decided(forkedWithout("completion")),
  },
  "fork-without-timers": {
    breaks: "a copy of a run has no timers (H21)",
    make: () => decided(forkedWithout("timer")),
  },
  "kept-without-items": {
    breaks: "a checkpoint that is kept has not what lies in its queues (H21)",
    make: () =>
      told((command) =>
        command.kind === "keep" ? { ...command, image: { ...command.image, items: [] } } : command,
      ),
  },
  "kept-too-long": {
    breaks: "the bytes of a kept checkpoint stay when the run goes on with other code (kept.ts)",
    make: () =>
      decided((decision) =>
        without(
          decision,
          (change) =>
            change.table === "bytes" && change.key.startsWith("kept/") && change.bytes === undefined,
        ),
      ),
  },
  "kept-not-long-enough": {
    breaks: "kept checkpoints go with the end of their run (R3)",
    make: () => decided(keptTillTheEnd),
  },
  "upgrade-later": {
    breaks: "tasks of a run that is upgraded stay on their workers, and go on as they were (T6)",
    make: () =>
      decided((decision, command) => {
        if (command.kind !== "upgrade") return decision;
        const { changes } = without(decision, ({ table }) => table === "activation" || table === "task");
        return { changes, actions: [] };
      }),
  },
  "deaths-kept": {
    breaks: "a commit does not forgive the deaths before it (T8)",
    make: () =>
      decided((decision, command, state) =>
        command.kind === "commit"
          ? tasks(decision, (row) => ({ ...row, deaths: state.tasks.get(row.id)?.deaths ?? 0 }))
          : decision,
      ),
  },
  "line-lost": {
    breaks: "lines that the last server had not printed are dropped (T2)",
    make: () =>
      decided((decision, command, state) => {
        if (command.kind !== "restart") return decision;
        const rows = [...state.lines.keys()].map(
          (key): StateChange => ({ table: "line", key, row: undefined }),
        );
        return {
          changes: [...decision.changes, ...rows],
          actions: decision.actions.filter(({ kind }) => kind !== "print"),
        };
      }),
  },
  "line-twice": {
    breaks: "a commit that comes twice has its lines printed twice (T2)",
    make: sayTwice,
  },
};

function forkedWithout(table: StateChange["table"]): (decision: Decision, command: Command) => Decision {
  return (decision, { kind }) =>
    kind === "fork" ? without(decision, (change) => change.table === table) : decision;
}

function keptTillTheEnd(decision: Decision): Decision {
  const gone: StateChange[] = [];
  const { changes, ...rest } = changed(decision, (change) => {
    if (change.table !== "run" || change.row?.endedAt === undefined || change.row.kept === undefined)
      return change;
    const { kept, ...row } = change.row;
    for (const { name } of kept) gone.push({ table: "bytes", key: keptKey(row.id, name), bytes: undefined });
    return { ...change, row };
  });
  return { ...rest, changes: [...changes, ...gone] };
}

/** Tasks that are on no worker and have committed nothing are seen as if they never had one. */
function notBegun({ tasks: rows, activations }: State): State["tasks"] {
  const seen = new Map(rows);
  for (const [id, row] of rows)
    if (row.seq === 0 && row.status === "ready" && !activations.has(id)) seen.set(id, { ...row, epoch: 0 });
  return seen;
}

function holdingNothing({ tasks: rows }: State): State["tasks"] {
  const seen = new Map<TaskId, TaskRow>();
  for (const [id, { handles: _, ...row }] of rows) seen.set(id, row);
  return seen;
}

// --- ways to break a coordinator ---

/** It is told something else than what was said. */
function told(change: (command: Command, state: State) => Command): Broken {
  return { decide: (state, command) => decide(state, change(command, state)) };
}

/** It decides something else than what is right. */
function decided(change: (decision: Decision, command: Command, state: State) => Decision): Broken {
  return { decide: (state, command) => change(decide(state, command), command, state) };
}

function changed(decision: Decision, change: (change: StateChange) => StateChange): Decision {
  return { ...decision, changes: decision.changes.map(change) };
}

function without(decision: Decision, drop: (change: StateChange) => boolean): Decision {
  return { ...decision, changes: decision.changes.filter((change) => !drop(change)) };
}

function tasks(decision: Decision, change: (row: TaskRow) => TaskRow): Decision {
  return changed(decision, (each) =>
    each.table === "task" && each.row !== undefined ? { ...each, row: change(each.row) } : each,
  );
}

function ofCommit(command: Command, change: (command: CommitCommand) => CommitCommand): Command {
  return command.kind === "commit" ? change(command) : command;
}

function ofGates(command: Command, change: (is: GateRow["is"]) => GateRow["is"]): Command {
  return ofCommit(command, (commit) => {
    const effects = commit.commit.effects.map(
      (effect): Effect =>
        "gate" in effect ? { ...effect, gate: { ...effect.gate, is: change(effect.gate.is) } } : effect,
    );
    return { ...commit, commit: { ...commit.commit, effects } };
  });
}

function asPresent(command: CommitCommand, state: State): CommitCommand {
  const { commit } = command;
  const row = state.tasks.get(commit.task);
  const activation = state.activations.get(commit.task);
  const stale = row !== undefined && activation !== undefined && activation.epoch !== commit.epoch;
  if (!stale) return command;
  return {
    ...command,
    worker: activation.worker,
    commit: { ...commit, epoch: activation.epoch, seq: row.seq + 1 },
  };
}

function asNext(
  command: CommitCommand,
  state: State,
  wrong: (seq: number, last: number) => boolean,
): CommitCommand {
  const { commit } = command;
  const row = state.tasks.get(commit.task);
  const present =
    row !== undefined && !isOver(row) && state.activations.get(commit.task)?.epoch === commit.epoch;
  if (!present || !wrong(commit.seq, row.seq)) return command;
  return { ...command, commit: { ...commit, seq: row.seq + 1 } };
}

function keepConsumed(decision: Decision, command: Command, state: State): Decision {
  if (command.kind !== "commit" || command.commit.then.kind === "end") return decision;
  const { task } = command.commit;
  const keys = new Set(state.completions.of(task).map((effect) => completionKey(task, effect)));
  return without(decision, (change) =>
    change.table === "bytes"
      ? change.bytes === undefined && keys.has(change.key)
      : change.table === "completion" && change.row === undefined && change.key.startsWith(`${task}/`),
  );
}

function withoutAnswers(decision: Decision, state: State): Decision {
  const changes = [...decision.changes];
  for (const change of decision.changes) {
    if (change.table !== "task" || change.row === undefined || isOver(change.row)) continue;
    const { id } = change.row;
    for (const effect of state.completions.of(id))
      changes.push({ table: "completion", key: `${id}/${effect}`, row: undefined });
  }
  return { ...decision, changes };
}

function lastFirst(decision: Decision, _command: Command, state: State): Decision {
  const first = new Map<GateId, ItemRow>();
  for (const change of decision.changes) {
    if (change.table !== "item" || change.row === undefined) continue;
    const { gate } = change.row;
    const head = state.items.get(`${gate}/${state.gates.get(gate)?.items.first}`);
    const stays =
      head !== undefined &&
      !decision.changes.some((each) => each.table === "item" && each.key === `${gate}/${head.number}`);
    if (stays) first.set(gate, head);
  }
  const changes: StateChange[] = [];
  for (const change of decision.changes) {
    const head = change.table === "item" && change.row !== undefined ? first.get(change.row.gate) : undefined;
    if (change.table !== "item" || change.row === undefined || head === undefined) {
      changes.push(change);
      continue;
    }
    first.delete(head.gate);
    changes.push({ ...change, row: { ...change.row, bytes: head.bytes } });
    changes.push({
      table: "item",
      key: `${head.gate}/${head.number}`,
      row: { ...head, bytes: change.row.bytes },
    });
  }
  return { ...decision, changes };
}

/** The locks as they would be if whoever gives one back had it. */
function anyToken(state: State, command: Command): State {
  if (command.kind !== "commit") return state;
  const { task, effects } = command.commit;
  let gates: Map<GateId, GateRow> | undefined;
  for (const effect of effects) {
    if (effect.kind !== "release") continue;
    const row = state.gates.get(effect.gate.id);
    const [holder, ...others] = row?.holders ?? [];
    const own = row?.holders.some((each) => each.task === task && each.token === effect.token);
    if (row === undefined || holder === undefined || own) continue;
    gates ??= new Map(state.gates);
    gates.set(row.id, { ...row, holders: [{ task, token: effect.token }, ...others] });
  }
  return gates === undefined ? state : seenWith(state, "gates", gates);
}

/** The state with one thing in it seen as another. */
function seenWith<Key extends keyof State>(state: State, name: Key, value: State[Key]): State {
  return new Proxy(state, {
    get(target, key) {
      if (key === name) return value;
      const found: unknown = Reflect.get(target, key, target);
      return typeof found === "function" ? found.bind(target) : found;
    },
  });
}

function putBack(): Broken {
  const takenFrom = new Map<string, GateId>();
  const items = new Map<string, Uint8Array>();
  return decided((decision, command, state) => {
    if (command.kind === "commit") {
      for (const effect of command.commit.effects)
        if (effect.kind === "dequeue")
          takenFrom.set(completionKey(command.commit.task, effect.id), effect.gate.id);
    }
    for (const change of decision.changes) {
      if (change.table !== "bytes" || change.bytes === undefined || !takenFrom.has(change.key)) continue;
      const outcome = decodeOutcome(change.bytes);
      if (outcome.kind === "value") items.set(change.key, outcome.value);
    }
    if (command.kind !== "worker-lost") return decision;
    const added: StateChange[] = [];
    for (const task of state.loadOf(command.worker).activations.keys()) {
      for (const effect of state.completions.of(task)) {
        const key = completionKey(task, effect);
        const gate = state.gates.get(takenFrom.get(key) as GateId);
        const bytes = items.get(key);
        if (gate === undefined || bytes === undefined) continue;
        const number = gate.items.next;
        added.push({ table: "item", key: `${gate.id}/${number}`, row: { gate: gate.id, number, bytes } });
        added.push({
          table: "gate",
          key: gate.id,
          row: { ...gate, items: { ...gate.items, next: number + 1 } },
        });
        return { ...decision, changes: [...decision.changes, ...added] };
      }
    }
    return decision;
  });
}

function beginAgain(): Broken {
  const kept = new Set<TaskId>();
  return decided((decision, command, state) => {
    const isBeginning = (change: StateChange) =>
      change.table === "bytes" && change.bytes === undefined && /^(payload|input)\//.test(change.key);
    for (const change of decision.changes)
      if (isBeginning(change)) kept.add(change.key.slice(change.key.indexOf("/") + 1) as TaskId);
    if (command.kind === "commit" && command.commit.then.kind !== "end")
      return without(decision, isBeginning);
    const ended = decision.changes.flatMap((change): StateChange[] => {
      const over =
        change.table === "task" &&
        (change.row === undefined || isOver(change.row)) &&
        kept.has(change.key as TaskId);
      return over
        ? ["payload", "input"].map((from) => ({
            table: "bytes",
            key: `${from}/${change.key}`,
            bytes: undefined,
          }))
        : [];
    });
    if (ended.length > 0) return { ...decision, changes: [...decision.changes, ...ended] };
    if (command.kind !== "worker-lost") return decision;
    const lost = new Set(state.loadOf(command.worker).activations.keys());
    return tasks(decision, (row) =>
      lost.has(row.id) && kept.has(row.id) && row.from === "snapshot" && row.id.includes(".")
        ? { ...row, from: "payload", completions: [] as EffectId[] }
        : row,
    );
  });
}

function sayTwice(): Broken {
  let extra = 0;
  return decided((decision, command, state) => {
    if (command.kind !== "commit") return decision;
    const { task, epoch, seq, effects } = command.commit;
    const row = state.tasks.get(task);
    const repeated = row !== undefined && row.epoch === epoch && seq <= row.seq;
    const lines = effects.flatMap((effect) =>
      effect.kind === "log" ? [{ stream: effect.stream, text: effect.text }] : [],
    );
    if (!repeated || lines.length === 0) return decision;
    const key = `${task.split(".")[0]}/again${++extra}`;
    const line = { at: command.now, task, name: row.name, lines };
    return {
      changes: [...decision.changes, { table: "line", key, row: line }],
      actions: [...decision.actions, { kind: "print", key, row: line }],
    };
  });
}

// --- ways to break a store ---

function writing(store: DiskStore, write: (changes: readonly Change[]) => Promise<void>): Store {
  return {
    term: store.term,
    load: () => store.load(),
    read: (key) => store.read(key),
    write,
    close: () => store.close(),
  };
}

function inTwo(first: (change: Change) => boolean): (store: DiskStore) => Store {
  return (store) =>
    writing(store, (changes) => {
      void store.write(changes.filter(first)).catch(() => {});
      return store.write(changes.filter((change) => !first(change)));
    });
}
