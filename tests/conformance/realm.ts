/**
 * A fresh realm for each test, with the runtime inside it: its errors and promises are then of the same kind as the test's, as
 * they are in a program. So the runtime's modules are linked into one script, which is compiled once and run in every realm.
 */
import { readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as util from "node:util";
import { createContext, Script } from "node:vm";
import { type AnyNode, parse } from "acorn";
import { type Edit, edited } from "./prepare.ts";

const sources = fileURLToPath(new URL("../../src", import.meta.url));
/** What the realm's driver needs of the runtime. */
const entries = [
  "kernel",
  "modules",
  "main-fiber",
  "program",
  "iterators",
  "frame",
  "generators",
  "signal",
  "sites",
  "abi",
  "index",
];
/** Globals of the host that the runtime uses and that a bare realm does not have. */
const lent = {
  TextEncoder,
  TextDecoder,
  URL,
  URLSearchParams,
  AbortController,
  Headers,
  Blob,
  Buffer,
  performance,
  DOMException,
};

/** Modules of Node that the runtime imports. */
const lentModules: Readonly<Record<string, object>> = { "node:util": util };

// biome-ignore lint/suspicious/noExplicitAny: values of another realm have no type here
type Any = any;

/** The modules below `src/` that `entries` reach, as one script whose value is a function of the lent globals. */
function link(): string {
  const texts = new Map<string, string>();
  const add = (path: string): void => {
    if (texts.has(path)) return;
    const { text, needs } = asFunction(path, readFileSync(path, "utf8"));
    for (const need of needs) add(need);
    texts.set(path, text);
  };
  for (const name of entries) add(join(sources, "runtime", `${name}.js`));
  const parts = [...texts].map(([path, text]) => `$m[${quoted(path)}] = ${text};`);
  const doors = entries.map((name) => `$m[${quoted(join(sources, "runtime", `${name}.js`))}]`);
  return `"use strict"; (${Object.keys(lent).join(", ")}, $node, console) => { const $m = {};\n${parts.join("\n")}\nreturn Object.assign({}, ${doors.join(", ")}); }`;
}

function quoted(path: string): string {
  return JSON.stringify(relative(sources, path));
}

/** A module without default exports and cycles, as a call that answers its exports. */
function asFunction(path: string, source: string): { text: string; needs: string[] } {
  const program = parse(source, { ecmaVersion: "latest", sourceType: "module" }) as AnyNode & {
    type: "Program";
  };
  const needs: string[] = [];
  const exported: string[] = [];
  const spread: string[] = [];
  const edits: Edit[] = [];
  const replace = (node: { start: number; end: number }, by: string): void =>
    void edits.push({ start: node.start, end: node.end, text: by });
  const need = (specifier: string): string => {
    if (Object.hasOwn(lentModules, specifier)) return `$node[${JSON.stringify(specifier)}]`;
    const target = normalize(join(dirname(path), specifier));
    needs.push(target);
    return `$m[${quoted(target)}]`;
  };
  for (const node of program.body as Any[]) {
    if (node.type === "ImportDeclaration") {
      const names = node.specifiers.map((each: Any) => `${each.imported.name}: ${each.local.name}`);
      replace(node, `const { ${names.join(", ")} } = ${need(node.source.value)};`);
    } else if (node.type === "ExportAllDeclaration") {
      spread.push(need(node.source.value));
      replace(node, "");
    } else if (node.type === "ExportNamedDeclaration") {
      if (node.source !== null) {
        const from = need(node.source.value);
        for (const each of node.specifiers)
          exported.push(`get ${each.exported.name}() { return ${from}.${each.local.name}; }`);
        replace(node, "");
      } else if (node.declaration === null) {
        for (const each of node.specifiers)
          exported.push(`get ${each.exported.name}() { return ${each.local.name}; }`);
        replace(node, "");
      } else {
        const names = node.declaration.id
          ? [node.declaration.id.name]
          : node.declaration.declarations.map((each: Any) => each.id.name);
        for (const name of names) exported.push(`get ${name}() { return ${name}; }`);
        replace(node, source.slice(node.declaration.start, node.declaration.end));
      }
    }
  }
  const spreads = spread.map((from) => `...${from}`);
  return {
    needs,
    text: `(() => {\n${edited(source, edits)}\nreturn { ${[...spreads, ...exported].join(", ")} };\n})()`,
  };
}

let runtimeScript: Script | undefined;
const harness = new Map<string, Script>();

export interface Realm {
  readonly context: object;
  readonly global: Any;
  /** Lines that the test printed. */
  readonly printed: string[];
  /** What `$ended` was told, by a test that awaits were put into. */
  ended?: { readonly thrown: { readonly error: unknown } | undefined };
}

/** `printed`: where the lines of the test go. */
export function createRealm(printed: string[] = []): Realm {
  const context = createContext({ print: (line: unknown) => void printed.push(String(line)) });
  const global: Any = new Script("globalThis").runInContext(context);
  global.$262 = {
    global,
    gc: () => {},
    evalScript: (text: string) => new Script(text).runInContext(context),
    detachArrayBuffer: (buffer: ArrayBuffer) => structuredClone(buffer, { transfer: [buffer] }),
  };
  const realm: Realm = { context, global, printed };
  global.$ended = (thrown: { error: unknown } | undefined) => {
    realm.ended = { thrown };
  };
  return realm;
}

/** The runtime's exports, made in the realm. */
export function loadRuntime(realm: Realm): Any {
  runtimeScript ??= new Script(link(), { filename: "runtime.js" });
  const make = runtimeScript.runInContext(realm.context as never) as Any;
  return make(...Object.values(lent), lentModules, { log: () => {} });
}

export function loadHarness(realm: Realm, test262: string, names: readonly string[]): void {
  for (const name of names) {
    const script =
      harness.get(name) ??
      new Script(readFileSync(join(test262, "harness", name), "utf8"), { filename: `harness/${name}` });
    harness.set(name, script);
    script.runInContext(realm.context as never);
  }
}

export function harnessText(test262: string, names: readonly string[]): string {
  return names.map((name) => readFileSync(join(test262, "harness", name), "utf8")).join("\n");
}
