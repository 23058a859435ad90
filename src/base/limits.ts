/**
 * Every bound of the house in one table, each with its unit in its name and its reason beside it.
 */
export const limits = {
  /** A checkpoint of a running task is due after this much running time (design T4): bounds the work done twice. */
  checkpointIntervalMs: 1_000,
  /** How often the watchdog thread raises the poll flag: bounds how late a poll sees a limit; a freeze costs microseconds. */
  pollIntervalMs: 20,
  /** How long before its time limit a worker hands its tasks back: at least this, for the freeze, the commit and its fsync. */
  drainMarginMinMs: 150,
  /** ... and at least this share of the limit, since slow machines have long limits and slow disks. */
  drainMarginShare: 0.15,
  /** ... but never more than this: what is left of a long limit is for work. */
  drainMarginMaxMs: 5_000,
  /** Bytes of shared values that a worker keeps, so that tasks which ask for the same one fetch it once. */
  sharedBytesKept: 64 * 1024 * 1024,
  /** Shared values that are on their way to one worker at a time: they lie in its memory and in the server's, and the next is asked for when one has come. */
  sharedAsked: 32,
  /** Tasks that take turns on the CPU of one worker. Others begin when one of these ends, parks, or waits for I/O. */
  tasksAtOnce: 4,
  /** Tasks that one worker may have, parked ones aside: those that wait for a place there save a way to the server and back each. */
  activationsPerWorker: 64,
  /** How long a commit for which nobody waits, waits for others to ride with. */
  lazyCommitMs: 5,
  /** How long a group of changes for which nobody waits, waits for another to be written with. */
  lazyWriteMs: 2,
  /** How long an effect may wait for a commit that cannot be made while a foreign call goes on (a response is read, say), before it is refused. */
  pinnedMs: 5_000,
  /** How long a task that is asked back may finish a foreign call that is under way: elsewhere it would be made again. */
  callPatienceMs: 5_000,
  /** Idle tasks that a worker keeps in memory so that a wake-up needs no decode. */
  warmTasksPerWorker: 256,
  /** How long a task may stay warm and idle. */
  warmMs: 2_000,
  /** Deaths in a row without progress after which a task fails (design T8). */
  deathsWithoutProgress: 3,
  /** Ticks that may be elided in a row before it is looked again whether they may. */
  elisionsInARow: 1_000,
  /** Ended runs whose results are kept where no time of retention is given, so that a result can be looked up again but a directory does not grow for ever. */
  finishedRunsKept: 100,
  /** Commits of a run whose printed lines are kept: enough to look back on, and a run that prints for ever does not grow. */
  logRowsKept: 10_000,
  /** Lines between two commits of a task that are told before they are committed: those of a task that dies are looked at, not all of one that prints. */
  provisionalLines: 100,
  /** Tasks of a run of which a question about the run shows stacks and variables too: those of more would not be read. */
  tasksShownWhole: 100,
  /** Deaths of its workers that are kept with a task, to look at. */
  lossesKept: 5,
  /** Workers in a row that end before they are ready, after which the server gives up: the next one would end likewise. */
  failedStarts: 3,
  /** How long a worker may take to be ready: some tenths of a second on a machine that is not busy. Its time limit counts from then. */
  workerStartMs: 60_000,
  /** The smallest heap of a worker, in MiB: with less it does not get as far as its first task. */
  workerMemoryMiBMin: 32,
  /** The largest that can be asked for: more than any machine has, so what is above is a slip. */
  workerMemoryMiBMax: 1_000_000,
  /** A worker is told the server's clock with a task that it is given so much later than it was told last. */
  timeToldMs: 1_000,
  /** How long a worker that was started for tasks of a size waits for another one of that size. */
  sizedLingerMs: 2_000,
  /** Memory that a worker may have beyond its heap: code, stacks, buffers. An empty one has about half of this. */
  workerOverheadMiB: 128,
  /** How long a worker must have had nothing to do before it is frozen, where that is asked for. */
  freezeAfterMs: 50,
  /** A message between server and worker. A longer one is refused with its size rather than exhausting memory. */
  messageBytesMax: 512 * 1024 * 1024,
  /** Arguments, a result, an item, a message: it lies whole in the memory of the server and of both tasks. More goes in pieces, or by a file. */
  payloadBytesMax: 64 * 1024 * 1024,
  /** What a task asks for between two suspensions, arguments and items together: it goes in one message, beside the checkpoint. */
  askedBytesMax: 160 * 1024 * 1024,
  /** The heap of a task, as a checkpoint: it is one message, and is written and read whole. */
  snapshotBytesMax: 256 * 1024 * 1024,
  /** Characters of what one `console.log` prints: the rest is cut off, and the line says so. It is for people, and is kept with the run. */
  logCharsMax: 256 * 1024,
  /** How long nothing must have happened in a worker before it looks whether anything still can. */
  quietMs: 1_000,
  /** How long nothing must have happened in a server or a worker before it gives back memory: longer than people and timers pause. */
  restAfterMs: 1_500,
  /** How long before a worker drains its replacement is started, so that one is ready when the other stops; a start takes about this. */
  replacementLeadMs: 200,
  /** How long there has been work before a worker more is started, which takes the place of one that dies: short runs do not pay for it. */
  spareAfterMs: 10_000,
  /** The largest checkpoint that such a worker reads for practice: what is large is not slow because it is the first. */
  rehearsedBytesMax: 64 * 1024,
  /** How long the note that lines were printed waits for a write to ride with, before it is written by itself. */
  printedNoteMs: 100,
  /** How much of a file is read at once: few calls, and little that is read for nothing when a task moves on. */
  readBytes: 64 * 1024,
  /** A line of `lines()`: a file without line ends should not fill the memory. */
  lineBytesMax: 64 * 1024 * 1024,
  /** Items that a queue has room for unless told otherwise: enough to keep consumers busy, and few enough to lie in the server's memory. */
  queueCapacity: 1_024,
  /** Characters and bytes that lie in a queue of a task's own: more would be written anew with every checkpoint. */
  ownQueueBytes: 32 * 1024,
  /** Tasks that `mapTasks` has at a time unless told otherwise: enough for many workers, and a parent of a million items stays light. */
  mapConcurrency: 64,
  /**
   * Tasks that one task may have started and that have not begun, before it has to wait: about a kilobyte each in the server's memory; and enough
   * to keep all workers busy until it has gone on.
   */
  unstartedChildren: 10_000,
  /** Tasks that a task may have started without the server's word that there is room: within it nobody waits for a flush. */
  spawnsAhead: 1_000,
  /** How long the code of a cancelled task may go on unless told otherwise: for `finally` blocks that speak to services. */
  cancelGraceMs: 10_000,
  /** Characters of the id that a task is given by its program: it is part of keys. */
  taskIdLength: 200,
  /** Messages that an inbox has room for: they lie in the server's memory, and who sends more is told. */
  inboxMessages: 10_000,
  /** Ids of messages that an inbox knows again: a repetition comes soon or never. */
  messageIdsKept: 10_000,
  /** Named checkpoints that a run keeps, the last ones: each is a copy of all of its state. */
  checkpointsKept: 10,
  /** Tasks of a run that can be forked: all of them are copied in one decision, during which nothing else is decided. */
  forkedTasksMax: 10_000,
  /** Rows that change in a server before it looks for what only leads to itself, unless it rests before: going through a run costs about as much as so many changes. */
  changesUntraced: 20_000,
  /** How long before its time limit a worker that does not look up is asked where it is: a debugger takes up to some hundreds of milliseconds. */
  lastLookMs: 400,
  /** How long a worker may live after its parent is gone; the watchdog thread looks four times as often. */
  orphanMs: 400,
} as const;

/** How long before its time limit a worker begins to hand back what it has, in milliseconds. */
export function drainMargin(timeLimitMs: number): number {
  const share = Math.min(limits.drainMarginShare * timeLimitMs, limits.drainMarginMaxMs);
  return Math.max(share, limits.drainMarginMinMs);
}

/** For people. */
export function inMiB(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return `${mebibytes < 10 ? Math.ceil(mebibytes * 10) / 10 : Math.ceil(mebibytes)} MiB`;
}
