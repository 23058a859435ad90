/**
 * Whether a history of operations could have come of an object that does one thing at a time.
 *
 * The search of Wing and Gong with the memory that Lowe gave it: take any operation that was called before the first answer among those
 * that are left, do it in the model, go on; where that leads nowhere, take it back. What has been reached once, the same operations done and the
 * same state, is not tried again.
 *
 * Z1. An operation takes effect between its call and its answer. One without an answer may have taken effect, or not, or will later.
 * Z2. The answer is yes only with a witness: an order in which the model gives every answer that was given.
 */

export interface Operation<Call, Answer> {
  readonly call: Call;
  readonly calledAt: number;
  /** Absent if no answer has been seen. */
  readonly answer?: Answer;
  readonly answeredAt?: number;
}

export interface Model<State, Call, Answer> {
  readonly initial: State;
  /** The state after the call, if it can be done now and answers this; with no answer, whatever it would answer. */
  step(state: State, call: Call, answer: Answer | undefined): State | undefined;
  /** The same for equal states. */
  key(state: State): string;
}

/** An order that explains the history; `undefined` if there is none; `"undecided"` when the search has taken too long. */
export function linearize<State, Call, Answer>(
  model: Model<State, Call, Answer>,
  history: readonly Operation<Call, Answer>[],
  stepsMax = 1_000_000,
): readonly Operation<Call, Answer>[] | undefined | "undecided" {
  const ends = (operation: Operation<Call, Answer>) => operation.answeredAt ?? Number.POSITIVE_INFINITY;
  const operations = [...history].sort((a, b) => a.calledAt - b.calledAt);
  const answered = operations.filter((operation) => operation.answeredAt !== undefined).length;
  const done = operations.map(() => false);
  const seen = new Set<string>();
  const path: { readonly index: number; readonly before: State; readonly candidates: number[] }[] = [];
  let state = model.initial;
  let left = answered;
  let steps = 0;
  let candidates = candidatesOf();

  /** Those that may be next: called before every answer among those left. */
  function candidatesOf(): number[] {
    let firstEnd = Number.POSITIVE_INFINITY;
    const found: number[] = [];
    for (const [index, operation] of operations.entries()) {
      if (done[index]) continue;
      if (operation.calledAt > firstEnd) break;
      found.push(index);
      firstEnd = Math.min(firstEnd, ends(operation));
    }
    // Those with answers first, in the order of their ends: it is the order in which most histories came about.
    return found.sort((a, b) => ends(operations[b]!) - ends(operations[a]!));
  }

  for (;;) {
    if (left === 0) return path.map(({ index }) => operations[index]!);
    if (++steps > stepsMax) return "undecided";
    const index = candidates.pop();
    if (index === undefined) {
      const last = path.pop();
      if (last === undefined) return undefined;
      done[last.index] = false;
      if (operations[last.index]!.answeredAt !== undefined) left++;
      state = last.before;
      candidates = last.candidates;
      continue;
    }
    const operation = operations[index]!;
    const next = model.step(state, operation.call, operation.answer);
    if (next === undefined) continue;
    done[index] = true;
    const place = `${bits(done)} ${model.key(next)}`;
    if (seen.has(place)) {
      done[index] = false;
      continue;
    }
    seen.add(place);
    path.push({ index, before: state, candidates });
    if (operation.answeredAt !== undefined) left--;
    state = next;
    candidates = candidatesOf();
  }
}

function bits(done: readonly boolean[]): string {
  let text = "";
  for (let from = 0; from < done.length; from += 30) {
    let word = 0;
    for (let i = from; i < Math.min(done.length, from + 30); i++) if (done[i]) word |= 1 << (i - from);
    text += `${word.toString(36)},`;
  }
  return text;
}

// --- what gates are ---

export type QueueCall =
  | { readonly kind: "enqueue"; readonly items: readonly string[] }
  /** `size`: of several. */
  | { readonly kind: "dequeue"; readonly size?: number }
  | { readonly kind: "close" };
/** `item`, `items`: what a dequeuer got. */
export type QueueAnswer =
  | { readonly kind: "done" }
  | { readonly kind: "item"; readonly item: string }
  | { readonly kind: "items"; readonly items: readonly string[] }
  | { readonly kind: "closed" };

interface QueueState {
  readonly items: readonly string[];
  readonly closed: boolean;
}

/** A bounded FIFO: who finds no room, or nothing, is done later. */
export function queueModel(capacity: number): Model<QueueState, QueueCall, QueueAnswer> {
  return {
    initial: { items: [], closed: false },
    key: ({ items, closed }) => `${closed ? "closed" : "open"} ${items.join("|")}`,
    step({ items, closed }, call, answer) {
      switch (call.kind) {
        case "close":
          return { items, closed: true };
        case "enqueue":
          if (closed) return answer === undefined || answer.kind === "closed" ? { items, closed } : undefined;
          if (answer?.kind === "closed" || items.length + call.items.length > capacity) return undefined;
          return { items: [...items, ...call.items], closed };
        case "dequeue": {
          const [first, ...rest] = items;
          const { size } = call;
          const isEmptyAnswer = answer?.kind !== "item" && answer?.kind !== "items";
          if (first === undefined) return closed && isEmptyAnswer ? { items, closed } : undefined;
          // Fewer are right where no more could come in, which only those who wait know.
          if (size !== undefined && (answer === undefined || answer.kind === "items")) {
            const count = answer?.items.length ?? Math.min(size, items.length);
            const same = answer?.items.every((item, at) => item === items[at]) ?? true;
            return same && count > 0 && count <= size ? { items: items.slice(count), closed } : undefined;
          }
          const fits = answer === undefined || (answer.kind === "item" && answer.item === first);
          return fits ? { items: rest, closed } : undefined;
        }
      }
    },
  };
}

export type LockCall =
  | { readonly kind: "acquire"; readonly by: string }
  | { readonly kind: "release"; readonly by: string; readonly token: number }
  /** With a task all that it holds is given back. */
  | { readonly kind: "end"; readonly by: string };
export interface LockAnswer {
  /** Of an acquisition. */
  readonly token?: number;
}

interface LockState {
  readonly holders: readonly { readonly by: string; readonly token: number }[];
  readonly lastToken: number;
}

/** A lock with so many permits: each acquisition gets the next token, and nobody but its holder gives a permit back. */
export function lockModel(permits: number): Model<LockState, LockCall, LockAnswer> {
  return {
    initial: { holders: [], lastToken: 0 },
    key: ({ holders, lastToken }) =>
      `${lastToken} ${holders.map(({ by, token }) => `${by} ${token}`).sort()}`,
    step({ holders, lastToken }, call, answer) {
      if (call.kind === "release")
        return {
          holders: holders.filter(({ by, token }) => by !== call.by || token !== call.token),
          lastToken,
        };
      if (call.kind === "end") return { holders: holders.filter(({ by }) => by !== call.by), lastToken };
      const token = lastToken + 1;
      if (holders.length >= permits || (answer !== undefined && answer.token !== token)) return undefined;
      return { holders: [...holders, { by: call.by, token }], lastToken: token };
    },
  };
}
