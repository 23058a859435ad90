/** `continua cancel` and `send`: to a run that goes on, or to a state at rest. */
import { ask } from "./asking.ts";
import type { CancelOptions, SendOptions } from "./options.ts";

export async function cancel({ store, task, graceMs }: CancelOptions): Promise<void> {
  const { run, status, told } = await ask(store, { kind: "cancel", task, graceMs });
  if (status !== "running") console.log(`run ${run} is over: ${status}`);
  else if (told === 0) console.log(`${task} is cancelled: nothing of it had begun, or it has ended`);
  else console.log(`${task} is cancelled: ${told === 1 ? "one task is" : `${told} tasks are`} told`);
}

export async function send({ store, ...message }: SendOptions): Promise<void> {
  const { number } = await ask(store, { kind: "send", ...message });
  console.log(`sent: message ${number} of inbox "${message.inbox}"`);
}
