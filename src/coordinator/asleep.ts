/**
 * Runs asleep: all their tasks are parked, nothing of them is on a worker, and nothing but a timer or somebody from outside can wake them.
 * What the state knows of one is its rows as bytes, and when the first of its timers is due: a parked task is a row and no more (design T5).
 *
 * Owns: those bytes. Does not own: when runs fall asleep and are woken (state.ts); the indexes over their rows, which are made anew from the
 * rows when they are.
 *
 * Z1. What is taken out is what was put in, field by field. Rows that have anything besides the fields known here are not put in.
 * Z2. A run costs its name, its bytes (about a hundred) and 16 bytes in the order of due times. Words that many rows have in common are kept once.
 */
import type { RunId, TaskId } from "../base/ids.ts";
import { pack, unpack } from "../protocol/pack.ts";
import type { Place, RunRow, TaskRow, TimerRow } from "../protocol/rows.ts";
import { Bytes } from "./bytes.ts";

/** All rows of a run. */
export interface RunRows {
  readonly run: RunRow;
  readonly tasks: readonly TaskRow[];
  readonly timers: readonly TimerRow[];
}

/** More tasks than that are not put away together: a single one that wakes would have to bring all of them back. */
export const tasksAsleepMax = 64;
/** Names of versions, programs and functions; when there are more, somebody makes them up, and they are not worth keeping. */
const wordsMax = 10_000;

const runFields = fields<RunRow>()("id", "version", "program", "startedAt", "status", "stats", "log");
const statsFields = fields<RunRow["stats"]>()(
  "tasks",
  "tasksEnded",
  "activations",
  "commits",
  "checkpointBytes",
  "deaths",
);
const taskFields = fields<TaskRow>()(
  "id",
  "name",
  "epoch",
  "seq",
  "status",
  "from",
  "checkpointBytes",
  "joiners",
  "observed",
  "deaths",
  "alone",
);
const placeFields = fields<Place>()("task", "effect", "branch");
const timerFields = fields<TimerRow>()("task", "effect", "branch", "dueAt");

export class Asleep {
  readonly #places = new Map<RunId, number>();
  readonly #bytes = new Bytes();
  readonly #dues = new Dues((run) => this.#dueOf(run));
  #words: string[] = [];
  #numbers = new Map<string, number>();

  get size(): number {
    return this.#places.size;
  }

  has(run: RunId): boolean {
    return this.#places.has(run);
  }

