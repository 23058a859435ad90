/** Checks the programs of some seeds, one after another, and makes those that differ small. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { check, type Difference, policiesOf } from "./check.ts";
import type { Passage } from "./compiled.ts";
import { randomProgram } from "./grammar/program.ts";
import { type Mutant, mutants } from "./mutants.ts";
import { shrink } from "./shrink.ts";

export interface Order {
  readonly seed: number;
  readonly count: number;
  readonly mutant: string | undefined;
  /** How many smaller programs are tried for one that differs. */
  readonly tries: number;
  /** The program itself, instead of that of the seed. */
  readonly source?: string;
}

export interface Found {
  readonly seed: number;
  readonly form: string;
  readonly expected: readonly string[];
  readonly found: readonly string[];
  /** Made small. */
  readonly source: string;
}

export interface Report {
  readonly seed: number;
  readonly native: boolean;
  readonly thaws: number;
  /** Thaws in another process. */
  readonly elsewhere: number;
  readonly lines: number;
  readonly found: Found | undefined;
  /** Found, and still to be made small: the report comes once more. */
  readonly rough?: true;
}

/** One program in so many goes through another process. */
const elsewhereEvery = 100;
/** What a program tells whose promises have lost their resolvers: taking those away is no way to make it smaller. */
const lost = /^waits for nothing$|nothing is left that could settle/m;

process.on("message", async (order: Order) => {
  const mutant = order.mutant === undefined ? undefined : mutants[order.mutant];
  mutant?.plant?.();
  for (let seed = order.seed; seed < order.seed + order.count; seed += 1)
    process.send!(await report(seed, order.source ?? randomProgram(seed, true), mutant, order.tries));
  process.disconnect();
});

async function report(
  seed: number,
  source: string,
  mutant: Mutant | undefined,
  tries: number,
): Promise<Report> {
  const policies = policiesOf(seed);
  let elsewhere = 0;
  const send = (passage: Passage): Promise<string[]> => {
    elsewhere += 1;
    return inAnotherProcess(passage);
  };
  const far = seed % elsewhereEvery === 0 && mutant === undefined;
  const { difference, native, thaws, lines } = await check(source, policies, {
    mutant,
    elsewhere: far ? send : undefined,
  });
  const done = { seed, native, thaws, elsewhere, lines };
  if (difference === undefined) return { ...done, found: undefined };
  process.send!({ ...done, found: { seed, source, ...difference }, rough: true } satisfies Report);
  const small = await shrink(
    source,
    async (candidate) => (await differenceIn(candidate)) !== undefined,
    tries,
  );
  return { ...done, found: { seed, source: small, ...((await differenceIn(small)) ?? difference) } };

  async function differenceIn(candidate: string): Promise<typeof difference> {
    try {
      const found = (await check(candidate, policies, { mutant })).difference;
      return found !== undefined && isLost(found) && !isLost(difference!) ? undefined : found;
    } catch {
      // Refused by the compiler or by Node: not the same difference.
      return undefined;
    }
  }
}

function isLost({ found }: Difference): boolean {
  return lost.test(found.join("\n"));
}

function inAnotherProcess(passage: Passage): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("./elsewhere.js", import.meta.url)), {
      serialization: "advanced",
    });
    child.on("message", (lines: string[]) => resolve(lines));
    child.on("exit", (code) => reject(new Error(`the other process ended with ${code}`)));
    child.send(passage);
  });
}
