/** `continua cancel` and `send`: commands to a state that nobody is running. What follows from them happens when it is resumed. */
import { UserError } from "../base/errors.ts";
import { runOf, type TaskId } from "../base/ids.ts";
import {
  apply,
  type Command,
  decide,
  emptyState,
  isDurable,
  isOver,
  refuseMessage,
  type State,
} from "../coordinator/index.ts";
import { openStore } from "./drive.ts";
import type { CancelOptions, SendOptions } from "./options.ts";

export async function cancel(task: TaskId, { store, graceMs }: CancelOptions): Promise<void> {
  await tell(
    store,
    (state, now) => {
      const run = state.runs.get(runOf(task));
      if (run === undefined || (state.tasks.get(task) === undefined && run.id !== (task as string)))
        throw new UserError(`there is no task ${task} in ${store}; continua show lists those of a run`);
      return { kind: "cancel", task, graceMs, now };
    },
    (state) => {
      const told = [task, ...state.descendantsOf(task)].filter((id) => {
        const row = state.tasks.get(id);
        return row?.cancel !== undefined && !isOver(row);
      });
      const run = state.runs.get(runOf(task))!;
      if (run.status !== "running") return `run ${run.id} is over: ${run.status}`;
      if (told.length === 0) return `${task} is cancelled, and had not begun or has ended`;
      return `${task} is cancelled; ${told.length === 1 ? "it is" : `${told.length} tasks are`} told when the run goes on: continua resume ${run.id}`;
    },
  );
}

export async function send(
  { task, inbox, message, id }: SendOptions["to"],
  { store }: SendOptions,
): Promise<void> {
  const what = { task, inbox, message, ...(id === undefined ? {} : { id }) };
  await tell(
    store,
    (state, now) => {
      const refusal = refuseMessage(state, what);
      if (refusal !== undefined) throw new UserError(refusal);
      return { kind: "send", ...what, now };
    },
    () => `sent; it is received when the run goes on: continua resume ${runOf(task)}`,
  );
}

async function tell(
  url: string,
  commandFor: (state: State, now: number) => Command,
  report: (state: State) => string,
): Promise<void> {
  const store = await openStore(url, false);
  try {
    const state = apply(emptyState(), store.load());
    const { changes } = decide(state, commandFor(state, Date.now()));
    apply(state, changes);
    await store.write(changes.filter(isDurable));
    console.log(report(state));
  } finally {
    await store.close();
  }
}
