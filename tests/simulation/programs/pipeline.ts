/** Stages connected by queues, each a task or several; the end of one is the end of the next. */
import { checkpoint, current, type Queue, queue, spawn, type Task } from "continua";

export interface Input {
  readonly stages: number;
  readonly workers: number;
  readonly items: number;
  readonly capacity: number;
}

class Parcel {
  readonly #trail: string[] = [];
  readonly n: number;
  constructor(n: number) {
    this.n = n;
  }
  stamp(by: string): this {
    this.#trail.push(by);
    return this;
  }
  get trail(): string {
    return this.#trail.join(">");
  }
}

async function feed(to: Queue<Parcel>, items: number) {
  for (let n = 0; n < items; n++) await to.enqueue(new Parcel(n).stamp("f"));
  return items;
}

async function stage(name: string, from: Queue<Parcel>, to: Queue<Parcel>) {
  let handled = 0;
  const pending = new Set<Promise<void>>();
  for await (const parcel of from) {
    handled++;
    const sending: Promise<void> = to.enqueue(parcel.stamp(name)).finally(() => void pending.delete(sending));
    pending.add(sending);
    if (pending.size >= 2) await Promise.race(pending);
    if (handled % 3 === 0) await checkpoint({ sync: true });
  }
  await Promise.all(pending);
  console.log(`${name} in ${current.id} is done`);
  return handled;
}

export default async function main({ stages, workers, items, capacity }: Input) {
  const queues = Array.from({ length: stages + 1 }, () => queue<Parcel>({ capacity }));
  const ends: Promise<number>[] = [
    spawn(feed, queues[0]!, items)
      .result()
      .finally(() => queues[0]!.close()),
  ];
  for (let s = 0; s < stages; s++) {
    const [from, to] = [queues[s]!, queues[s + 1]!];
    const crew: Task<number>[] = Array.from({ length: workers }, () => spawn(stage, `s${s}`, from, to));
    ends.push(
      Promise.all(crew.map((each) => each.result())).then((counts) => {
        to.close();
        return counts.reduce((a, b) => a + b, 0);
      }),
    );
  }
  const trails: string[] = [];
  for await (const parcel of queues[stages]!) trails[parcel.n] = parcel.trail;
  return { trails, handled: await Promise.all(ends) };
}
