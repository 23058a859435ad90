/**
 * Whom the commands ask that look at a state, or tell it something: the server that has it, or, if it is at rest, its rows. By looking these are
 * left as they are; what follows from telling happens when the run goes on.
 */
import { UserError } from "../base/errors.ts";
import { runOf } from "../base/ids.ts";
import { connectControl } from "../client/index.ts";
import {
  apply,
  bytesToFork,
  decide,
  emptyState,
  isDurable,
  refuseCancel,
  refuseFork,
  refuseMessage,
  refuseUpgrade,
  type State,
} from "../coordinator/index.ts";
import type { Bundle } from "../protocol/bundle.ts";
import type { Answers, LineForm, Question } from "../protocol/control.ts";
import { unpack } from "../protocol/pack.ts";
import type { BytesKey } from "../protocol/rows.ts";
import type { ProgramCode } from "../runtime/index.ts";
import {
  answer,
  cancelForm,
  controlPath,
  forkForm,
  newRunId,
  type Request,
  refused,
  sendForm,
  upgradeForm,
  withBytes,
} from "../server/index.ts";
import type { Store } from "../store/index.ts";
import { openStore } from "./drive.ts";

/** @throws {UserError} if there is no such state, or no answer in it. */
export async function ask<Kind extends Question["kind"]>(
  store: string,
  question: Question & { readonly kind: Kind },
  more?: (lines: readonly LineForm[]) => void,
): Promise<Answers[Kind]> {
  const directory = /^file:(.+)$/s.exec(store)?.[1];
  const server = directory === undefined ? undefined : await connectControl(controlPath(directory));
  if (server !== undefined) {
    try {
      return await server.ask<Kind>(question, more);
    } finally {
      server.close();
    }
  }
  if (store === "memory:")
    throw new UserError("a state in memory: is gone with its run; give --store file:DIR");
  const rows = await openStore(store, false);
  try {
    const state = apply(emptyState(), rows.load());
    const asked: Question = question;
    if (asked.kind === "upgrade") return (await move(rows, state, asked)) as Answers[Kind];
    if (asked.kind === "fork") return (await copy(rows, state, asked)) as Answers[Kind];
    if (asked.kind === "cancel" || asked.kind === "send")
      return (await tell(rows, state, asked)) as Answers[Kind];
    const fetch = (key: BytesKey) => (rows.fetch === undefined ? rows.read(key) : rows.fetch(key));
    return (await withBytes(fetch, (read) => answer({ state, read }, asked))) as Answers[Kind];
  } finally {
    await rows.close();
  }
}

async function move(
  rows: Store,
  state: State,
  { run, bundle, code, check }: Request & { readonly kind: "upgrade" },
): Promise<Answers["upgrade"]> {
  const refusal = refuseUpgrade(state, run);
  if (refusal !== undefined) throw refused(state, run, refusal);
  const { version } = unpack(bundle) as Bundle;
  const fetch = (key: BytesKey) => (rows.fetch === undefined ? rows.read(key) : rows.fetch(key));
  const form = await withBytes(fetch, (read) =>
    upgradeForm({ state, read }, run, version, code as ProgramCode),
  );
  if (form.moves && !check) {
    const { changes } = decide(state, { kind: "upgrade", run, version, bytes: bundle, now: Date.now() });
    await rows.write(changes.filter(isDurable));
  }
  return form;
}

async function copy(
  rows: Store,
  state: State,
  { run, id }: Request & { readonly kind: "fork" },
): Promise<Answers["fork"]> {
  const refusal = refuseFork(state, run, id);
  if (refusal !== undefined) throw refused(state, run, refusal);
  const bytes = new Map<BytesKey, Uint8Array>();
  for (const key of bytesToFork(state, run)) {
    const found = await (rows.fetch === undefined ? rows.read(key) : rows.fetch(key));
    if (found !== undefined) bytes.set(key, found);
  }
  const as = id ?? newRunId(state, Math.random);
  const { changes } = decide(state, { kind: "fork", run, as, bytes, now: Date.now() });
  apply(state, changes);
  await rows.write(changes.filter(isDurable));
  return forkForm(state, as, false);
}

async function tell(
  rows: Store,
  state: State,
  request: Request & { readonly kind: "cancel" | "send" },
): Promise<Answers[Request["kind"]]> {
  const refusal =
    request.kind === "cancel" ? refuseCancel(state, request.task) : refuseMessage(state, request);
  if (refusal !== undefined) throw refused(state, runOf(request.task), refusal);
  const { changes } = decide(state, { ...request, now: Date.now() });
  apply(state, changes);
  const form = request.kind === "cancel" ? cancelForm(state, request.task) : sendForm(state, request);
  await rows.write(changes.filter(isDurable));
  return form;
}
