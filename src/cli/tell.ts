/** `continua cancel`, `fork` and `send`: to a run that goes on, or to a state at rest. */
import { ask } from "./asking.ts";
import type { CancelOptions, ForkOptions, SendOptions } from "./options.ts";

export async function cancel({ store, json, task, graceMs }: CancelOptions): Promise<void> {
  const form = await ask(store, { kind: "cancel", task, graceMs });
  if (json) return print(form);
  const { run, status, told } = form;
  if (status !== "running") console.log(`run ${run} is over: ${status}`);
  else if (told === 0) console.log(`${task} is cancelled: nothing of it had begun, or it has ended`);
  else console.log(`${task} is cancelled: ${told === 1 ? "one task is" : `${told} tasks are`} told`);
}

export async function send({ store, json, ...message }: SendOptions): Promise<void> {
  const form = await ask(store, { kind: "send", ...message });
  if (json) return print(form);
  console.log(`sent: message ${form.number} of inbox "${message.inbox}"`);
}

export async function fork({ store, json, ...which }: ForkOptions): Promise<void> {
  const form = await ask(store, { kind: "fork", ...which });
  if (json) return print(form);
  const { id, forkOf, checkpoint, commits, tasks, tasksEnded, running } = form;
  const moment =
    checkpoint === undefined ? `commit ${commits}` : `checkpoint ${checkpoint} (commit ${commits})`;
  console.log(
    `run ${id} is a copy of ${forkOf} as of its ${moment}: ${tasksEnded} of ${tasks} tasks have ended`,
  );
  console.log(
    running
      ? `it goes on here; see continua show ${id}`
      : `go on with: continua resume ${id}${storeHint(store)}`,
  );
}

function print(form: unknown): void {
  console.log(JSON.stringify(form, undefined, 2));
}

function storeHint(store: string): string {
  return store === "file:.continua" ? "" : ` --store ${store}`;
}
