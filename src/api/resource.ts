/**
 * Live objects that no snapshot can hold (a pool of connections, a client), behind a handle that can be kept, saved and passed on.
 *
 *   use ─▶ opened in this process for this task? no ─▶ open ─▶ the function is called with the object ─▶ its answer
 *                                                yes ────────────┘
 *
 * L1. An object belongs to one task in one process. It is opened by the first `use`, again after a thaw, and closed when the task leaves the process;
 *     a process that is killed closes nothing.
 * L2. A `use` is one foreign call (design H5): while it goes on it is saved as of before it, and a thaw makes it again, with an object that is
 *     opened anew.
 * L3. So nothing of it may be saved in the middle: where the function itself waits, rather than answer the promise of a call, the task is pinned
 *     until it has ended (design H7). Otherwise what it did inside the system would be done twice.
 */
import { UserError } from "../base/errors.ts";
import {
  closure,
  currentKernel,
  DurablePromise,
  position,
  registerClass,
  runtimeSite,
  siteOf,
  type TaskKernel,
} from "../runtime/index.ts";
import { atPlainEnd, keepPlainly } from "./plain.ts";
import type { PlainTask } from "./plain-tasks.ts";
import { inTask } from "./task.ts";

type Open = () => unknown;
type Close = (live: unknown) => unknown;

interface Saved {
  readonly id: string;
  readonly open: Open;
  readonly close: Close | undefined;
}

/** What a task, or one of a plain run, has opened in this process, by the resource's id. */
const opened = new WeakMap<TaskKernel | PlainTask, Map<string, { readonly live: unknown }>>();

/** What `resource()` answers. Can be kept, saved and passed to other tasks; each of them opens an object of its own. */
export class Resource<T> {
  readonly #id: string;
  readonly #open: Open;
  readonly #close: Close | undefined;

  constructor({ id, open, close }: Saved) {
    this.#id = id;
    this.#open = open;
    this.#close = close;
    keepPlainly(this);
  }

  static save(resource: Resource<unknown>): Saved {
    return { id: resource.#id, open: resource.#open, close: resource.#close };
  }

  /** The object, or a promise of it, opened if it is not. */
  static liveOf(
    resource: Resource<unknown>,
    task: TaskKernel | PlainTask,
    atEnd: (end: () => void) => void,
  ): unknown {
    const id = resource.#id;
    const mine = opened.get(task) ?? new Map<string, { readonly live: unknown }>();
    opened.set(task, mine);
    const known = mine.get(id);
    if (known !== undefined) return known.live;
    const entry = { live: resource.#open() };
    mine.set(id, entry);
    native(entry.live).catch(() => {
      // The next `use` tries again.
      if (mine.get(id) === entry) mine.delete(id);
    });
    atEnd(() => {
      if (mine.get(id) === entry) mine.delete(id);
      void shut(resource.#close, entry.live);
    });
    return entry.live;
  }

  /**
   * Calls `fn` with the live object, and answers what it answers. If the worker dies meanwhile, the call is made again, with an object that is opened anew.
   *
   *     const rows = await db.use((pool) => pool.query("select ..."));
   *
   * Let `fn` answer the promise of one call, and go on outside with what it brings: a function that waits itself keeps the task from being
   * saved until it has ended. The object must not leave `fn`.
   */
  use<R>(fn: (live: T) => R | PromiseLike<R>): Promise<Awaited<R>> {
    if (typeof fn !== "function")
      throw new UserError(
        `use() takes a function, as in db.use((pool) => pool.query(sql)); the first argument is ${typeof fn}`,
      );
    const result = inTask(
      "use()",
      (kernel) => kernel.foreign.call(closure(useSite, { resource: this, fn }) as () => Promise<unknown>),
      async (host) => {
        const task = host.current();
        const atEnd = task.isRoot ? atPlainEnd : (end: () => void) => void task.result.then(end, end);
        return fn((await Resource.liveOf(this, task, atEnd)) as T);
      },
    );
    return result as Promise<Awaited<R>>;
  }
}

registerClass("continua.Resource", Resource, {
  save: Resource.save,
  load: (saved: Saved) => new Resource<unknown>(saved),
});

async function shut(close: Close | undefined, live: unknown): Promise<void> {
  try {
    await native(close?.(await native(live)));
  } catch {
    // Whom could it be told? The task is gone.
  }
}

interface Use {
  readonly resource: Resource<unknown>;
  readonly fn: (live: unknown) => unknown;
}

const useSite = runtimeSite("resource.use", (use: Use) => async () => {
  const kernel = currentKernel()!;
  const live = await pinned(use, kernel, () =>
    Resource.liveOf(use.resource, kernel, (end) => kernel.live.onLeave(end)),
  );
  // A task that has left runs nothing any more.
  if (kernel.dropped) return undefined;
  return pinned(use, kernel, () => use.fn(live));
});

/** Waits for what `act` answers: a call of foreign code can be made again, and anything else pins the task (L3). */
async function pinned(use: Use, kernel: TaskKernel, act: () => unknown): Promise<unknown> {
  const answer = kernel.entered(act);
  const pins = DurablePromise.is(answer) && !kernel.foreign.leaveOut(answer);
  if (!pins) return await native(answer);
  const site = siteOf(use.fn);
  const place = site === undefined ? "" : ` at ${position(site, site.position)}`;
  kernel.live.pin(
    use,
    `a function given to use() of a resource${place} waits in the middle, with an object that cannot be saved; let it answer the promise of one call, as in db.use((pool) => pool.query(sql)), and go on outside with what that brings`,
  );
  try {
    return await native(answer);
  } finally {
    kernel.live.unpin(use);
  }
}

/** Followed at once: a durable rejection that nobody follows when the task has nothing else to run ends it. */
function native(value: unknown): Promise<unknown> {
  if (!DurablePromise.is(value)) return Promise.resolve(value);
  return new Promise((resolve, reject) => void (value as PromiseLike<unknown>).then(resolve, reject));
}

let plainResources = 0;

/**
 * A live object that no snapshot can hold, as a handle that can: `open` makes the object when it is first used, in each process and for each task, and
 * again after a thaw; `close` is given it when the task ends or leaves its worker.
 *
 *     const db = resource(() => new Pool({ connectionString }), (pool) => pool.end());
 *     const { rows } = await db.use((pool) => pool.query("select id from orders"));
 */
export function resource<T>(open: () => T | PromiseLike<T>, close?: (live: T) => unknown): Resource<T> {
  if (typeof open !== "function")
    throw new UserError(
      `resource() takes a function that opens it, as in resource(() => new Pool()); the first argument is ${typeof open}`,
    );
  const id = inTask(
    "resource()",
    (kernel) => `${kernel.id}-${kernel.effects.takeNumber()}`,
    () => `plain-${++plainResources}`,
  );
  return new Resource<T>({ id, open, close: close as Close | undefined });
}
