/** What packages hand to a program: proxies, which are refused by name, and functions that make code, which have a name where the program speaks of them. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { TaskId } from "../../src/base/ids.ts";
import { bundle } from "../../src/compiler/index.ts";
import { loadProgram } from "../../src/runtime/index.ts";
import { createProgramHost } from "../../src/worker/program-host.ts";

const target = { secret: 1 };
const foreign = { made: () => new Proxy(target, {}), list: () => new Proxy([1], {}) };
const host = createProgramHost({ namespaces: {} });

/** How the program stands at its first stop, and what it comes to from there in another task. */
async function thawed(body: string, path: string | undefined): Promise<unknown> {
  const source = `import { made, list } from "package";
export default async function main() { ${body} }`;
  const { bundle: program } = await bundle(
    "main.js",
    {
      read: async () => source,
      resolve: async (name) => ({ kind: "foreign", name, ...(path !== undefined && { path }) }),
      hash: (text) => createHash("sha256").update(text).digest("hex"),
    },
    { root: "/app", nodeMajor: 20 },
  );
  assert.ok(program);
  const loaded = await loadProgram(program, { ...host, importForeign: async () => foreign });
  const taskHost = { wake: () => {}, freeze: () => false, now: () => 0 };
  const first = loaded.task("rvalues" as TaskId, taskHost);
  first.begin({ kind: "input", json: "" });
  assert.equal(first.run().kind, "waiting");
  const [sleep] = first.takeEffects();
  const bytes = first.snapshot();
  first.drop();
  const second = loaded.task("rvalues" as TaskId, taskHost);
  second.begin({ kind: "snapshot", bytes });
  second.deliver([{ effect: sleep!.id, outcome: { kind: "value", value: new Uint8Array(0) } }]);
  const state = second.run();
  assert.ok(state.kind === "ended" && state.outcome.kind === "value");
  return loaded.decode(state.outcome.value);
}

const wait = "await new Promise((resolve) => void setTimeout(resolve, 1));";
const file = "node_modules/package/index.js";

test("a proxy of a package is refused, and its variable named", async () => {
  for (const make of ["made", "list"])
    await assert.rejects(
      thawed(`const it = ${make}(); ${wait} return it.secret;`, file),
      /it .*in main at main\.js:2:\d+, held across the await .* cannot be saved: it is a Proxy that foreign code made/,
    );
});

test("what the program itself makes of a package's proxy is saved, and its own proxies are", async () => {
  const body = `const { secret } = made(); const own = new Proxy({ secret }, { get: (of, key) => of[key] + 1 }); ${wait} return [secret, own.secret];`;
  assert.deepEqual(await thawed(body, file), [1, 2]);
});

test("what makes functions of text is a name in a program that speaks of it", async () => {
  const body = `const make = globalThis.Function; ${wait} return make("return 7")();`;
  assert.equal(await thawed(body, file), 7);
  const silent = `const make = (() => {})["constr" + "uctor"]; ${wait} return make === undefined;`;
  await assert.rejects(thawed(silent, file), /make \(function Function\).*cannot be saved/);
});

test("methods that process inherits are names, as packages keep them", async () => {
  const body = `const { emit, cwd } = process; const keep = { emit, cwd, process }; ${wait} return keep.emit === process.emit && keep.cwd === process.cwd && keep.process === process;`;
  assert.equal(await thawed(body, undefined), true);
});
