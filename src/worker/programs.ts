/**
 * The programs of a worker: bundles, loaded once for each version, asked of the server when a task needs one that is not here.
 */
import { assert } from "../base/errors.ts";
import type { Version } from "../base/ids.ts";
import type { Bundle } from "../protocol/bundle.ts";
import { unpack } from "../protocol/pack.ts";
import type { Program } from "../runtime/types.ts";

export type LoadProgram = (bundle: Bundle) => Promise<Program>;

export class Programs {
  readonly #ask: (version: Version) => void;
  readonly #load: LoadProgram;
  readonly #programs = new Map<Version, Promise<Program>>();
  readonly #ready = new Map<Version, Program>();
  readonly #asked = new Map<Version, (bytes: Uint8Array) => void>();

  /** `ask` sends for the bytes of a bundle; they come by `provide`. */
  constructor(ask: (version: Version) => void, load: LoadProgram) {
    this.#ask = ask;
    this.#load = load;
  }

  /** If it is here. */
  loaded(version: Version): Program | undefined {
    return this.#ready.get(version);
  }

  /** Rejects with what is wrong with the bundle, for all who need it and for good: it will not be better next time. */
  get(version: Version): Promise<Program> {
    let program = this.#programs.get(version);
    if (program === undefined) {
      const bytes = new Promise<Uint8Array>((resolve) => this.#asked.set(version, resolve));
      program = bytes.then((bytes) => this.#made(version, bytes));
      this.#programs.set(version, program);
      this.#ask(version);
    }
    return program;
  }

  /** Without bytes: there is none, and whoever waits for it will be told to leave. Another one may come to need it. */
  provide(version: Version, bytes: Uint8Array | undefined): void {
    const answer = this.#asked.get(version);
    if (answer === undefined) return;
    this.#asked.delete(version);
    if (bytes === undefined) this.#programs.delete(version);
    else answer(bytes);
  }

  async #made(version: Version, bytes: Uint8Array): Promise<Program> {
    const bundle = unpack(bytes) as Bundle;
    assert(bundle.version === version, `bundle ${bundle.version} came instead of ${version}`);
    const program = await this.#load(bundle);
    this.#ready.set(version, program);
    return program;
  }
}
