/**
 * A server answers questions about its state (protocol/control.ts) on a socket of the machine, beside the state's directory. Whoever may
 * read the directory may ask.
 *
 * O1. An answer is of one moment, and is sent when all of that moment is durable.
 * O2. A log that is followed has every line once: what was said before the question, then what is said, up to the end of the run.
 * O3. Who asks something wrong is told so; who sends something else than questions is hung up on. Neither disturbs the server.
 */
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { GoneError, UserError } from "../base/errors.ts";
import { runOf } from "../base/ids.ts";
import type { Answers, Asked, LineForm, Question, Told } from "../protocol/control.ts";
import { encodeFrame, FrameDecoder } from "../protocol/frames.ts";
import type { ProgramCode } from "../runtime/index.ts";
import type { Server } from "./server.ts";
import { findRun, linesSaid, runForm, runsOf, type Seen, sharedOf, taskForm, tasksOf, why } from "./views.ts";

/** A socket's path must be short; this is what all systems allow. */
const pathBytesMax = 100;
/** A question may bring a program along. */
const questionBytesMax = 64 * 1024 * 1024;

/** Questions that change something, or wait for it. */
export type Request = Question & {
  readonly kind: "start" | "result" | "cancel" | "send" | "fork" | "upgrade";
};

/** Where the server of a state is asked, by its URL. Undefined of a state in memory: it is its run's alone. */
export function controlPath(store: string): string | undefined {
  const directory = /^file:(.+)$/s.exec(store)?.[1];
  if (directory === undefined && store.startsWith("memory:")) return undefined;
  const full = directory === undefined ? store : resolve(directory);
  const name = `continua-${createHash("sha256").update(full).digest("hex").slice(0, 16)}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\${name}`;
  const path = join(full, "control.sock");
  const isBeside = directory !== undefined && Buffer.byteLength(path) <= pathBytesMax;
  return isBeside ? path : join(tmpdir(), `${name}.sock`);
}

/** What can be answered from rows alone, of a state at rest too. @throws {UserError} if it cannot be answered. */
export function answer(seen: Seen, question: Exclude<Question, Request>): Answers[keyof Answers] {
  switch (question.kind) {
    case "runs":
      return runsOf(seen).map((row) => runForm(seen, row));
    case "run": {
      const row = findRun(seen, question.id);
      return { ...runForm(seen, row), tasks: tasksOf(seen, row), shared: sharedOf(seen, row) };
    }
    case "task":
      return taskForm(seen, question.id);
    case "why":
      return why(seen, question.id);
    case "logs":
      return linesSaid(seen, findRun(seen, question.id), question.attempts);
  }
}

/** Answers until it is closed by the function that is returned. Rejects if the socket cannot be opened. */
export async function openControl(server: Server, path: string): Promise<() => void> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serve(server, socket);
  });
  // Left behind by an earlier server, which had the state as this one has it now.
  if (process.platform !== "win32") rmSync(path, { force: true });
  await new Promise<void>((opened, failed) => {
    listener.once("error", failed);
    listener.listen(path, opened);
  });
  listener.on("error", () => {});
  listener.unref();
  return () => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  };
}

function serve(server: Server, socket: Socket): void {
  const decoder = new FrameDecoder<Asked>(questionBytesMax);
  const ends = new Set<() => void>();
  const tell = (told: Told): void => {
    if (socket.writable) socket.write(encodeFrame(told));
  };
  socket.on("error", () => {});
  socket.on("close", () => {
    for (const end of ends) end();
  });
  socket.on("data", (chunk) => {
    let questions: Asked[];
    try {
      questions = decoder.push(chunk);
    } catch {
      socket.destroy();
      return;
    }
    for (const { number, question } of questions) {
      answered(server, question, (lines) => tell({ number, lines }), ends).then(
        (value) => tell({ number, answer: value }),
        (error) => tell({ number, ...refusalOf(error) }),
      );
    }
  });
}

function refusalOf(error: unknown): { readonly refusal: string; readonly gone?: true } {
  const refusal = error instanceof UserError ? error.message : String(error);
  return error instanceof GoneError ? { refusal, gone: true } : { refusal };
}

function answered(
  server: Server,
  question: Question,
  tell: (lines: readonly LineForm[]) => void,
  ends: Set<() => void>,
): Promise<Answers[keyof Answers]> {
  switch (question.kind) {
    case "start": {
      const { version, bundle: bytes, program, input, id } = question;
      return server.start({ version, bytes }, program, input, id);
    }
    case "result":
      return server.result(question.run).then(({ row, outcome }) => {
        const bundle = server.bundle(row.version);
        return { row, outcome, ...(bundle === undefined ? {} : { bundle }) };
      });
    case "cancel":
      return server.cancel(question.task, question.graceMs);
    case "upgrade":
      return server.upgrade(question.run, question.bundle, question.code as ProgramCode, question.check);
    case "fork":
      return server.fork(question);
    case "send":
      return server.send(question.task, question.inbox, question.message, question.id);
    case "logs":
      if (question.follow) return follow(server, question, tell, ends);
      return server.look((seen) => {
        const { id } = findRun(seen, question.id);
        const said = answer(seen, question) as readonly LineForm[];
        return question.attempts ? [...said, ...server.provisional(id)] : said;
      });
  }
  return server.look((seen) => answer(seen, question));
}

/** O2. */
async function follow(
  server: Server,
  { id, attempts = false }: Question & { readonly kind: "logs" },
  tell: (lines: readonly LineForm[]) => void,
  ends: Set<() => void>,
): Promise<readonly LineForm[]> {
  // From before the look, so that nothing falls between the two.
  const early: LineForm[] = [];
  let take = (lines: readonly LineForm[]): void => void early.push(...lines);
  const end = server.watchLines((lines) => take(lines));
  ends.add(end);
  try {
    const { run, said } = await server.look((seen) => {
      const row = findRun(seen, id);
      return { run: row.id, said: linesSaid(seen, row, attempts) };
    });
    let last = said.at(-1)?.id ?? "";
    take = (lines) => {
      const next = lines.filter(
        (line) => runOf(line.task) === run && (line.attempt === undefined ? line.id > last : attempts),
      );
      if (next.length === 0) return;
      last = next.findLast((line) => line.attempt === undefined)?.id ?? last;
      tell(next);
    };
    tell(said);
    if (attempts) tell(server.provisional(run));
    take(early);
    await server.result(run);
  } finally {
    end();
    ends.delete(end);
  }
  return [];
}
