/** What clients do to the runs of a simulation from outside, and what they are told. */
import assert from "node:assert/strict";
import { UserError } from "../../src/base/errors.ts";
import { namedTask, type RunId, rootTaskOf, type TaskId } from "../../src/base/ids.ts";
import type { Server } from "../../src/server/index.ts";
import type { Chance } from "./chance.ts";
import type { Client, Clients } from "./clients.ts";
import type { Input as FelledInput } from "./programs/felled.ts";
import type { Input as LettersInput } from "./programs/letters.ts";
import type { Compiled } from "./programs.ts";

export interface Visit<Input = unknown> {
  readonly clients: Clients;
  readonly chance: Chance;
  readonly run: RunId;
  readonly input: Input;
  /** A later version of the program. */
  readonly next: Compiled | undefined;
  /** Runs that have been copied from it. */
  readonly copies: Set<RunId>;
}

export interface Sent {
  readonly reader: number;
  readonly by: number;
  readonly text: string;
  /** Of the letter in its inbox. */
  readonly number: number;
}

/** Who has nothing more to say to them. */
const farewell = "";

/** One or two clients write to each reader; when all has been taken the run is told. Answers what has been sent, by then. */
export function sendLetters({ clients, chance, run, input }: Visit<LettersInput>): readonly Sent[] {
  const sent: Sent[] = [];
  const writing: Promise<void>[] = [];
  for (let reader = 0; reader < input.readers; reader++) {
    const task = namedTask(run, `reader ${reader}`);
    const senders = chance.between(1, 2);
    for (let by = 0; by < senders; by++) {
      const letters = Array.from({ length: input.letters }, (_, n) => `${by}.${n}`);
      writing.push(
        clients.add(`sender ${by} of ${reader}`, chance, async (client) => {
          for (const text of letters) {
            await client.pause(chance.pick([0, 1, 20, 150]));
            // Ids mean something within one inbox: they are the same in all.
            const number = await write(client, task, "letters", text, `id ${text}`);
            sent.push({ reader, by, text, number });
          }
        }),
      );
    }
  }
  void clients.add("the last sender", chance, async (client) => {
    await Promise.all(writing);
    for (let reader = 2; reader < input.readers; reader += 3)
      await writeOnce(client, namedTask(run, `reader ${reader}`), "letters", farewell, "the last");
    await writeOnce(client, rootTaskOf(run), "end", sent.length, "the end");
  });
  return sent;
}

/** Sends a message, as soon as there is somebody to get it. */
async function write(
  client: Client,
  task: TaskId,
  inbox: string,
  message: unknown,
  id: string,
): Promise<number> {
  for (;;) {
    try {
      const text = JSON.stringify(message);
      const { number } = await client.ask(`${id} to ${task}`, (server) => server.send(task, inbox, text, id));
      return number;
    } catch (error) {
      if (!(error instanceof UserError) || !/there is no task/.test(error.message)) throw error;
      await client.pause(30);
    }
  }
}

/** To a task that is there, and waits for this before it ends. If it has ended this has been taken, and the answer was lost. */
async function writeOnce(
  client: Client,
  task: TaskId,
  inbox: string,
  message: unknown,
  id: string,
): Promise<void> {
  const text = JSON.stringify(message);
  try {
    await client.ask(`${id} to ${task}`, (server) => server.send(task, inbox, text, id));
  } catch (error) {
    if (!(error instanceof UserError) || !/has ended/.test(error.message)) throw error;
  }
}

/** The run is cancelled, by one after the other, with time to clean up. */
export function cancelRun({ clients, chance, run, input }: Visit<FelledInput>): void {
  for (const [at, ms] of input.cancels.entries())
    void clients.add(`canceller ${at}`, chance, async (client) => {
      await client.pause(ms);
      await client.ask(
        "the end",
        (server) => server.cancel(rootTaskOf(run), 3_600_000),
        (form) => form.run,
      );
    });
}

/** The run is moved to its next version, and is told so. */
export function moveRun({ clients, chance, run, next }: Visit): void {
  assert(next !== undefined);
  void clients.add("mover", chance, async (client) => {
    await client.pause(chance.pick([0, 20, 300, 1_000]));
    await move(client, run, next);
    await writeOnce(client, rootTaskOf(run), "moved", 2, "moved");
  });
}

/** A run of any program moves to a version that differs in nothing that can be seen. */
export function moveUnseen({ clients, chance, run, next }: Visit): void {
  assert(next !== undefined);
  void clients.add("mover", chance, async (client) => {
    await client.pause(chance.between(0, 600));
    await unlessOver(() => move(client, run, next));
  });
}

async function move(client: Client, run: RunId, { bytes, code }: Compiled): Promise<void> {
  const { obstacles } = await client.ask(
    `the next version of ${run}`,
    (server) => server.upgrade(run, bytes, code),
    (form) => form.to,
  );
  assert.deepEqual(obstacles, [], `what stands in the way of moving ${run}`);
}

/** Copies of the run, and of copies of it; one of those that it has kept now and then when it is over. */
export function copyRun({ clients, chance, run, copies }: Visit): void {
  const count = chance.between(1, 3);
  void clients.add("copier", chance, async (client) => {
    for (let i = 1; i <= count; i++) {
      await client.pause(chance.pick([0, 5, 100, 600]));
      const from = chance.pick([run, run, ...copies]);
      if (chance.hits(0.2)) await ended(client, from);
      // Programs that keep one call it so.
      const checkpoint = chance.hits(0.5) ? "half-way" : undefined;
      await unlessOver(async () => void copies.add(await copy(client, from, `copy${i}of${run}`, checkpoint)));
    }
  });
}

/**
 * The run fails when it is told to go on. A copy that was made before, and one that is made when it has failed, are moved to a version without the mistake; another one begins
 * just before the failure, as it was.
 */
export function mendRun({ clients, chance, run, next, copies }: Visit): void {
  assert(next !== undefined);
  void clients.add("mender", chance, async (client) => {
    const mend = async (id: string): Promise<void> => {
      const as = await copy(client, run, `${id}of${run}`, "ready");
      copies.add(as);
      // By then it may have kept one of its own.
      await client.pause(chance.pick([0, 20, 300, 2_000]));
      await move(client, as, next);
      await writeOnce(client, rootTaskOf(as), "go", 2, "go");
    };
    // When this has been answered the checkpoint is there for good.
    while (!(await wasDone(() => mend("early")))) await client.pause(30);
    await writeOnce(client, rootTaskOf(run), "go", 1, "go");
    await ended(client, run);
    await client.pause(chance.pick([0, 20, 2_000]));
    await mend("late");
    copies.add(await copy(client, run, `sameof${run}`, undefined));
  });
}

async function wasDone(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof UserError && / has no checkpoint /.test(error.message)) return false;
    throw error;
  }
}

/** Waits until the run has ended. */
async function ended(client: Client, run: RunId): Promise<void> {
  const isOver = (server: Server) =>
    server.result(run).then(
      () => true,
      // The server has ended.
      () => false,
    );
  while (!(await client.ask(`the end of ${run}`, isOver, () => undefined))) await client.pause(20);
}

async function copy(client: Client, run: RunId, id: string, checkpoint: string | undefined): Promise<RunId> {
  const wish = { run, id: id as RunId, ...(checkpoint === undefined ? {} : { checkpoint }) };
  const form = await client.ask(
    `a copy of ${run}`,
    (server) => server.fork(wish),
    (each) => [each.id, each.forkOf, each.commits],
  );
  return form.id;
}

async function unlessOver(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof UserError) || !/ is over | has no checkpoint /.test(error.message)) throw error;
  }
}
