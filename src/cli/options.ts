/** The command line: what can be written, and what it means. */
import { parseArgs } from "node:util";
import { parseDuration } from "../base/duration.ts";
import { UserError } from "../base/errors.ts";
import type { RunId, TaskId } from "../base/ids.ts";
import { limits } from "../base/limits.ts";

export const usage = `continua: ordinary async TypeScript as durable tasks

  continua run PROGRAM [--input JSON] [options]   compile, run, print the result as JSON
  continua resume [RUN] [options]                 go on after any interruption; print the result
  continua serve [options]                        a server that stays: drives all runs of the state, and takes new ones
  continua start PROGRAM [--input JSON] [--id ID] compile, and start a run on the server that has the state; prints its id.
                                                  --wait: and then its result; the same --id again starts nothing new
  continua list                                   the runs in the state
  continua show [RUN|TASK]                        a run (default: the last) or a task: what it waits for, its stack and variables
  continua why [RUN|TASK]                         what keeps it from going on, and what keeps that
  continua logs [RUN] [-f] [--attempts]           what its tasks have printed; -f: and what they print until it ends; --attempts: and what
                                                  they said and did not commit, at once: of attempts that go on, and of those that died
  continua cancel TASK [--grace D]                ends a run (by its id) or a task, and all below it
  continua fork RUN [--id NEW]                    a copy of a run as its last commits have left it, which goes on by itself; --checkpoint NAME: as it was
                                                  at one of its kept checkpoints (of a run that is over: the last of them)
  continua upgrade [RUN] [--check]                moves a run to its program as it is now, where what waits has not changed; --check: only
                                                  says whether it could be. --program PATH: where it is now
  continua send TASK INBOX JSON [--id ID]         a message to an inbox of a task
  continua lsp [--stdio]                          a language server for editors, on stdin and stdout: reports the same as you type
  continua check PROGRAM [--json]                 compile only, and report what cannot run, cannot be saved, or is likely not meant

options of run, resume and serve
  --store URL        where the state is kept: file:DIR, redis://HOST:PORT/DB?prefix=NAME, or memory: (default file:.continua)
  --state DIR        short for --store file:DIR
  --blobs DIR        where large values are kept, if not in the store (remembered there)
  --workers N        worker processes (default: the number of processors)
  --time-limit D     kill each worker at this age, as functions are: 2s, 15m (default: none)
  --memory MIB       heap of a worker in MiB; with its buffers and code it may have 128 MiB more
  --freeze           stop workers while they have nothing to do, as functions are between two calls
  --chaos            kill a worker every 0.3 to 1 s
  --seed N           seed of the chaos (default 1)
  --durability MODE  strict: tasks hear only what is on the disk; group: they may go on ahead of it, and what leaves the system waits
                     (default strict)
  --retention D      forget runs that ended so long ago: 7d, 1h and keep all others (default: keep the last 100)
  --quiet            no progress on stderr
options of start, list, show, why, logs, fork and upgrade, of a state at rest or of one that a run has
  --store, --state   as above
  --json             for programs; logs: one line of JSON for each
option of run alone
  --plain            the same source in one ordinary process, without tasks, as the reference; with --workers N what is called runs in N other ones

exit code: 0 the program succeeded, 1 it failed, 2 the command could not be carried out`;

export interface DriveOptions {
  readonly store: string;
  readonly blobs: string | undefined;
  readonly workers: number;
  readonly timeLimitMs: number | undefined;
  readonly memoryMiB: number | undefined;
  readonly freeze: boolean;
  readonly chaos: boolean;
  readonly seed: number;
  readonly durability: "strict" | "group";
  readonly retentionMs: number | undefined;
  readonly quiet: boolean;
}

export interface LookOptions {
  readonly store: string;
  readonly json: boolean;
}

export interface CancelOptions extends LookOptions {
  readonly task: TaskId;
  readonly graceMs: number;
}