  runs(): RunId[] {
    return [...this.#places.keys()];
  }

  /** When the first timer of all is due. */
  nextDue(): number | undefined {
    return this.#dues.next();
  }

  /** Runs with a timer that is due at `now`. */
  dueRuns(now: number): RunId[] {
    return this.#dues.until(now);
  }

  /** Whether it can put them away (Z1). */
  takes({ run, tasks, timers }: RunRows): boolean {
    return (
      this.#words.length < wordsMax &&
      has(run, runFields) &&
      has(run.stats, statsFields) &&
      tasks.every(
        (task) => has(task, taskFields) && task.joiners.every((place) => has(place, placeFields)),
      ) &&
      timers.length > 0 &&
      timers.every((timer) => has(timer, timerFields))
    );
  }

  put(rows: RunRows): void {
    const { id } = rows.run;
    const due = Math.min(...rows.timers.map(({ dueAt }) => dueAt));
    const head = new Uint8Array(new Float64Array([due]).buffer);
    this.#places.set(id, this.#bytes.add(head, pack(this.#pack(rows))));
    this.#dues.add(due, id, this.size);
  }

  take(run: RunId): RunRows | undefined {
    const place = this.#places.get(run);
    if (place === undefined) return undefined;
    const rows = this.#unpack(run, unpack(this.#bytes.get(place).slice(8)) as Packed);
    this.#places.delete(run);
    this.#bytes.free(place);
    if (this.size === 0) {
      this.#words = [];
      this.#numbers.clear();
      this.#bytes.clear();
    } else if (this.#bytes.isWasteful) {
      for (const [id, at] of this.#bytes.compact(this.#places)) this.#places.set(id, at);
    }
    return rows;
  }

  #dueOf(run: RunId): number | undefined {
    const place = this.#places.get(run);
    return place === undefined ? undefined : new Float64Array(this.#bytes.get(place).slice(0, 8).buffer)[0];
  }

  #pack({ run, tasks, timers }: RunRows): Packed {
    const { stats, log } = run;
    const { tasks: started, tasksEnded, activations, commits, checkpointBytes, deaths } = stats;
    const died = Object.entries(deaths);
    return [
      [this.#number(run.version), this.#number(run.program), run.startedAt, this.#number(run.status)],
      [started, tasksEnded, activations, commits, checkpointBytes, log.first, log.next],
      died.map(([kind, count]) => [this.#number(kind), count]),
      tasks.map((task) => [
        this.#within(run.id, task.id),
        this.#number(task.name),
        task.epoch,
        task.seq,
        this.#number(task.status),
        this.#number(task.from),
        task.checkpointBytes ?? null,
        task.joiners.map((place) => this.#packPlace(run.id, place)),
        task.observed,
        task.deaths,
        task.alone,
      ]),
      timers.map((timer) => [...this.#packPlace(run.id, timer), timer.dueAt]),
    ];
  }

  #unpack(id: RunId, [own, counts, deaths, tasks, timers]: Packed): RunRows {
    const word = (number: number) => this.#words[number]!;
    const place = ([task, effect, branch]: PackedPlace): Place => ({
      task: `${id}${task}` as TaskId,
      effect,
      ...(branch === null ? {} : { branch }),
    });
    const [version, program, startedAt, status] = own;
    const [started, tasksEnded, activations, commits, checkpointBytes, first, next] = counts;
    const died = Object.fromEntries(deaths.map(([kind, count]) => [word(kind), count]));
    const run = {
      id,
      version: word(version),
      program: word(program),
      startedAt,
      status: word(status),
      stats: { tasks: started, tasksEnded, activations, commits, checkpointBytes, deaths: died },
      log: { first, next },
    } as RunRow;
    return {
      run,
      tasks: tasks.map(
        ([task, name, epoch, seq, at, from, written, joiners, observed, deathsOfTask, alone]) => ({
          id: `${id}${task}` as TaskId,
          name: word(name),
          epoch,
          seq,
          status: word(at) as TaskRow["status"],
          from: word(from) as TaskRow["from"],
          ...(written === null ? {} : { checkpointBytes: written }),
          joiners: joiners.map(place),
          observed,
          deaths: deathsOfTask,
          alone,
        }),
      ),
      timers: timers.map(([task, effect, branch, dueAt]) => ({ ...place([task, effect, branch]), dueAt })),
    };
  }

  #packPlace(run: RunId, { task, effect, branch }: Place): PackedPlace {
    return [this.#within(run, task), effect, branch ?? null];
  }

  /** A task's name without its run's. */
  #within(run: RunId, task: TaskId): string {
    return task.slice(run.length);
  }

  #number(word: string): number {
    let number = this.#numbers.get(word);
    if (number === undefined) {
      number = this.#words.push(word) - 1;
      this.#numbers.set(word, number);
    }
    return number;
  }
}

type PackedPlace = [task: string, effect: number, branch: number | null];
type Packed = [
  own: [version: number, program: number, startedAt: number, status: number],
  counts: [number, number, number, number, number, number, number],
  deaths: [kind: number, count: number][],
  tasks: [
    id: string,
    name: number,
    epoch: number,
    seq: number,
    status: number,
    from: number,
    checkpointBytes: number | null,
    joiners: PackedPlace[],
    observed: boolean,
    deaths: number,
    alone: boolean,
  ][],
  timers: [...PackedPlace, dueAt: number][],
];

/** Names of fields, checked against the type. */
function fields<R>(): (...names: (keyof R & string)[]) => ReadonlySet<string> {
  return (...names) => new Set(names);
}

function has(row: object, names: ReadonlySet<string>): boolean {
  return Object.keys(row).every((name) => names.has(name));
}

/** Runs in the order of their first due times: a heap in two lists, in which a run that has been woken stays until it comes to the top. */
class Dues {
  #times: number[] = [];
  #runs: RunId[] = [];
  readonly #dueOf: (run: RunId) => number | undefined;

  /** `dueOf`: of a run that is asleep. */
  constructor(dueOf: (run: RunId) => number | undefined) {
    this.#dueOf = dueOf;
  }

  /** `size`: how many runs are asleep. */
  add(due: number, run: RunId, size: number): void {
    if (this.#times.length > 2 * size + 64) this.#rebuild();
    let at = this.#times.length;
    this.#times.push(due);
    this.#runs.push(run);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#times[parent]! <= due) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  next(): number | undefined {
    while (this.#times.length > 0 && !this.#holds(0)) this.#pop();
    return this.#times[0];
  }

  until(now: number): RunId[] {
    const found: RunId[] = [];
    for (let due = this.next(); due !== undefined && due <= now; due = this.next()) {
      found.push(this.#runs[0]!);
      this.#pop();
    }
    return found;
  }

  #holds(at: number): boolean {
    return this.#dueOf(this.#runs[at]!) === this.#times[at];
  }

  #rebuild(): void {
    const kept = this.#runs.filter((_, at) => this.#holds(at));
    this.#times = [];
    this.#runs = [];
    for (const run of new Set(kept)) this.add(this.#dueOf(run)!, run, kept.length);
  }

  #pop(): void {
    const last = this.#times.length - 1;
    this.#swap(0, last);
    this.#times.pop();
    this.#runs.pop();
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < last && this.#times[child]! < this.#times[least]!) least = child;
      }
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(one: number, other: number): void {
    const [times, runs] = [this.#times, this.#runs];
    [times[one], times[other]] = [times[other]!, times[one]!];
    [runs[one], runs[other]] = [runs[other]!, runs[one]!];
  }
}
