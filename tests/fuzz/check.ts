/** One program in all its forms, and whether they tell the same. */
import { makeBundle, type Passage, runCompiled } from "./compiled.ts";
import type { Mutant } from "./mutants.ts";
import { runNative, runsNatively } from "./native.ts";
import { everywhere, type Policy, randomPolicy, undisturbed } from "./world.ts";

export interface Difference {
  /** What differs from what. */
  readonly form: string;
  readonly expected: readonly string[];
  readonly found: readonly string[];
}

export interface Outcome {
  readonly difference: Difference | undefined;
  /** How often the task went through bytes. */
  readonly thaws: number;
  /** Of the trace. */
  readonly lines: number;
  /** Whether Node itself could run it. */
  readonly native: boolean;
}

export interface CheckOptions {
  readonly mutant?: Mutant | undefined;
  /** Goes on with a run in another process, to its end. */
  readonly elsewhere?: ((passage: Passage) => Promise<string[]>) | undefined;
}

/** The thaw that takes a run to another process, if it goes to one. */
const leaveAt = 3;

export async function check(
  source: string,
  policies: readonly Policy[],
  { mutant, elsewhere }: CheckOptions = {},
): Promise<Outcome> {
  let thaws = 0;
  const native = runsNatively(source);
  let expected: readonly string[] | undefined = native ? await runNative(source) : undefined;
  const bundle = await makeBundle(source, mutant?.code);
  for (const policy of [undisturbed, ...policies]) {
    const run = await runCompiled({ bundle, policy }, elsewhere === undefined ? 0 : leaveAt);
    thaws += run.thaws;
    const found =
      run.left === undefined
        ? run.lines
        : await elsewhere!({ bundle, policy, from: { place: run.left, lines: run.lines } });
    expected ??= found;
    if (found.join("\n") === expected.join("\n")) continue;
    const how = `frozen (${policy.freezes}, thawed ${policy.thaws}, seed ${policy.seed})`;
    const form = `${policy === undisturbed ? "compiled" : how} against ${native ? "native" : "compiled"}`;
    return { difference: { form, expected, found }, thaws, native, lines: expected.length };
  }
  return { difference: undefined, thaws, native, lines: expected!.length };
}

/** How the programs of a seed are disturbed. */
export function policiesOf(seed: number): readonly Policy[] {
  return [everywhere, randomPolicy(seed)];
}
