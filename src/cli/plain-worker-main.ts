/**
 * Entry of a worker process of `run --plain --workers N`: loads the program as the main process does, and runs its functions for it. Whatever tasks meet at
 * is asked of the main process.
 */
import { register } from "node:module";
import {
  fromBytes,
  frozen,
  type GateOrder,
  type GateWait,
  installPlainHost,
  mapWait,
  namedPlainly,
  type PlainHost,
  PlainTask,
  type PlainWait,
  type StartOptions,
  toBytes,
} from "../api/plain.ts";
import { UserError } from "../base/errors.ts";
import type { Gate } from "../protocol/effect.ts";
import { fillPromise } from "./plain-promise.ts";
import type { FromPlainWorker, PlainAsk, PlainWorkerArguments, ToPlainWorker } from "./plain-wire.ts";

const { program, index } = JSON.parse(process.argv.splice(2, 1)[0]!) as PlainWorkerArguments;
fillPromise();
const tasks = new Map<string, PlainTask>();
const waits = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
/** By their names. */
const shared = new Map<string, Promise<unknown>>();
let numbers = 0;
let made = 0;

function tell(message: FromPlainWorker): void {
  process.send!(message);
}

/** Asked in the name of the task whose code is running. */
function asked(ask: PlainAsk): PlainWait<unknown> {
  return (settle) => {
    const number = ++numbers;
    waits.set(number, settle);
    tell({ kind: "ask", number, task: PlainTask.current().id, ask });
    return () => {
      if (waits.delete(number)) tell({ kind: "withdraw", number });
    };
  };
}

type AnyFunction = Parameters<PlainHost["run"]>[0];

const host: PlainHost = {
  run(fn: AnyFunction, args: readonly unknown[]) {
    return mapWait(asked({ kind: "run", code: toBytes([fn, args]) }), (value) =>
      fromBytes(value as Uint8Array),
    );
  },
  spawn(fn: AnyFunction, args: readonly unknown[], options: StartOptions) {
    const own = `plain.${index}.${++made}`;
    tell({ kind: "spawn", task: PlainTask.current().id, own, code: toBytes([fn, args]), options });
    return options.id === undefined ? own : namedPlainly(options.id);
  },
  join: (id: string) => mapWait(asked({ kind: "join", id }), (value) => fromBytes(value as Uint8Array)),
  cancel: (task: string, graceMs: number) => tell({ kind: "cancel", task, graceMs }),
  at: (gate: Gate, what: GateWait) => asked({ kind: "at", gate, what }),
  order: (gate: Gate, what: GateOrder) => tell({ kind: "order", gate, what }),
  newGate: () => `plain/${index}/${++made}`,
  share(value: unknown) {
    const name = `plain/${index}/${++made}`;
    const bytes = toBytes(value);
    shared.set(name, Promise.resolve(frozen(fromBytes(bytes))));
    tell({ kind: "share", name, value: bytes });
    return name;
  },
  shared(name: string) {
    let value = shared.get(name);
    if (value === undefined) {
      const wait = mapWait(asked({ kind: "shared", name }), (bytes) =>
        frozen(fromBytes(bytes as Uint8Array)),
      );
      value = PlainTask.current().wait(wait);
      shared.set(name, value);
      value.catch(() => shared.delete(name));
    }
    return value;
  },
  pack: toBytes,
  unpack: (item: unknown) => fromBytes(item as Uint8Array),
  wait<T>(wait: PlainWait<T>, signal?: AbortSignal): Promise<T> {
    if (signal !== undefined)
      throw new UserError(
        "a wait with a { signal } in a task of --plain --workers: it cannot be withdrawn from another process for certain; leave --workers out",
      );
    return PlainTask.current().wait(wait);
  },
  current: () => PlainTask.current(),
};

async function run(task: string, code: Uint8Array): Promise<void> {
  try {
    const [fn, args] = fromBytes(code) as [AnyFunction, unknown[]];
    const own = new PlainTask(task, async () => toBytes(await fn(...args)));
    tasks.set(task, own);
    tell({ kind: "ended", task, failed: false, value: (await own.result) as Uint8Array });
  } catch (error) {
    tell({ kind: "ended", task, failed: true, value: toBytes(error) });
  } finally {
    tasks.delete(task);
  }
}

function received(message: ToPlainWorker): void {
  switch (message.kind) {
    case "begin":
      return void run(message.task, message.code);
    case "cancel":
      return tasks.get(message.task)?.cancel(message.graceMs);
    case "answer": {
      const wait = waits.get(message.number);
      waits.delete(message.number);
      if (message.failed) wait?.reject(fromBytes(message.value as Uint8Array));
      else wait?.resolve(message.value);
    }
  }
}

process.on("disconnect", () => process.exit());
installPlainHost(host);
register(new URL("./plain-hooks.js", import.meta.url), { data: { declares: true } });
const early: ToPlainWorker[] = [];
const hold = (message: unknown): void => void early.push(message as ToPlainWorker);
process.on("message", hold);
await import(program);
process.off("message", hold);
process.on("message", (message) => received(message as ToPlainWorker));
for (const message of early) received(message);
