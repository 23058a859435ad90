/**
 * Whom the commands ask that look at a state, or tell it something: the server that has it, or, if it is at rest, its rows. By looking these are
 * left as they are; what follows from telling happens when the run goes on.
 */
import { UserError } from "../base/errors.ts";
import { runOf } from "../base/ids.ts";
import { connectControl } from "../client/index.ts";
import {
  apply,
  decide,
  emptyState,
  isDurable,
  keptFor,
  keptKey,
  type RunImage,
  refuseCancel,
  refuseFork,
  refuseMessage,
  refuseStart,
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
  imageNow,
  newRunId,
  type Request,
  refused,
  sendForm,
  startForm,
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
  const path = controlPath(store);
  const server = path === undefined ? undefined : await connectControl(path);
  if (server !== undefined) {
    try {
      return await server.ask<Kind>(question, more);
    } finally {
      server.close();
    }
  }
  if (path === undefined)
    throw new UserError("a state in memory: is gone with its run; give --store file:DIR");
  const rows = await openStore(store, question.kind === "start");
  try {
    const state = apply(emptyState(), rows.load());
    const asked: Question = question;
    if (asked.kind === "upgrade") return (await move(rows, state, asked)) as Answers[Kind];
    if (asked.kind === "start") return (await begin(rows, state, asked)) as Answers[Kind];
    if (asked.kind === "result")
      throw new UserError(`no server has ${store}: continua resume ${asked.run} goes on with it`);
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

async function begin(
  rows: Store,
  state: State,
  { version, bundle: bytes, program, input, id }: Request & { readonly kind: "start" },
): Promise<Answers["start"]> {
  const refusal = refuseStart(state, id, program);
  if (refusal !== undefined) throw new UserError(refusal);
  const run = id ?? newRunId(state, Math.random);
  const again = state.runs.has(run);
  if (!again) {
    const bundle = { version, bytes };
    // How long runs that have ended are kept is for the server to say that takes it up.
    const { changes } = decide(state, {
      kind: "start-run",
      run,
      bundle,
      program,
      input,
      keepsEnded: true,
      now: Date.now(),
    });
    apply(state, changes);
    await rows.write(changes.filter(isDurable));
  }
  return startForm(state, run, again, false);
}

async function copy(
  rows: Store,
  state: State,
  wish: Request & { readonly kind: "fork" },
): Promise<Answers["fork"]> {
  const { run } = wish;
  const refusal = refuseFork(state, wish);
  if (refusal !== undefined) throw refused(state, run, refusal);
  const as = wish.id ?? newRunId(state, Math.random);
  // Made before.
  if (state.runs.has(as)) return forkForm(state, as, false);
  const fetch = (key: BytesKey) => (rows.fetch === undefined ? rows.read(key) : rows.fetch(key));
  const kept = keptFor(state.runs.get(run)!, wish.checkpoint);
  const bytes = kept === undefined ? undefined : await fetch(keptKey(run, kept.name));
  const image = bytes === undefined ? await imageNow(state, fetch, run) : (unpack(bytes) as RunImage);
  const of = kept === undefined ? {} : { checkpoint: kept.name };
  const { changes } = decide(state, { kind: "fork", as, image: image!, ...of, now: Date.now() });
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
