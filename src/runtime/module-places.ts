/**
 * Where a task is in its modules' own statements. Every task of a run runs the same ones, so what is made there without a name of its own, a
 * queue, say, is the same for all of them: it is known by module, statement and ordinal (design H2).
 *
 * M1. A statement is known in the stretch in which its module runs it, and in what is resumed on its behalf, also after a thaw. A fiber
 *     that such a statement has only started is elsewhere.
 * M2. While modules run (`running`), what is made elsewhere would be made by each task anew, perhaps for good: it is refused.
 */
import { Frame } from "./frame.ts";
import type { TaskKernel } from "./kernel.ts";

/** A module's body by its site, the statement that it runs, and how many things have been made there. */
export type Place = [body: string, statement: string, made: number];

const none: readonly Place[] = [];

export class ModulePlaces {
  readonly #kernel: TaskKernel;
  /** Few modules have a statement that says where it is. */
  #places: Map<string, Place> | undefined;
  /** The body that stands on the native stack, from its beginning. */
  #beginning: string | undefined;
  /** The modules of the program have not ended. */
  running = false;

  constructor(kernel: TaskKernel) {
    this.#kernel = kernel;
  }

  /** Begins a module's body. */
  begin<T>(body: string, run: () => T): T {
    const before = this.#beginning;
    this.#beginning = body;
    try {
      return run();
    } finally {
      this.#beginning = before;
    }
  }

  enter(body: string, statement: string): void {
    this.#places ??= new Map();
    this.#places.set(body, [body, statement, 0]);
  }

  /** These bodies have ended. */
  leave(bodies: Iterable<string>): void {
    for (const body of bodies) this.#places?.delete(body);
  }

  /** A name of its own for what is made here; undefined if it is not made by a statement of a module. */
  takeName(): string | undefined {
    const place = this.#place();
    return place && `${place[0].replace("(module)", place[1])}.${place[2]++}`;
  }

  get isEmpty(): boolean {
    return this.#places === undefined || this.#places.size === 0;
  }

  #place(): Place | undefined {
    if (this.#places === undefined || this.#places.size === 0) return undefined;
    if (this.#beginning !== undefined) return this.#places.get(this.#beginning);
    for (let at: unknown = this.#kernel.current; at instanceof Frame; at = at.parent) {
      const place = this.#places.get(at.site.id);
      if (place !== undefined) return place;
    }
    return undefined;
  }

  list(): readonly Place[] {
    return this.#places === undefined ? none : [...this.#places.values()];
  }

  restore(places: readonly Place[]): void {
    if (places.length === 0) return;
    this.#places = new Map(places.map((place) => [place[0], [...place]]));
  }
}
