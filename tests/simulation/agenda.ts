/**
 * Simulated time: what will happen, in the order of its time. Whatever happens in a simulation is an entry here, so that two runs in which
 * the same was entered are the same.
 */
export class Agenda {
  /** Milliseconds, with fractions. */
  now = 0;
  /** Entries that came so far: a time that no two events share. */
  steps = 0;
  readonly #heap: Entry[] = [];
  #entered = 0;
  readonly #note: (what: string) => void;

  /** `note` is told of everything that happens. */
  constructor(note: (what: string) => void) {
    this.#note = note;
  }

  /** Enters `act` for `ms` from now. The returned function takes it out again. */
  after(ms: number, what: string, act: () => void): () => void {
    const entry: Entry = { at: this.now + Math.max(0, ms), order: this.#entered++, what, act };
    this.#push(entry);
    return () => {
      entry.act = undefined;
    };
  }

  /** Lets the next thing happen; false if nothing is to come. */
  step(): boolean {
    for (;;) {
      const entry = this.#pop();
      if (entry === undefined) return false;
      const { act } = entry;
      if (act === undefined) continue;
      this.now = Math.max(this.now, entry.at);
      this.steps++;
      this.#note(entry.what);
      act();
      return true;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(heap[at]!, heap[parent]!)) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && before(heap[child]!, heap[least]!)) least = child;
      if (least === at) return first;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  }
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly what: string;
  act: (() => void) | undefined;
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
