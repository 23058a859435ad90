/**
 * Random programs of one fiber mean the same natively and compiled, on a kernel that poisons every frame it has resumed; those of many
 * fibers are the business of tests/fuzz. `SEED=123` runs one of them and prints it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { transformSync } from "oxc-transform";
import { compile, formatDiagnostic } from "../../src/compiler/index.ts";
import { randomProgram } from "../fuzz/grammar/program.ts";
import { FramesKernel, FramesProgram } from "./frames-kernel.ts";
import { trace } from "./trace.ts";
import { installUsing, withoutUsing } from "./using-natively.ts";

installUsing();

const given = process.env["SEED"];
const seeds = given === undefined ? Array.from({ length: 120 }, (_, index) => index + 1) : [Number(given)];

function native(source: string): Promise<string[]> {
  const { code } = transformSync("random.ts", source, { sourceType: "module", ...withoutUsing });
  return trace(new Function(`"use strict";${code.replace("export default", "return")}`)());
}

test("random programs", async () => {
  for (const seed of seeds) {
    const source = randomProgram(seed, false);
    if (given !== undefined) console.log(source);
    const { code, diagnostics } = compile(source, { id: "random.ts" });
    assert.deepEqual(
      diagnostics.map((each) => formatDiagnostic(each, source)),
      [],
      `seed ${seed}`,
    );
    const expected = await native(source);
    for (const mode of ["always", "direct"] as const) {
      const program = new FramesProgram(
        new FramesKernel(mode),
        () => code,
        () => assert.fail("there are no imports"),
      );
      const { default: main } = await program.run("random.ts");
      assert.deepEqual(await trace(main), expected, `seed ${seed} in mode ${mode}`);
    }
  }
});
