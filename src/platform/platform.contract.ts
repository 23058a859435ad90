/**
 * What every platform must do (platform.ts), run over each by its test file. A case that a platform cannot pass is skipped with a reason.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Version } from "../base/ids.ts";
import type { FromWorker } from "../protocol/wire.ts";
import { type Order, orderMessage } from "./contract-order.ts";
import type { Platform, WorkerEvents, WorkerLink, WorkerOptions } from "./platform.ts";

export interface ContractOptions {
  readonly name: string;
  open(): Platform;
  /** Name of a case → why it does not hold here. */
  readonly skip?: Readonly<Record<string, string>>;
}

export function platformContract(options: ContractOptions): void {
  const { name, skip = {} } = options;
  for (const [title, run] of Object.entries(cases)) {
    const reason = skip[title];
    test(`${name}: ${title}`, reason === undefined ? {} : { skip: reason }, async () => {
      const platform = options.open();
      try {
        await run(platform);
      } finally {
        await platform.close();
      }
    });
  }
  for (const title of Object.keys(skip)) assert.ok(title in cases, `no such case: ${title}`);
}

type Death = Parameters<WorkerEvents["exited"]>[0];

/** A started worker and everything that came from it, in order. */
export class Watched {
  readonly link: WorkerLink;
  readonly log: (FromWorker | { readonly kind: "exited"; readonly death: Death })[] = [];
  readonly printed = { out: "", err: "" };
  readonly #waiting = new Set<() => void>();

  constructor(platform: Platform, options: WorkerOptions = {}) {
    this.link = platform.start(options, {
      received: (message) => this.#add(message),
      printed: (stream, text) => {
        this.printed[stream] += text;
        this.#wake();
      },
      exited: (death) => this.#add({ kind: "exited", death }),
    });
  }

  /** Resolves with `look()` as soon as that is something. */
  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  message<K extends FromWorker["kind"]>(kind: K): Promise<FromWorker & { kind: K }> {
    return this.until(() => this.log.find((entry): entry is FromWorker & { kind: K } => entry.kind === kind));
  }

  exited(): Promise<Death> {
    return this.until(() => this.log.find((entry) => entry.kind === "exited")?.death);
  }

  order(order: Order): void {
    this.link.send(orderMessage(order));
  }

  #add(entry: (typeof this.log)[number]): void {
    this.log.push(entry);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** P1, looked at when everything is over. */
function assertOneEnd(worker: Watched): void {
  const ends = worker.log.filter((entry) => entry.kind === "exited");
  assert.equal(ends.length, 1, "exactly one `exited`");
  assert.equal(worker.log.at(-1)?.kind, "exited", "nothing is received after it");
}

const cases: Readonly<Record<string, (platform: Platform) => Promise<void>>> = {
  async "messages go both ways, whole and in order"(platform) {
    const worker = new Watched(platform);
    const sizes = [0, 1, 65_536, 3_000_000, 7];
    for (const size of sizes) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => i % 251);
      worker.link.send({ kind: "bundle", version: "v" as Version, bytes });
    }
    worker.link.send({ kind: "drain" });
    await worker.message("drained");
    assert.equal(worker.log[0]?.kind, "ready");
    const echoes = worker.log.filter((entry) => entry.kind === "commit").map((entry) => entry.snapshot!);
    assert.deepEqual(
      echoes.map((bytes) => bytes.length),
      sizes,
    );
    for (const bytes of echoes) assert.ok(bytes.every((byte, i) => byte === i % 251));
    assert.equal(worker.log.at(-1)?.kind, "drained");
  },

  async "P1: a killed worker ends once, with the kind of the first kill"(platform) {
    const worker = new Watched(platform);
    await worker.message("ready");
    worker.link.kill("chaos");
    worker.link.kill("lost");
    worker.link.send({ kind: "drain" });
    assert.equal((await worker.exited()).kind, "chaos");
    worker.link.kill("lost");
    worker.link.send({ kind: "drain" });
    await platform.close();
    assertOneEnd(worker);
    assert.equal(worker.log.filter((entry) => entry.kind === "drained").length, 0);
  },

  async "a worker that is killed before it has begun ends all the same"(platform) {
    const worker = new Watched(platform);
    worker.link.kill("chaos");
    assert.equal((await worker.exited()).kind, "chaos");
    await platform.close();
    assertOneEnd(worker);
  },

  async "a worker that fails ends with its own words"(platform) {
    const worker = new Watched(platform);
    worker.order("throw");
    const death = await worker.exited();
    assert.equal(death.kind, "exit");
    assert.match(death.detail, /boom/);
    await platform.close();
    assertOneEnd(worker);
  },

  async "P2: an idle worker is killed at its time limit, however long it took to start"(platform) {
    // No process starts in that time.
    const worker = new Watched(platform, { timeLimitMs: 1 });
    assert.equal((await worker.exited()).kind, "time-limit");
    assert.equal(worker.log[0]?.kind, "ready");
    assertOneEnd(worker);
  },

  async "P2: a worker that never gives the thread back is killed at its time limit"(platform) {
    const worker = new Watched(platform, { timeLimitMs: 1_500 });
    worker.order("spin");
    assert.equal((await worker.exited()).kind, "time-limit");
    assertOneEnd(worker);
  },

  async "a worker that exits by itself: code and last words"(platform) {
    const worker = new Watched(platform);
    worker.order("exit");
    assert.deepEqual(await worker.exited(), { kind: "exit", detail: "exit code 3: last words" });
    await platform.close();
    assertOneEnd(worker);
  },

  async "a worker whose heap is full dies of memory"(platform) {
    const worker = new Watched(platform, { memoryMiB: 32 });
    worker.order("hoard");
    const death = await worker.exited();
    assert.equal(death.kind, "memory", death.detail);
    assert.match(death.detail, /32 MiB/);
  },

  async "what foreign code writes to stdout and stderr is printed"(platform) {
    const worker = new Watched(platform);
    worker.order("print");
    await worker.until(() => (worker.printed.out !== "" && worker.printed.err !== "" ? true : undefined));
    assert.deepEqual(worker.printed, { out: "to stdout: größe\n", err: "to stderr\n" });
  },

  async "the poll signal is raised while the thread is kept"(platform) {
    const worker = new Watched(platform);
    worker.order("polls");
    await worker.message("returned");
  },

  async "close ends all workers, busy or not, and resolves when they have ended"(platform) {
    const workers = [new Watched(platform), new Watched(platform), new Watched(platform)];
    for (const worker of workers) await worker.message("ready");
    workers[0]!.link.send({ kind: "drain" });
    await workers[0]!.message("drained");
    await platform.close();
    for (const worker of workers) {
      assert.equal((await worker.exited()).kind, "closed");
      assertOneEnd(worker);
    }
  },
};
