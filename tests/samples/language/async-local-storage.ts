// `AsyncLocalStorage` and `AsyncResource`: what a storage holds goes with awaits, handlers, timers, jobs and ticks, through thaws.
import hooks, { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { setTimeout as wait } from "node:timers/promises";

type Log = (...values: unknown[]) => void;
interface Request {
  id: number;
  notes: string[];
}

const requests = new AsyncLocalStorage<Request>();
const users = new AsyncLocalStorage<string>();
const later = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
const seen = (): string => `${requests.getStore()?.id ?? "none"}/${users.getStore() ?? "none"}`;

async function leaf(text: string): Promise<string> {
  await null;
  requests.getStore()?.notes.push(text);
  await later(1);
  return `${text} in ${seen()}`;
}

async function handle(id: number): Promise<string[]> {
  const request: Request = { id, notes: [] };
  const { notes } = request;
  return requests.run(request, async () => {
    notes.push(await leaf("first"));
    const inner = await users.run(`user ${id}`, async () => {
      await later(40 - 10 * id);
      return [seen(), await leaf("second"), await Promise.all([leaf("third"), leaf("fourth")])];
    });
    notes.push(JSON.stringify(inner), seen(), String(requests.getStore() === request));
    return notes;
  });
}

async function fibers(log: Log): Promise<void> {
  const notes = await Promise.all([1, 2, 3].map((id) => handle(id)));
  log(JSON.stringify(notes), seen());
}

async function callbacks(log: Log): Promise<void> {
  const settled = Promise.resolve("settled");
  let release: (text: string) => void = () => {};
  const held = new Promise<string>((resolve) => {
    release = resolve;
  });
  const all: Promise<unknown>[] = [];
  // In what order they come is the business of other samples.
  const notes: string[] = [];
  const note = (text: string): void => void notes.push(`${text} ${seen()}`);
  users.run("callbacks", () => {
    all.push(settled.then((text) => note(`then ${text}`)));
    all.push(held.then((text) => note(`then ${text}`)));
    all.push(Promise.reject(new Error("no")).catch((error: Error) => note(`catch ${error.message}`)));
    all.push(settled.finally(() => note("finally")).then(() => note("behind finally")));
    all.push(new Promise<void>((resolve) => queueMicrotask(() => resolve(note("microtask")))));
    all.push(new Promise<void>((resolve) => process.nextTick(() => resolve(note("tick")))));
    all.push(new Promise<void>((resolve) => setImmediate(() => resolve(note("immediate")))));
    all.push(new Promise<void>((resolve) => setTimeout((text: string) => resolve(note(text)), 1, "timeout")));
    all.push(
      new Promise<void>((resolve) => {
        let ticks = 0;
        const timer = setInterval(() => {
          note(`interval ${ticks}`);
          if (ticks++ < 2) return;
          clearInterval(timer);
          resolve();
        }, 2);
      }),
    );
    all.push(wait(30).then(() => note("wait")));
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    all.push(Promise.resolve({ then: (resolve: () => void) => resolve(note("thenable")) }));
    all.push(Promise.race([later(2), held]).then(() => note("race")));
  });
  const unbound = settled.then(() => note("outside"));
  users.run("release", () => release("held"));
  await Promise.all(all);
  await unbound;
  note("end");
  log(notes.toSorted());
}

async function entering(log: Log): Promise<void> {
  await users.run("caller", async () => {
    await (async () => {
      await undefined;
      users.enterWith("behind a wait that need not be one");
    })();
    log("the caller", seen());
  });
  const inside = async (): Promise<void> => {
    users.enterWith("inside");
    log("entered", seen());
    await null;
    log("behind an await", seen());
    users.enterWith("again");
    await later(1);
    log("again", seen());
  };
  await users.run("outer", async () => {
    await null;
    log("before", seen());
    const running = inside();
    log("the caller", seen());
    await running;
    log("the caller behind it", seen());
    await (async () => {
      await null;
      users.enterWith("deep");
      await later(1);
    })();
    log("the caller at the end", seen());
    users.exit(() => log("exit", seen()));
    log("behind exit", seen());
  });
  log("outside", seen());
}

async function generators(log: Log): Promise<void> {
  function* lines(): Generator<string> {
    for (let at = 0; at < 3; at++) yield `${at} ${seen()}`;
  }
  async function* later2(): AsyncGenerator<string> {
    for (let at = 0; at < 3; at++) {
      const before = seen();
      await later(1);
      yield `${at} ${before} ${seen()}`;
    }
  }
  const made = users.run("maker", () => [lines(), later2()] as const);
  log(made[0].next().value, (await made[1].next()).value);
  await users.run("asker", async () => {
    log(made[0].next().value, (await made[1].next()).value);
    for await (const line of made[1]) log(line, seen());
  });
  log(made[0].next().value, seen());
}

class Job extends AsyncResource {
  name = "job";
  constructor(readonly callback: (this: Job, text: string) => string) {
    super("Job");
  }
  work(text: string): string {
    return this.runInAsyncScope(this.callback, this, text);
  }
}

async function resources(log: Log): Promise<void> {
  const [job, bound, fixed, snapshot, fixedSelf] = users.run("resources", () => [
    new Job(function (text) {
      return `${this.name} ${text} ${seen()}`;
    }),
    AsyncLocalStorage.bind((one: number, two: number) => `${one + two} ${seen()}`),
    AsyncResource.bind(() => seen()),
    AsyncLocalStorage.snapshot(),
    new AsyncResource("R").bind(
      function (this: { x: number }) {
        return `${this.x} ${seen()}`;
      },
      { x: 7 },
    ),
  ]);
  await later(1);
  log(job instanceof AsyncResource, job.work("works"), bound(1, 2), bound.length, fixed());
  log(snapshot(() => seen()), snapshot((text: string) => text + seen(), "given "), fixedSelf(), seen());
  await null;
  log(await job.runInAsyncScope(async () => (await null, seen())), seen());
  log(hooks.AsyncLocalStorage === AsyncLocalStorage, requests instanceof AsyncLocalStorage);
}

async function errors(log: Log): Promise<void> {
  const failing = async (): Promise<never> => {
    await later(1);
    throw new Error(`failed in ${seen()}`);
  };
  try {
    await users.run("errors", failing);
  } catch (error) {
    log((error as Error).message, seen());
  }
  try {
    users.run("sync", () => {
      throw new Error(seen());
    });
  } catch (error) {
    log((error as Error).message, seen());
  }
  const own = new AsyncLocalStorage<number>();
  await own.run(1, async () => {
    await null;
    log(own.getStore());
    own.disable();
    log(own.getStore());
    await null;
    log(own.getStore());
    await own.run(2, async () => {
      await null;
      log(own.getStore());
    });
  });
}

export default async function main(log: Log): Promise<string> {
  await fibers(log);
  await callbacks(log);
  await entering(log);
  await generators(log);
  await resources(log);
  await errors(log);
  for (let turn = 0; turn < 3; turn++) {
    await users.run(`turn ${turn}`, async () => {
      for (let at = 0; at < 2; at++) await leaf("loop");
      log(seen());
    });
  }
  return seen();
}
