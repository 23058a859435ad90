/**
 * Every program of tests/samples/language means the same natively and compiled, whatever is suspended and copied on the way.
 *
 * A sample is a file, or a folder with a `main.ts`. Its default export is an async function that is given `log`; what it logs and
 * how it ends (value or error) is compared.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { transformSync } from "oxc-transform";
import { compile, formatDiagnostic } from "../../src/compiler/index.ts";
import { bundleSample, runDurably } from "./durable.ts";
import { FramesKernel, FramesProgram, type Mode } from "./frames-kernel.ts";
import { trace } from "./trace.ts";
import { installUsing, withoutUsing } from "./using-natively.ts";

const folder = join(import.meta.dirname.replace(/([\\/])dist[^\\/]*([\\/])/, "$1"), "../samples/language");
installUsing();
const work = mkdtempSync(join(tmpdir(), "continua-language-"));
after(() => rmSync(work, { recursive: true }));

const foreign: Record<string, Record<string, unknown>> = {
  "node:async_hooks": await import("node:async_hooks"),
  "node:events": await import("node:events"),
  "node:fs": await import("node:fs"),
  "node:path": await import("node:path"),
  "node:process": await import("node:process"),
  "node:timers": await import("node:timers"),
  "node:timers/promises": await import("node:timers/promises"),
  "node:util": await import("node:util"),
};

function filesOf(name: string): string[] {
  if (!name.includes(".")) return readdirSync(join(folder, name)).map((file) => `${name}/${file}`);
  return [name];
}

async function native(name: string): Promise<string[]> {
  for (const file of filesOf(name)) {
    const source = readFileSync(join(folder, file), "utf8");
    const { code } = transformSync(file, source, {
      sourceType: "module",
      ...(name.startsWith("using") || /^ +using /m.test(source) ? withoutUsing : {}),
      // Node knows no `accessor`; without decorators the transform makes of it what the standard says.
      ...(/^ +accessor /m.test(source) ? { decorator: { legacy: true } } : {}),
    });
    const target = join(work, file.replace(/\.ts$/, ".mjs"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code.replace(/(from|import\(|import) ?"(\.[^"]*)\.ts"/g, '$1 "$2.mjs"'));
  }
  const entry = (name.includes(".") ? name : `${name}/main.ts`).replace(/\.ts$/, ".mjs");
  const module = await import(pathToFileURL(join(work, entry)).href);
  return trace(module.default);
}

async function compiled(name: string, mode: Mode): Promise<{ lines: string[]; suspensions: number }> {
  const kernel = new FramesKernel(mode);
  const program = new FramesProgram(
    kernel,
    (id) => {
      const source = readFileSync(join(folder, id), "utf8");
      const { code, diagnostics } = compile(source, { id });
      assert.deepEqual(
        diagnostics.map((each) => formatDiagnostic(each, source)),
        [],
      );
      return code;
    },
    (specifier, from) => {
      if (specifier.startsWith(".")) return { compiled: posix.join(posix.dirname(from), specifier) };
      assert.ok(foreign[specifier], `the samples do not import ${specifier}`);
      return { foreign: foreign[specifier] };
    },
  );
  const { default: main } = await program.run(name.includes(".") ? name : `${name}/main.ts`);
  return { lines: await trace(main), suspensions: kernel.suspensions };
}

/** Samples that cannot go through a thaw, with the reason. */
const onlyInOneProcess: Readonly<Record<string, string>> = {};

/** Samples of what is the runtime's business and not that of the driver of frames: how modules are evaluated, what follows a fiber. */
const ofTasks: ReadonlySet<string> = new Set(["sibling-modules", "async-local-storage.ts"]);

const only = process.env["SAMPLE"];
const samples = readdirSync(folder).filter((name) => only === undefined || name.includes(only));
assert.ok(samples.length > 0, "there are samples");

for (const name of samples.toSorted()) {
  test(`language: ${name.replace(/\.ts$/, "")}`, async () => {
    const expected = await native(name);
    for (const mode of ["always", "direct"] as const) {
      if (ofTasks.has(name)) break;
      const { lines, suspensions } = await compiled(name, mode);
      assert.deepEqual(lines, expected, `${name} in mode ${mode}`);
      if (mode === "always") assert.ok(suspensions > 0, `${name} never suspends`);
    }
    if (onlyInOneProcess[name] !== undefined) return;
    const made = await bundleSample(folder, name.includes(".") ? name : `${name}/main.ts`);
    const { lines, thaws } = await runDurably(made);
    assert.deepEqual(lines, expected, `${name} thawed at every stop`);
    assert.ok(thaws > 0, `${name} is never thawed`);
    if (!ofTasks.has(name)) return;
    const elided = await runDurably(made, true);
    assert.deepEqual(elided.lines, expected, `${name} thawed where it waits`);
  });
}
