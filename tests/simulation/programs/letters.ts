/** Tasks that read their inboxes, each in a way of its own, while others write to them from outside. */
import { call, inbox, mutex, type Queue, queue, select, sleep, spawn, type Task } from "continua";

export interface Input {
  readonly readers: number;
  /** To each. */
  readonly letters: number;
  readonly patienceMs: number;
}

/** What is there, is there: an inbox is asked before the clock. */
async function rest(into: string[]) {
  for (;;) {
    const one = await select({ letter: inbox<string>("letters"), empty: 2 });
    if (one.name === "empty") return into;
    into.push(one.value);
  }
}

/** Chooses between its inbox and others that lose, or win. */
async function chooser(stop: Queue<string>, patienceMs: number) {
  const letters = inbox<string>("letters");
  const lock = mutex({ name: "busy" });
  const ends = queue<string>({ name: "never" });
  const got: string[] = [];
  for (;;) {
    const one = await select({ stop, letter: letters, ends, lock, late: patienceMs });
    if (one.name === "stop") return await rest(got);
    if (one.name === "letter") got.push(one.value);
    if (one.name !== "lock") continue;
    if (patienceMs > 0) await sleep(1);
    one.value.release();
  }
}

/** Gives up waiting again and again. */
async function impatient(stop: Queue<string>, patienceMs: number) {
  const letters = inbox<string>("letters");
  const got: string[] = [];
  const enough = new AbortController();
  const reading = (async () => {
    while (!enough.signal.aborted) {
      const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(patienceMs)]);
      await letters.receive({ signal }).then(
        (letter) => got.push(letter),
        (error) => {
          if (error !== signal.reason) throw error;
        },
      );
    }
  })();
  await stop.dequeue();
  enough.abort("enough");
  await reading;
  return await rest(got);
}

/** Has each letter read by a task, and takes no other one meanwhile. */
async function secretary(stop: Queue<string>) {
  const letters = inbox<string>("letters");
  const got: string[] = [];
  const stopped = (async () => {
    await stop.dequeue();
    return "stopped";
  })();
  const takes = (async () => {
    for (;;) {
      const letter = await letters.receive();
      if (letter === "") return;
      got.push(await call(copied, letter));
    }
  })();
  await stopped;
  await takes;
  return got;
}

async function copied(letter: string) {
  return letter;
}

export default async function main({ readers, patienceMs }: Input) {
  const stop = queue<string>();
  const tasks: Task<string[]>[] = [];
  for (let i = 0; i < readers; i++) {
    const start = spawn.with({ id: `reader ${i}` });
    if (i % 3 === 0) tasks.push(start(chooser, stop, patienceMs));
    else if (i % 3 === 1) tasks.push(start(impatient, stop, patienceMs));
    else tasks.push(start(secretary, stop));
  }
  // All has been sent, and been answered.
  const sent = await inbox<number>("end").receive();
  for (const _ of tasks) await stop.enqueue("stop");
  const got: string[][] = [];
  for (const task of tasks) got.push(await task.result());
  return { sent, got };
}
