/**
 * Streaming: which hashtags lead in each ten seconds of a stream of posts that come out of order.
 *
 *   npx continua run examples/streaming/main.ts
 *   npx continua run examples/streaming/main.ts --input '{"posts": 50000, "out": "leaders.txt"}' --chaos --time-limit 2s
 *
 *   producers ──▶ a queue for each partition of the hashtags ──▶ counters, by windows of event time ──▶ one queue ──▶ sink, in order of windows
 *
 * Every arrow is a bounded queue: who is faster waits. Every post is counted once, whoever dies, because a counter takes batches, counts them
 * and hands windows on in one commit each; the sink's file is there, whole, when all is over.
 */
import { call, output, type Queue, queue } from "continua";
import { Feed } from "./events.ts";

interface Options {
  readonly posts: number;
  readonly producers: number;
  readonly partitions: number;
  readonly windowMs: number;
  /** How far behind the latest post of its producer a post may be, to be counted. */
  readonly latenessMs: number;
  readonly top: number;
  /** Posts that a producer takes and counts before it hands them on: so many share what a commit costs. */
  readonly batch: number;
  readonly out: string | undefined;
}

const defaults: Options = {
  posts: 200_000,
  producers: 4,
  partitions: 4,
  windowMs: 10_000,
  latenessMs: 2_000,
  top: 5,
  batch: 5_000,
  out: undefined,
};
/** Batches, and reports of closed windows, that may wait for who takes them. */
const inputCapacity = 8;
const closedCapacity = 64;

/** What a producer tells a counter: hashtags by window, and up to where its time has come. */
interface Batch {
  readonly producer: number;
  readonly counts: ReadonlyMap<number, ReadonlyMap<string, number>>;
  /** No post that counts will come from it any more for windows that end before. */
  readonly watermark: number;
}

/** Windows of one partition, closed. Each partition closes its windows one after the other, empty ones too. */
interface Closed {
  readonly partition: number;
  readonly windows: readonly { readonly window: number; readonly counts: ReadonlyMap<string, number> }[];
}

export default async function main(input: Partial<Options> = {}) {
  const options: Options = { ...defaults, ...input };
  const { posts, producers, partitions } = options;
  const inputs = Array.from({ length: partitions }, () => queue<Batch>({ capacity: inputCapacity }));
  const closed = queue<Closed>({ capacity: closedCapacity });
  const share = (producer: number): number =>
    Math.floor((posts * (producer + 1)) / producers) - Math.floor((posts * producer) / producers);
  const produced = Array.from({ length: producers }, (_, producer) =>
    call(produce, producer, share(producer), inputs, options),
  );
  const counted = inputs.map((own, partition) => call(countWindows, partition, own, closed, options));
  const sunk = call(sink, closed, options);

  const late = (await Promise.all(produced)).reduce((sum, count) => sum + count, 0);
  for (const each of inputs) each.close();
  await Promise.all(counted);
  closed.close();
  return { posts, late, ...(await sunk) };
}

/** Answers how many of its posts came too late to count. */
async function produce(
  producer: number,
  count: number,
  outputs: readonly Queue<Batch>[],
  { windowMs, latenessMs, batch }: Options,
): Promise<number> {
  const feed = new Feed(producer, count);
  let latest = 0;
  let late = 0;
  for (let posts = feed.take(batch); posts.length > 0; posts = feed.take(batch)) {
    const counts = outputs.map(() => new Map<number, Map<string, number>>());
    for (const { time, hashtag } of posts) {
      const window = Math.floor(time / windowMs);
      if ((window + 1) * windowMs <= latest - latenessMs) late++;
      else add(counts[hash(hashtag) % outputs.length]!, window, hashtag, 1);
      latest = Math.max(latest, time);
    }
    const watermark = latest - latenessMs;
    // Together: one commit for all.
    await Promise.all(
      outputs.map((own, index) => own.enqueue({ producer, counts: counts[index]!, watermark })),
    );
  }
  for (const own of outputs)
    await own.enqueue({ producer, counts: new Map(), watermark: Number.POSITIVE_INFINITY });
  return late;
}

/** Counts one partition; a window is closed when the time of every producer has passed it. */
async function countWindows(
  partition: number,
  batches: Queue<Batch>,
  closed: Queue<Closed>,
  { producers, windowMs }: Options,
): Promise<void> {
  const open = new Map<number, Map<string, number>>();
  const watermarks = new Array<number>(producers).fill(Number.NEGATIVE_INFINITY);
  let next = 0;
  // As many at once as there are producers: together they bring a watermark further, and are one commit.
  for await (const several of batches.batches(Math.min(producers, inputCapacity))) {
    for (const { producer, counts, watermark } of several) {
      for (const [window, tags] of counts) for (const [tag, count] of tags) add(open, window, tag, count);
      watermarks[producer] = watermark;
    }
    const passed = Math.min(...watermarks);
    // When nothing more can come, up to the last window in which there is something.
    const end = passed === Number.POSITIVE_INFINITY ? Math.max(-1, ...open.keys()) + 1 : passed / windowMs;
    const windows = [];
    for (; next + 1 <= end; next++) {
      windows.push({ window: next, counts: open.get(next) ?? new Map<string, number>() });
      open.delete(next);
    }
    if (windows.length > 0) await closed.enqueue({ partition, windows });
  }
}

/** Puts the partitions of a window together, and tells and writes who leads, in the order of windows, each when all partitions have closed it. */
async function sink(
  closed: Queue<Closed>,
  { partitions, top, windowMs, out }: Options,
): Promise<{ windows: number; counted: number; leaders: readonly string[] }> {
  const file = out === undefined ? undefined : output(out);
  const open = new Map<number, Map<string, number>>();
  const progress = new Array<number>(partitions).fill(0);
  const leaders: string[] = [];
  let counted = 0;
  let next = 0;

  const tell = (end: number): void => {
    for (; next < end; next++) {
      const tags = [...(open.get(next) ?? [])].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
      open.delete(next);
      for (const [, count] of tags) counted += count;
      const leading = tags.slice(0, top).map(([tag, count]) => `${tag} ${count}`);
      const line = `${new Date(next * windowMs).toISOString().slice(11, 19)} ${leading.join(", ")}`;
      file?.write(`${line}\n`);
      console.log(line);
      if (leaders.length < 10) leaders.push(line);
    }
  };
  for await (const several of closed.batches(Math.min(partitions, closedCapacity))) {
    for (const { partition, windows } of several)
      for (const { window, counts } of windows) {
        for (const [tag, count] of counts) add(open, window, tag, count);
        progress[partition] = window + 1;
      }
    tell(Math.min(...progress));
  }
  // Partitions whose last hashtags were earlier than others' have not closed the last windows.
  tell(Math.max(...progress));
  await file?.close();
  return { windows: next, counted, leaders };
}

function add(windows: Map<number, Map<string, number>>, window: number, tag: string, count: number): void {
  let tags = windows.get(window);
  if (tags === undefined) {
    tags = new Map();
    windows.set(window, tags);
  }
  tags.set(tag, (tags.get(tag) ?? 0) + count);
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
