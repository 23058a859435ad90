/**
 * What the runtime offers to those who host tasks (worker, tests, simulator). See index.ts for the door.
 *
 * R1. The runtime touches no clock, no timer, no I/O: time, foreign modules and code evaluation are handed in.
 * R2. A task runs only inside `run()`, or where `TaskHost.enter` has let it. All else that comes from outside (completions, settled
 *     foreign promises) is queued, and `TaskHost.wake` says that there is something to run.
 * R3. `snapshot()` is called between two runs only, and changes nothing that the program could observe.
 */
import type { EffectId, SharedId, TaskId } from "../base/ids.ts";
import type { Bundle, ModuleLink } from "../protocol/bundle.ts";
import type { Completion, Effect, Outcome } from "../protocol/effect.ts";
import type { NotSaveableError } from "./errors.ts";

export interface ProgramHost {
  /** Evaluates the text of a compiled module: a strict function of `$rt` with this body. */
  compile(code: string, filename: string, module?: CompiledModule): (rt: unknown) => unknown;
  /** Namespace of a foreign module. */
  importForeign(link: ModuleLink & { kind: "foreign" }, bundle: Bundle): Promise<Record<string, unknown>>;
  /** The text of one call of `console.log`; without it, the runtime's own short one. */
  format?(args: readonly unknown[]): string;
  /** Whether an object is a Proxy, which only the machine can tell. */
  isProxy?(value: object): boolean;
}

export interface CompiledModule {
  readonly id: string;
  /** Source map (version 3, JSON) from its code to its source. */
  readonly map: string;
}

/** A bundle, loaded: shared by all its tasks in this process. */
export interface Program {
  readonly bundle: Bundle;
  /** A task that has not begun. */
  task(id: TaskId, host: TaskHost): Task;
  /** Decodes a result of a task outside of any (for `continua run`'s stdout). */
  decode(bytes: Uint8Array, of?: TaskId): unknown;
}

export interface TaskHost {
  /** Something happened outside a run: call `run()` soon. */
  wake(): void;
  /** Asked at a poll: freeze the task here (checkpoint, drain or somebody else's turn)? */
  freeze(): boolean;
  /**
   * Asked when what a waiting task waits for has come from foreign code: may it run here and now, rather than in the next `run()`? `wake` follows
   * if the host has something to learn from it. Absent: never.
   */
  enter?(): boolean;
  /** Milliseconds of the server's clock (as near as the host knows it). */
  now(): number;
  /** Milliseconds since some moment, with fractions, never backwards. Absent: `now()`. */
  monotonic?(): number;
  /** Whether everything that the task has been told is durable; until then no foreign call is begun (design H8). Absent: it always is. */
  settled?(): boolean;
  /** The task has printed a line, which its next commit brings as the effect with this number. */
  said?(id: EffectId, stream: "out" | "err", text: string): void;
  /** The bytes of a shared value of the task's run; `undefined`: nothing led to it any more. */
  shared?(id: SharedId): Promise<Uint8Array | undefined>;
}

export type Begin =
  | { readonly kind: "payload"; readonly bytes: Uint8Array }
  | { readonly kind: "input"; readonly json: string }
  | { readonly kind: "snapshot"; readonly bytes: Uint8Array };

export interface Task {
  readonly id: TaskId;
  /**
   * `shared`: values of which the snapshot may hold parts.
   *
   * @throws SnapshotError if the bytes are not a snapshot of this program; SharedMissing if shared values are needed besides: then another
   * task is to be begun. `again`: it may have run before, and nothing of that was written down.
   */
  begin(from: Begin, shared?: ReadonlyMap<SharedId, Uint8Array>, again?: boolean): void;
  deliver(completions: readonly Completion[]): void;
  /** Runs until nothing can run (`waiting`), a poll froze it (`frozen`: call again to go on), or it has ended. */
  run(): TaskState;
  /** Effects since the last call, in program order. */
  takeEffects(): Effect[];
  /**
   * These effects, taken and not committed, cannot be: the task holds what cannot be saved. Who waits for one is rejected, before it has
   * happened (design H7); answers those for which nobody waits in a way that could be.
   */
  refuse(effects: readonly Effect[], reason: NotSaveableError): Effect[];
  /**
   * Whether the last run went ahead of the disk (quiet.ts): then it is to be committed before anything else of the task runs, and nothing else
   * of it may run before that is durable. `more`: it has been answered meanwhile, and has not looked. Asked once after a run.
   */
  takeAhead?(): { readonly more: boolean } | undefined;
  /** Completions consumed since the last call. */
  takeConsumed(): EffectId[];
  /** The bytes from which `begin` goes on. @throws NotSaveableError naming variable and line. */
  snapshot(): Uint8Array;
  /** As the last snapshot found: promises are awaited whose resolvers only foreign code of this process has (design H6). */
  readonly bound: boolean;
  /** Foreign calls wait for {@link TaskHost.settled}: the next run after it makes them. */
  readonly holds?: boolean;
  /** Forgets the task; settled foreign promises no longer wake anybody. */
  drop(): void;
}

export type TaskState =
  /**
   * `foreign`: promises on which fibers wait and which only foreign code of this process can settle; while there are any, the task can
   * wake by itself. `answers`: besides them, completions are to come. While completions or calls are to come, promises whose resolvers were handed
   * to foreign code are not counted: see {@link Task.bound}.
   */
  | { readonly kind: "waiting"; readonly foreign: number; readonly answers?: true }
  | { readonly kind: "frozen" }
  | { readonly kind: "ended"; readonly outcome: Outcome };