export interface StartOptions extends LookOptions {
  readonly program: string;
  /** JSON text, or empty. */
  readonly input: string;
  /** The same a second time is no second run. */
  readonly id: string | undefined;
  /** Whether it waits for the result. */
  readonly wait: boolean;
}

export interface ForkOptions extends LookOptions {
  readonly run: RunId;
  /** Of the copy. */
  readonly id?: RunId;
  /** Of which it is to be a copy. */
  readonly checkpoint?: string;
}

export interface UpgradeOptions {
  readonly store: string;
  readonly json: boolean;
  readonly run: string | undefined;
  /** Where it is now; absent: where it was. */
  readonly program: string | undefined;
  readonly check: boolean;
}

export interface SendOptions extends LookOptions {
  readonly task: TaskId;
  readonly inbox: string;
  /** JSON text. */
  readonly message: string;
  /** The same a second time is no second message. */
  readonly id?: string;
}

export type CommandLine =
  | {
      readonly command: "run";
      readonly program: string;
      readonly input: string;
      /** How many processes run what is called, besides the one of the main function; absent: not plainly. */
      readonly plain: number | undefined;
      readonly drive: DriveOptions;
    }
  | { readonly command: "resume"; readonly run: string | undefined; readonly drive: DriveOptions }
  | { readonly command: "serve"; readonly drive: DriveOptions }
  | { readonly command: "start"; readonly start: StartOptions }
  | { readonly command: "cancel"; readonly cancel: CancelOptions }
  | { readonly command: "fork"; readonly fork: ForkOptions }
  | { readonly command: "upgrade"; readonly upgrade: UpgradeOptions }
  | { readonly command: "send"; readonly send: SendOptions }
  | { readonly command: "lsp" }
  | { readonly command: "check"; readonly program: string; readonly json: boolean }
  | { readonly command: "list"; readonly look: LookOptions }
  | { readonly command: "show" | "why"; readonly id: string | undefined; readonly look: LookOptions }
  | {
      readonly command: "logs";
      readonly id: string | undefined;
      readonly look: LookOptions & { readonly follow: boolean; readonly attempts: boolean };
    }
  | { readonly command: "help" }
  | { readonly command: "version" };

const driveFlags = {
  store: { type: "string" },
  state: { type: "string" },
  blobs: { type: "string" },
  workers: { type: "string" },
  "time-limit": { type: "string" },
  memory: { type: "string" },
  freeze: { type: "boolean" },
  chaos: { type: "boolean" },
  seed: { type: "string" },
  durability: { type: "string" },
  retention: { type: "string" },
  quiet: { type: "boolean" },
} as const;

const stateFlags = { store: { type: "string" }, state: { type: "string" } } as const;
const lookFlags = { ...stateFlags, json: { type: "boolean" } } as const;

/** Every command, and the flags that it knows. */
export const commandFlags = {
  run: { ...driveFlags, input: { type: "string" }, plain: { type: "boolean" } },
  resume: driveFlags,
  serve: driveFlags,
  start: {
    ...lookFlags,
    input: { type: "string" },
    id: { type: "string" },
    wait: { type: "boolean" },
  },
  list: lookFlags,
  show: lookFlags,
  why: lookFlags,
  logs: { ...lookFlags, follow: { type: "boolean", short: "f" }, attempts: { type: "boolean" } },
  cancel: { ...lookFlags, grace: { type: "string" } },
  fork: { ...lookFlags, id: { type: "string" }, checkpoint: { type: "string" } },
  upgrade: { ...lookFlags, program: { type: "string" }, check: { type: "boolean" } },
  send: { ...lookFlags, id: { type: "string" } },
  check: { json: { type: "boolean" } },
  lsp: { stdio: { type: "boolean" } },
} as const;

/**
 * @param processors what `--workers` defaults to.
 * @throws {UserError} for an unknown command, flag or value.
 */
