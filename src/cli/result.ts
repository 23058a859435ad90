/** Prints how a run ended: its value on stdout, or its failure on stderr. */

import * as api from "../api/index.ts";
import { UserError } from "../base/errors.ts";
import { rootTaskOf } from "../base/ids.ts";
import type { Bundle } from "../protocol/bundle.ts";
import { unpack } from "../protocol/pack.ts";
import type { RunRow } from "../protocol/rows.ts";
import { loadProgram } from "../runtime/index.ts";
import type { RunResult } from "../server/index.ts";
import { createProgramHost } from "../worker/index.ts";
import { printJson } from "./json-form.ts";
import { sourceStack } from "./stack.ts";

/** @throws {UserError} (exit code 1) if the run failed or its result has no JSON form. */
export async function printResult(result: RunResult, packed: Uint8Array | undefined): Promise<void> {
  const { outcome, row } = result;
  if (result.status === "cancelled")
    throw new UserError(`${row.program}: ${(row.message ?? "").replace(/^CancelledError: /, "")}`, {
      exitCode: 1,
    });
  if (outcome.kind === "failure") throw failed(row.program, outcome.message);
  if (packed === undefined)
    throw new UserError(`the program of run ${row.id} is gone from the store, so its result cannot be read`);
  const bundle = unpack(packed) as Bundle;
  const value = await decode(bundle, row, outcome.kind === "value" ? outcome.value : outcome.error);
  if (outcome.kind === "error") throw failed(row.program, describe(value, outcome.message, bundle));
  if (result.status === "failed")
    throw failed(row.program, row.message ?? "a task of it failed, and nobody was waiting for it");
  process.stdout.write(`${printJson(value)}\n`);
}

async function decode(bundle: Bundle, { id }: RunRow, bytes: Uint8Array): Promise<unknown> {
  if (bytes.length === 0) return undefined;
  const read = async (code: Bundle): Promise<unknown> => {
    const program = await loadProgram(code, createProgramHost({ namespaces: { continua: api } }));
    return program.decode(bytes, rootTaskOf(id));
  };
  try {
    // Most results are data that name nothing of their program: then neither it nor the packages that it uses are loaded for them.
    return await read({ ...bundle, modules: [] });
  } catch {
    return read(bundle);
  }
}

function failed(program: string, text: string): UserError {
  return new UserError(`${program} failed: ${text}`, { exitCode: 1 });
}

function describe(thrown: unknown, message: string, bundle: Bundle): string {
  return thrown instanceof Error
    ? sourceStack(thrown.stack ?? `${thrown.name}: ${thrown.message}`, bundle)
    : message;
}
