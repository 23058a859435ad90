/** Whom the commands ask that look at a state: the server that has it, or, if it is at rest, its rows, which are left as they are. */
import { UserError } from "../base/errors.ts";
import { connectControl } from "../client/index.ts";
import { apply, emptyState } from "../coordinator/index.ts";
import type { Answers, LineForm, Question } from "../protocol/control.ts";
import type { BytesKey } from "../protocol/rows.ts";
import { answer, controlPath, withBytes } from "../server/index.ts";
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
    const fetch = (key: BytesKey) => (rows.fetch === undefined ? rows.read(key) : rows.fetch(key));
    return (await withBytes(fetch, (read) => answer({ state, read }, question))) as Answers[Kind];
  } finally {
    await rows.close();
  }
}