export function parseCommandLine(args: readonly string[], processors: number): CommandLine {
  const [command, ...rest] = args;
  switch (command) {
    case "run": {
      const { values, positionals } = parse(rest, commandFlags.run);
      const program = one(positionals, "run", "PROGRAM");
      const drive = driveOptions(values, processors);
      return {
        command,
        program,
        input: parseInput(values.input),
        plain: values.plain ? (values.workers === undefined ? 0 : drive.workers) : undefined,
        drive,
      };
    }
    case "resume": {
      const { values, positionals } = parse(rest, commandFlags.resume);
      return {
        command,
        run: atMostOne(positionals, command, "RUN"),
        drive: driveOptions(values, processors),
      };
    }
    case "serve": {
      const { values, positionals } = parse(rest, commandFlags.serve);
      if (positionals.length > 0)
        throw wrong(
          `serve takes no arguments, not: ${positionals.join(" ")}; a program is started by: continua start ${positionals[0]}`,
        );
      return { command, drive: driveOptions(values, processors) };
    }
    case "start": {
      const { values, positionals } = parse(rest, commandFlags.start);
      const program = one(positionals, "start", "PROGRAM");
      const { input, id, wait = false } = values;
      return { command, start: { ...lookOptions(values), program, input: parseInput(input), id, wait } };
    }
    case "lsp":
      parse(rest, commandFlags.lsp);
      return { command };
    case "check":
      return parseCheck(rest);
    case "cancel":
      return parseCancel(rest);
    case "fork":
      return parseFork(rest);
    case "upgrade":
      return parseUpgrade(rest);
    case "send":
      return parseSend(rest);
    case "list":
    case "show":
    case "why":
      return parseLook(command, rest);
    case "logs": {
      const { values, positionals } = parse(rest, commandFlags.logs);
      const id = atMostOne(positionals, command, "RUN");
      return {
        command,
        id,
        look: { ...lookOptions(values), follow: values.follow ?? false, attempts: values.attempts ?? false },
      };
    }
    case "version":
    case "--version":
      return { command: "version" };
    case "help":
    case "--help":
    case "-h":
      return { command: "help" };
    case undefined:
      throw wrong("no command given");
    default:
      throw wrong(`there is no command "${command}"`);
  }
}

function parseLook(command: "list" | "show" | "why", rest: readonly string[]): CommandLine {
  const { values, positionals } = parse(rest, commandFlags[command]);
  const look = lookOptions(values);
  if (command !== "list") return { command, id: atMostOne(positionals, command, "RUN or TASK"), look };
  if (positionals.length > 0) throw wrong(`list takes no arguments, not: ${positionals.join(" ")}`);
  return { command, look };
}

function lookOptions(values: {
  readonly store?: string | undefined;
  readonly state?: string | undefined;
  readonly json?: boolean | undefined;
}): LookOptions {
  return { store: storeOf(values), json: values.json ?? false };
}

function parseCheck(args: readonly string[]): CommandLine {
  const { values, positionals } = parse(args, commandFlags.check);
  return { command: "check", program: one(positionals, "check", "PROGRAM"), json: values.json ?? false };
}

function parseCancel(args: readonly string[]): CommandLine {
  const { values, positionals } = parse(args, commandFlags.cancel);
  const graceMs = values.grace === undefined ? limits.cancelGraceMs : parseDuration(values.grace, "--grace");
  const task = one(positionals, "cancel", "TASK") as TaskId;
  return { command: "cancel", cancel: { ...lookOptions(values), task, graceMs } };
}

function parseFork(args: readonly string[]): CommandLine {
  const { values, positionals } = parse(args, commandFlags.fork);
  const run = one(positionals, "fork", "RUN") as RunId;
  const id = values.id === undefined ? {} : { id: values.id as RunId };
  const checkpoint = values.checkpoint === undefined ? {} : { checkpoint: values.checkpoint };
  return { command: "fork", fork: { ...lookOptions(values), run, ...id, ...checkpoint } };
}

function parseUpgrade(args: readonly string[]): CommandLine {
  const { values, positionals } = parse(args, commandFlags.upgrade);
  const run = atMostOne(positionals, "upgrade", "RUN");
  const { program, check = false } = values;
  return { command: "upgrade", upgrade: { ...lookOptions(values), run, program, check } };
}

