/**
 * The same tests, the same adapters, but neither compiled nor frozen: what a package's tests come to in Node itself, to be compared with. The
 * modules of the program are written into files as they were before compiling, and imported. Time is virtual here, too.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type AnyNode, parse } from "acorn";
import { transformSync } from "oxc-transform";
import type { Bundle, BundledModule, ModuleLink } from "../../../src/protocol/bundle.ts";
import { type Edit, edited } from "../prepare.ts";
import { installExit, installTimers } from "./clocks.ts";
import type { Errand, Message } from "./worker.ts";

const leave = process.exit.bind(process);
installTimers();
installExit();
const tell = (message: Message, then = (): void => {}): void => void process.send!(message, then);
process.on("unhandledRejection", () => {});
process.on("message", async ({ bundle, from }: Errand) => {
  // A test that waits for what never comes ends the process, as nothing else keeps it.
  process.channel!.unref();
  const report = {
    done: () => {},
    begin: (at: number, title: string) => tell({ kind: "begin", at, title }),
    end: (at: number, outcome: "passed" | "failed" | "skipped", reason: string) =>
      tell({ kind: "end", at, outcome, reason, thaws: 0 }),
  };
  (globalThis as { [reportName]?: object })[reportName] = report;
  const folder = mkdtempSync(join(tmpdir(), "continua-native-"));
  process.on("exit", () => rmSync(folder, { recursive: true }));
  let message: string | undefined;
  try {
    const { default: main } = (await import(written(bundle, folder))) as {
      default: (input: { from: number }) => Promise<void>;
    };
    await main({ from: from as number });
  } catch (error) {
    message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  const end = message === undefined ? ({ kind: "ended" } as const) : ({ kind: "failed", message } as const);
  tell({ kind: "over", end, thaws: 0, refusals: [] }, () => leave(0));
});

const reportName = "continua:conformance";

/** Writes the modules; answers where the first one is. */
function written(bundle: Bundle, folder: string): string {
  const files = new Map(bundle.modules.map(({ id }, index) => [id, join(folder, `${index}.mjs`)]));
  const report = join(folder, "report.mjs");
  writeFileSync(report, `export const { begin, end, done } = globalThis[${JSON.stringify(reportName)}];\n`);
  const urlOf = (link: ModuleLink): string => {
    if (link.kind === "compiled") return pathToFileURL(files.get(link.id)!).href;
    if (link.name === reportName) return pathToFileURL(report).href;
    return link.path === undefined ? link.name : pathToFileURL(join(bundle.root, link.path)).href;
  };
  mkdirSync(folder, { recursive: true });
  for (const module of bundle.modules)
    writeFileSync(files.get(module.id)!, textOf(module, bundle.root, urlOf));
  return pathToFileURL(files.get(bundle.entry)!).href;
}

/** Without types, and with imports and `import.meta` that lead where those of the compiled module lead. */
function textOf(module: BundledModule, root: string, urlOf: (link: ModuleLink) => string): string {
  const { id, source, links, dynamic = {} } = module;
  if (id.endsWith(".json")) return `export default ${source};`;
  const text = /\.[cm]?tsx?$|\.jsx$/.test(id) ? transformSync(id, source).code : source;
  const program = parse(text, { ecmaVersion: "latest", sourceType: "module", allowHashBang: true });
  const edits: Edit[] = [];
  const specifiers: string[] = [];
  const replace = ({ start, end }: AnyNode, by: string): void => void edits.push({ start, end, text: by });
  const visit = (node: AnyNode): void => {
    if ("source" in node && node.source?.type === "Literal") {
      const specifier = String(node.source.value);
      if (node.type === "ImportExpression") {
        const link = dynamic[specifier];
        if (link !== undefined) replace(node.source, JSON.stringify(urlOf(link)));
      } else {
        if (!specifiers.includes(specifier)) specifiers.push(specifier);
        replace(node.source, JSON.stringify(urlOf(links[specifiers.indexOf(specifier)]!)));
      }
    }
    if (node.type === "MetaProperty" && node.meta.name === "import") replace(node, "$meta");
    for (const child of Object.values(node)) {
      for (const part of Array.isArray(child) ? child : [child])
        if (part !== null && typeof part === "object" && typeof part.type === "string")
          visit(part as AnyNode);
    }
  };
  visit(program as AnyNode);
  const path = join(root, id);
  const meta = { url: pathToFileURL(path).href, dirname: join(path, ".."), filename: path };
  // On the first line: what imports each other may use it early.
  const head = `var $meta = ${JSON.stringify(meta)}; `;
  const body = edited(text, edits);
  return body.startsWith("#!") ? body.replace("\n", `\n${head}`) : head + body;
}
