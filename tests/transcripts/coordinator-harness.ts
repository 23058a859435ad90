/**
 * Tells stories to the coordinator (coordinator-notation.ts), and keeps what a store would.
 *
 * After each command it also checks, whatever the story: the state equals the one loaded from the rows (S2), rows and activations
 * agree (S3), and no bytes are kept that no row speaks of, nor missing where one does (T7).
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { RunId, TaskId } from "../../src/base/ids.ts";
import { rootTaskOf, runOf } from "../../src/base/ids.ts";
import { limits } from "../../src/base/limits.ts";
import type { Bounds, Command, RunImage, State } from "../../src/coordinator/index.ts";
import {
  apply,
  bytesOf,
  bytesOfRun,
  decide,
  emptyState,
  imageOf,
  isDurable,
  isOver,
  keptFor,
  keptKey,
  linesOf,
  outcomeKey,
  outcomesNeeded,
  rest,
} from "../../src/coordinator/index.ts";
import { decodeOutcome } from "../../src/protocol/outcome.ts";
import { unpack } from "../../src/protocol/pack.ts";
import type { Change } from "../../src/protocol/rows.ts";
import { formatAction, formatChange, parseCommand } from "./coordinator-notation.ts";

export class Harness {
  #bounds: Bounds = limits;
  #state = emptyState();
  #now = 0;
  readonly #stored = new Map<string, Change>();

  /** What a store would hold, by table and key. */
  get stored(): ReadonlyMap<string, Change> {
    return this.#stored;
  }

  run(text: string, effects: readonly string[]): string[] {
    const line = parseCommand(text, effects);
    if (line.kind === "at") {
      this.#now = line.now;
      return [];
    }
    if (line.kind === "bounds") {
      this.#bounds = { ...this.#bounds, ...line.bounds };
      this.#state = this.#reload();
      return [];
    }
    if (line.kind === "reload") {
      this.#state = this.#reload();
      return this.#decide({ kind: "restart", now: this.#now });
    }
    if (line.kind === "fork") {
      const { run, as, checkpoint } = line;
      const kept = keptFor(this.#state.runs.get(run)!, checkpoint);
      const image =
        kept === undefined ? this.#image(run) : (unpack(this.#bytes(keptKey(run, kept.name))) as RunImage);
      const of = kept === undefined ? {} : { checkpoint: kept.name };
      return this.#decide({ kind: "fork", as, image, ...of, now: this.#now });
    }
    return this.#decide(this.#withOutcomes(line.make(this.#now)));
  }

  #bytes(key: string): Uint8Array {
    const stored = this.#stored.get(`bytes ${key}`);
    assert(stored?.table === "bytes", key);
    return stored.bytes!;
  }

  #image(run: RunId): RunImage {
    const bytes = bytesOfRun(this.#state, run).map((key) => [key, this.#bytes(key)] as const);
    return imageOf(this.#state, run, bytes);
  }

  #withOutcomes(command: Command): Command {
    if (command.kind !== "commit") return command;
    const outcomes = new Map(
      outcomesNeeded(this.#state, command.commit).map((task) => [
        task,
        decodeOutcome(this.#bytes(outcomeKey(task))),
      ]),
    );
    return { ...command, outcomes };
  }

  #decide(command: Command): string[] {
    const decision = decide(this.#state, command);
    const { changes, actions, keeps = [] } = decision;
    rest(this.#state);
    assert.deepEqual(
      decide(this.#state, command),
      decision,
      "C1, S5: the same decision again, of a state that has rested",
    );
    rest(this.#state);
    const before = keeps.map(({ task, moment }) =>
      moment === "before" ? this.#image(runOf(task)) : undefined,
    );
    apply(this.#state, changes);
    for (const change of changes) {
      if (!isDurable(change)) continue;
      const key = `${change.table} ${change.key}`;
      const gone = change.table === "bytes" ? change.bytes === undefined : change.row === undefined;
      if (gone) this.#stored.delete(key);
      else this.#stored.set(key, change);
    }
    this.#check();
    const told = [...changes.map(formatChange), ...actions.map(formatAction)];
    for (const [at, kept] of keeps.entries()) {
      const image = before[at] ?? this.#image(runOf(kept.task));
      told.push(`keep ${kept.name}, as it was ${kept.moment} this of ${kept.task}:`);
      told.push(...this.#decide({ kind: "keep", kept, image, now: this.#now }));
    }
    return told;
  }

  #reload(): State {
    const keys = [...this.#stored.keys()].sort();
    return apply(
      emptyState(undefined, this.#bounds),
      keys.map((key) => this.#stored.get(key)!),
    );
  }

  #check(): void {
    const now = this.#state;
    assert.deepEqual(picture(now), picture(this.#reload()), "S2: the indexes follow from the rows");
    for (const row of now.tasks.values()) {
      const activation = now.activations.get(row.id);
      if (activation === undefined) assert.notEqual(row.status, "active", `S3: ${row.id}`);
      else assert.equal(row.status, activation.idle ? "parked" : "active", `S3: ${row.id}`);
    }
    for (const task of now.activations.keys()) assert(now.tasks.has(task), `S3: ${task}`);

    const versions = new Set([...now.runs.values()].map(({ version }) => version));
    assert.deepEqual(new Set(now.bundles.keys()), versions, "bundles.ts, B1");

    const runs = new Set<string>(
      [...now.runs.values()].filter(({ status }) => status === "running").map(({ id }) => id),
    );
    for (const key of [
      ...now.gates.keys(),
      ...now.items.keys(),
      ...now.waiters.keys(),
      ...now.messages.keys(),
      ...now.completions.rows.keys(),
      ...now.timers.keys(),
    ]) {
      assert(runs.has(key.split(/[./]/)[0]!), `T7: ${key} has outlived its run`);
    }
    const spokenOf = new Set<string>([...now.bundles.keys()].map((version) => `bytes bundle/${version}`));
    for (const key of now.shared.keys()) spokenOf.add(`bytes shared/${key}`);
    for (const row of now.tasks.values()) {
      for (const key of bytesOf(row, now.completions.of(row.id))) spokenOf.add(`bytes ${key}`);
    }
    for (const run of now.runs.values()) {
      if (run.status !== "running") spokenOf.add(`bytes ${outcomeKey(rootTaskOf(run.id))}`);
      for (const { name } of run.kept ?? []) spokenOf.add(`bytes ${keptKey(run.id, name)}`);
      for (const { line, bytes } of linesOf(run)) if (!now.lines.has(line)) spokenOf.add(`bytes ${bytes}`);
    }
    const kept = [...this.#stored.keys()].filter((key) => key.startsWith("bytes "));
    assert.deepEqual(kept.sort(), [...spokenOf].sort(), "T7: bytes and rows agree");
  }
}

/** Everything of the state that follows from rows. */
function picture(state: State): unknown {
  const sorted = <T>(items: Iterable<T>) => [...items].sort();
  return {
    runs: new Map(state.runs),
    tasks: new Map(state.tasks),
    timers: new Map(state.timers),
    lines: new Map(state.lines),
    gates: new Map(state.gates),
    items: new Map(state.items),
    waiters: new Map(state.waiters),
    messages: new Map(state.messages),
    messageNumbers: [...state.messages.values()].map(({ gate, id }) => state.messageOf(gate, id)),
    completions: new Map(state.completions.rows),
    completionsOf: new Map([...state.tasks.keys()].map((id) => [id, state.completions.of(id)])),
    uses: new Map(
      [...state.tasks.keys(), ...state.gates.keys(), ...state.shared.keys()].map((key) => [
        key,
        state.uses(key),
      ]),
    ),
    inboxes: new Map([...state.tasks.keys()].map((id) => [id, sorted(state.inboxesOf(id))])),
    unstarted: new Map([...state.tasks.keys()].map((id) => [id, state.unstartedOf(id)])),
    below: new Map([...state.tasks.keys()].map((id) => [id, sorted(state.descendantsOf(id))])),
    holds: new Map([...state.tasks.keys()].map((id) => [id, new Map(state.holdsOf(id))])),
    nextDue: state.nextDue(),
    due: state.due(Number.POSITIVE_INFINITY),
    ready: [sorted(state.ready.common()), sorted(state.ready.alone())],
    ofRuns: new Map(
      [...state.runs.keys()].map((run: RunId) => [
        run,
        [state.tally(run), sorted(state.tasksOf(run)), sorted(state.gatesOf(run))],
      ]),
    ),
    waits: new Map(
      [...state.tasks.values()]
        .filter((row) => !isOver(row))
        .map(({ id }: { id: TaskId }) => [id, new Map(state.waitsOf(id))]),
    ),
  };
}

/** A line of a transcript, and the lines below it that are indented. */
export interface Told {
  readonly text: string;
  readonly effects: readonly string[];
}

/** The commands among lines of a transcript. */
export function commandsIn(lines: readonly string[]): Told[] {
  const found: { readonly text: string; readonly effects: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith("#")) continue;
    if (line.startsWith("  ")) found.at(-1)!.effects.push(line);
    else found.push({ text: line, effects: [] });
  }
  return found;
}

const folder = fileURLToPath(new URL("../../../tests/transcripts/coordinator/", import.meta.url));

export function transcripts(): string[] {
  return readdirSync(folder).sort();
}

export function pathOf(transcript: string): string {
  return folder + transcript;
}