function parseSend(args: readonly string[]): CommandLine {
  const { values, positionals } = parse(args, commandFlags.send);
  const [task, inbox, message, ...more] = positionals;
  if (task === undefined || inbox === undefined || message === undefined || more.length > 0)
    throw wrong("send takes TASK INBOX JSON, as in: continua send r7f3k0q2m1x orders '{\"n\":1}'");
  const id = values.id === undefined ? {} : { id: values.id };
  const text = parseInput(message, "the message");
  return {
    command: "send",
    send: { ...lookOptions(values), task: task as TaskId, inbox, message: text, ...id },
  };
}

function parse<Flags extends NonNullable<Parameters<typeof parseArgs>[0]>["options"]>(
  args: readonly string[],
  options: Flags,
) {
  try {
    return parseArgs({
      args: [...args],
      options: options as Flags & object,
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw wrong((error as Error).message.replace(/\. To specify a positional.*$/s, ""));
  }
}

function driveOptions(
  values: {
    readonly [Flag in keyof typeof driveFlags]?:
      | ((typeof driveFlags)[Flag]["type"] extends "boolean" ? boolean : string)
      | undefined;
  },
  processors: number,
): DriveOptions {
  const store = storeOf(values);
  const timeLimit = values["time-limit"];
  const timeLimitMs = timeLimit === undefined ? undefined : parseDuration(timeLimit, "--time-limit");
  if (timeLimitMs !== undefined && timeLimitMs < 500) {
    throw wrong(`--time-limit ${timeLimit}: a worker needs 500ms at least to start, work and hand over`);
  }
  return {
    store,
    blobs: values.blobs,
    workers: wholeNumber(values.workers, "--workers", 1, 1_000) ?? processors,
    timeLimitMs,
    memoryMiB: wholeNumber(values.memory, "--memory", limits.workerMemoryMiBMin, limits.workerMemoryMiBMax),
    freeze: values.freeze ?? false,
    chaos: values.chaos ?? false,
    seed: wholeNumber(values.seed, "--seed", 0, 2 ** 32 - 1) ?? 1,
    durability: durabilityOf(values.durability),
    retentionMs: values.retention === undefined ? undefined : parseDuration(values.retention, "--retention"),
    quiet: values.quiet ?? false,
  };
}

function storeOf({
  store,
  state,
}: {
  readonly store?: string | undefined;
  readonly state?: string | undefined;
}): string {
  if (store !== undefined && state !== undefined)
    throw wrong("--state and --store name the same thing; give one");
  return store ?? `file:${state ?? ".continua"}`;
}

function durabilityOf(text = "strict"): DriveOptions["durability"] {
  if (text === "strict" || text === "group") return text;
  throw wrong(`--durability ${text}: give strict or group`);
}

function wholeNumber(text: string | undefined, flag: string, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw wrong(`${flag} ${text}: give a whole number from ${min} to ${max}`);
}

function parseInput(text: string | undefined, what = "--input"): string {
  if (text === undefined) return "";
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw wrong(
      `${what} is not JSON: ${(error as Error).message}; strings need double quotes, as in '["a.txt"]'`,
    );
  }
}

function one(positionals: readonly string[], command: string, name: string): string {
  const [first] = positionals;
  if (first !== undefined && positionals.length === 1) return first;
  throw wrong(
    first === undefined
      ? `${command} needs a ${name}, as in: continua ${command} main.ts`
      : `${command} takes one ${name}, not ${positionals.length}: ${positionals.join(" ")}; give arguments as --input JSON`,
  );
}

function atMostOne(positionals: readonly string[], command: string, name: string): string | undefined {
  if (positionals.length <= 1) return positionals[0];
  throw wrong(`${command} takes one ${name}, not ${positionals.length}: ${positionals.join(" ")}`);
}

function wrong(message: string): UserError {
  return new UserError(`${message} (continua --help lists commands and options)`);
}
