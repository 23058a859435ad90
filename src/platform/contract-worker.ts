/**
 * A worker that obeys: what the contract suite runs on each platform. Its orders are the input of an activation.
 *
 *   echo     answers a `bundle` with a commit of the same bytes, and `drain` with `drained` (without any order)
 *   throw    fails in a message handler
 *   exit     leaves with code 3 after a word on stderr
 *   spin     answers, then never gives the thread back
 *   hoard    answers, then takes memory until there is none
 *   buffers  the same outside of the heap
 *   polls    answers once the poll signal has been raised while it kept the thread
 *   print    writes to stdout and stderr
 *   child    starts a process, answers with its id, then never gives the thread back
 *   daemon   the same with a process that leads a group of its own
 */
import { spawn } from "node:child_process";
import type { TaskId } from "../base/ids.ts";
import type { ToWorker } from "../protocol/wire.ts";
import type { Connection } from "./connection.ts";
import type { Order } from "./contract-order.ts";

/** The array that a platform's watchdog raises. */
export const contractSignal = new Int32Array(new SharedArrayBuffer(8));

export function contractWorker(connection: Connection): void {
  connection.listen({ received: (message) => obey(connection, message), closed() {} });
  connection.send({ kind: "ready" });
}

function obey(connection: Connection, message: ToWorker): void {
  if (message.kind === "bundle") {
    connection.send({ ...answer, kind: "commit", snapshot: message.bytes! });
  } else if (message.kind === "drain") {
    connection.send({ kind: "drained" });
  } else if (message.kind === "activate" && message.from.kind === "input") {
    carryOut(connection, message.from.json as Order);
  }
}

const answer = {
  task: "t" as TaskId,
  epoch: 1,
  seq: 1,
  effects: [],
  consumed: [],
  then: { kind: "busy" },
} as const;

function carryOut(connection: Connection, order: Order): void {
  const done = (number = 0) => connection.send({ kind: "returned", task: answer.task, epoch: number });
  const startAnother = (detached: boolean) => {
    const settings = { stdio: "inherit", detached } as const;
    done(spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], settings).pid);
    setImmediate(spin);
  };
  const orders: Readonly<Record<Order, () => void>> = {
    throw() {
      throw new Error("boom");
    },
    exit() {
      console.error("last words");
      process.exit(3);
    },
    print() {
      console.log("to stdout: größe");
      console.error("to stderr");
      done();
    },
    polls() {
      contractSignal[0] = 0;
      while (Atomics.load(contractSignal, 0) === 0);
      done();
    },
    spin() {
      done();
      setImmediate(spin);
    },
    hoard() {
      done();
      setImmediate(hoard);
    },
    buffers() {
      done();
      setImmediate(takeBuffers);
    },
    child: () => startAnother(false),
    daemon: () => startAnother(true),
  };
  orders[order]();
}

function spin(): void {
  for (;;);
}

/** Memory that is written to, or it would be promised only. */
function takeBuffers(): void {
  const held: Buffer[] = [];
  for (;;) held.push(Buffer.alloc(2 ** 20, held.length % 7));
}

function hoard(): void {
  const held: number[][] = [];
  for (;;) held.push(new Array(10_000).fill(1.5));
}
