/**
 * Ids are strings with a brand, so that one kind cannot be passed for another.
 *
 * A run's id is `r` + 10 random characters. A task's id is its run's id for the root and its parent's id + `.` + the
 * parent's effect number for a child (`r7f3k0q2m1x.4.1`): a child's id needs no randomness and no question to anybody,
 * and its run can be read off it. A task with an id of its own is `RUN.~ID`.
 */
declare const brand: unique symbol;
type Branded<B extends string> = string & { readonly [brand]: B };

export type RunId = Branded<"run">;
export type TaskId = Branded<"task">;
/** Hash of a bundle. */
export type Version = Branded<"version">;
/** A worker's name, unique within one server's life. */
export type WorkerId = Branded<"worker">;

/**
 * What tasks meet at: a queue, a lock, a barrier. Its run's id, then for one with a name `/kind:name`, for one of a module's own statement `/kind@module#statement.ordinal`, else the rest of the id of the task
 * that made it, `/` and a number of that task.
 */
export type GateId = Branded<"gate">;

/** What `share()` has stored: the hash of its bytes. A run has it once. */
export type SharedId = Branded<"shared">;

/**
 * What bytes can lead to, and a run keeps only as long as some do; as rows list it: a shared value by its name; a task, or a gate without a name, by
 * its id as it is saved.
 */
export type HandleId = Branded<"handle" | "shared">;

/** One for each, in all runs: the id of a task or a gate, the key of a shared value. */
export function handleKey(run: RunId, id: HandleId): string {
  return /^[./]/.test(id) ? `${run}${id}` : `${run}/${id}`;
}

/** Made by a task for whoever gets the handle: nobody else can find it. */
export function isUnnamed(gate: GateId): boolean {
  return /^\d+$/.test(gate.slice(gate.indexOf("/") + 1));
}

/** Where a run has a shared value, as a row and in table `bytes`. */
export function sharedKey(run: RunId, id: SharedId): string {
  return `${run}/${id}`;
}

/** Number of an effect within its task, from 1 upward; 0 is the task's cancellation (protocol/effect.ts). */
export type EffectId = number;

export function runOf(task: TaskId): RunId {
  const dot = task.indexOf(".");
  return (dot < 0 ? task : task.slice(0, dot)) as string as RunId;
}

export function inboxOf(task: TaskId, name: string): GateId {
  return `${task}/inbox:${name}` as GateId;
}

export function isInbox(gate: GateId): boolean {
  return gate.startsWith("inbox:", gate.indexOf("/") + 1);
}

export function runOfGate(gate: GateId): RunId {
  return gate.slice(0, gate.search(/[./]/)) as string as RunId;
}

export function rootTaskOf(run: RunId): TaskId {
  return run as string as TaskId;
}

/** An id of a task, a gate or what a task has named after itself, as it is saved: without its run, so that in a copy of the run it means the copy's. */
export function savedId(id: string, home: TaskId): string {
  const run = runOf(home);
  return id === run || (id.startsWith(run) && /^[./-]/.test(id.slice(run.length)))
    ? id.slice(run.length)
    : id;
}

/** The id that was saved; one that was saved with its run stays as it is. */
export function loadedId<Id extends string>(saved: string, home: TaskId): Id {
  return (saved === "" || /^[./-]/.test(saved) ? `${runOf(home)}${saved}` : saved) as Id;
}

/** What people may call a run. */
export function isRunName(text: string): boolean {
  return /^[a-z][a-z0-9_]{0,40}$/.test(text);
}

/** The task of a run that was started under an id of its own: a child of the root by its name, whoever started it. */
export function namedTask(run: RunId, id: string): TaskId {
  return `${run}.~${encodeURIComponent(id).replaceAll(".", "%2E")}` as TaskId;
}

export function isNamed(task: TaskId, run: RunId): boolean {
  return task.startsWith(`${run}.~`);
}

/** Whether it was started under an id of its own: whoever knows that finds it. */
export function hasOwnName(task: TaskId): boolean {
  return task.startsWith("~", task.lastIndexOf(".") + 1);
}

/** Of an inbox: whose it is. */
export function ownerOf(inbox: GateId): TaskId {
  return inbox.slice(0, inbox.indexOf("/")) as string as TaskId;
}

/** The task of which this one is a child by its name; of a root undefined. */
export function parentOf(task: TaskId): TaskId | undefined {
  const dot = task.lastIndexOf(".");
  return dot < 0 ? undefined : (task.slice(0, dot) as TaskId);
}

export function childTask(parent: TaskId, effect: EffectId): TaskId {
  return `${parent}.${effect}` as TaskId;
}
