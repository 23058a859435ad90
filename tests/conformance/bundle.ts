/** A test and the modules that it imports, compiled. */
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { compile } from "../../src/compiler/index.ts";
import { abiVersion } from "../../src/protocol/abi.ts";
import type { Bundle, BundledModule, ModuleLink } from "../../src/protocol/bundle.ts";
import type { Test } from "./collect.ts";
import { harnessOf } from "./outcome.ts";
import { injected, injectedScript, prepareScript } from "./prepare.ts";
import { harnessText } from "./realm.ts";

export type Mode = "plain" | "frames" | "world" | "inject";

const entry = "(entry).js";

/** As a program whose function does nothing; or why the compiler does not take it. */
export function makeBundle(
  test262: string,
  test: Test,
  mode: Mode,
): { readonly bundle: Bundle } | { readonly refused: string } {
  const modules = new Map<string, BundledModule>();
  const read = (id: string): string => readFileSync(join(test262, "test", id), "utf8");
  const add = (id: string, source: string, goal: "module" | "script"): string | undefined => {
    const made = compile(source, { id, goal, cyclic: goal === "module", ownRealm: true });
    const [first] = made.diagnostics;
    if (first !== undefined) return `${first.message}`;
    const links = made.imports.map((specifier): ModuleLink => linkOf(id, specifier));
    const dynamic = Object.fromEntries(
      made.dynamicImports.map((specifier) => [specifier, linkOf(id, specifier)]),
    );
    modules.set(id, { id, code: made.code, map: "", source, links, dynamic });
    for (const link of [...links, ...Object.values(dynamic)]) {
      if (link.kind !== "compiled" || modules.has(link.id)) continue;
      if (!existsSync(join(test262, "test", link.id))) {
        if (links.includes(link)) return `imports ${link.id}, which is not there`;
        continue;
      }
      const refused = add(link.id, read(link.id), "module");
      if (refused !== undefined && links.includes(link)) return refused;
    }
    return undefined;
  };
  const made = textOf(test262, test, mode);
  if (made === null) return { refused: "cannot be parsed" };
  const refused =
    add(test.path, made.text, made.goal) ??
    add(entry, `import "./${test.path}"; export default function () {}`, "module");
  if (refused !== undefined) return { refused };
  return {
    bundle: {
      abi: abiVersion,
      version: "0" as Bundle["version"],
      entry,
      root: "/test262",
      nodeMajor: Number.parseInt(process.versions.node, 10),
      modules: [...modules.values()],
    },
  };
}

/** What is compiled of a test, in a mode. */
function textOf(
  test262: string,
  test: Test,
  mode: Mode,
): { readonly text: string; readonly goal: "module" | "script" } | null {
  const isModule = test.flags.includes("module");
  if (mode === "inject") {
    const text = injectedScript(test.source);
    return text === null ? null : { text, goal: "script" };
  }
  if (mode === "world") {
    const isInjected = !isModule && !test.flags.includes("async");
    const body = isInjected ? injected(test.source) : isModule ? test.source : prepareScript(test.source);
    if (body === null) return null;
    const text = isInjected ? `await (${body})();` : body;
    return { text: `${harnessText(test262, harnessOf(test))}\n${text}`, goal: "module" };
  }
  const text = isModule ? test.source : prepareScript(test.source);
  return text === null ? null : { text, goal: isModule ? "module" : "script" };
}

function linkOf(from: string, specifier: string): ModuleLink {
  if (!specifier.startsWith(".")) return { kind: "foreign", name: specifier };
  return { kind: "compiled", id: posix.join(posix.dirname(from), specifier) };
}
