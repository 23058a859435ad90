/** One process in which tests run, seen from outside. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Patience } from "../../fuzz/patience.ts";
import type { Place } from "../../fuzz/world.ts";
import type { Errand, Message } from "./worker.ts";

/** A test that is silent for so long has taken its process with it. */
const patienceS = 60;

/** How it ended; or the place from which it goes on in the next process. */
export interface Passage {
  readonly end: string;
  readonly place?: Place;
}

/** `ended`: the end of a file whose tests have all been run. */
export const ended = "ended";

/** In a worker that compiles and thaws, or in one that does neither. */
export function passage(
  worker: "worker" | "native",
  errand: Errand,
  folder: string,
  tell: (message: Message) => void,
): Promise<Passage> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL(`./${worker}.js`, import.meta.url)), {
      serialization: "advanced",
      // Runners stand there, and tests read files by paths from there.
      cwd: folder,
      execArgv: ["--no-warnings"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    let answer: Passage = { end: "it has ended the process" };
    const expire = (): void => {
      answer = { end: `nothing happened for ${patienceS} s` };
      child.kill("SIGKILL");
    };
    const patience = new Patience(patienceS, expire);
    child.on("message", (message: Message) => {
      patience.heard();
      tell(message);
      if (message.kind !== "over") return;
      answer =
        message.place === undefined ? { end: reasonOf(message.end) } : { end: "", place: message.place };
    });
    child.on("exit", () => {
      patience.end();
      resolve(answer);
    });
    child.send(errand);
  });
}

function reasonOf(end: Extract<Message, { kind: "over" }>["end"]): string {
  if (end.kind === "failed") return end.message;
  if (end.kind === "waits") return "it waits for what never comes";
  if (end.kind === "cut") return "its timers never end";
  return ended;
}
