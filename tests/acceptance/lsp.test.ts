/** `continua lsp` as an editor speaks to it: messages in and out of a real process. Nothing here waits for time: each step waits for what is published. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { framed, type Message, MessageReader } from "../../src/cli/json-rpc.ts";
import { repository, temporaryFolder } from "./continua.ts";

interface Shown {
  readonly range: {
    readonly start: { line: number; character: number };
    readonly end: { character: number };
  };
  readonly severity: number;
  readonly code: string;
  readonly source: string;
  readonly message: string;
  readonly relatedInformation?: readonly {
    readonly location: { range: Shown["range"] };
    readonly message: string;
  }[];
}

class Editor {
  readonly #child;
  readonly #said: Message[] = [];
  readonly #waiting = new Set<() => void>();
  readonly ended: Promise<number | null>;
  #ids = 0;

  constructor(cwd: string) {
    this.#child = spawn(process.execPath, [join(repository, "bin/continua.js"), "lsp", "--stdio"], {
      cwd,
      stdio: ["pipe", "pipe", "inherit"],
    });
    const reader = new MessageReader(
      (message) => {
        this.#said.push(message);
        for (const look of this.#waiting) look();
      },
      (why) => assert.fail(why),
    );
    this.#child.stdout.on("data", (bytes: Buffer) => reader.add(bytes));
    this.ended = new Promise((resolve) => this.#child.on("close", resolve));
  }

  notify(method: string, params: object): void {
    // In pieces, as pipes may hand them over.
    const bytes = Buffer.from(framed({ method, params }));
    this.#child.stdin.write(bytes.subarray(0, 7));
    this.#child.stdin.write(bytes.subarray(7));
  }

  raw(text: string): void {
    this.#child.stdin.write(text);
  }

  async ask(method: string, params: object = {}): Promise<Message> {
    const id = ++this.#ids;
    this.#child.stdin.write(framed({ id, method, params }));
    return this.first((message) => message.id === id);
  }

  /** What is published of a version of a document. */
  async shown(uri: string, version: number): Promise<readonly Shown[]> {
    const { params } = await this.first(
      ({ method, params }) =>
        method === "textDocument/publishDiagnostics" && params.uri === uri && params.version === version,
    );
    return params.diagnostics;
  }

  /** Takes it out of what has been said, once it has. */
  first(is: (message: Message) => boolean): Promise<Message> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const at = this.#said.findIndex(is);
        if (at < 0) return;
        this.#waiting.delete(look);
        resolve(this.#said.splice(at, 1)[0]!);
      };
      this.#waiting.add(look);
      look();
      void this.ended.then(() => reject(new Error("the server has ended")));
    });
  }
}

const summary = (all: readonly Shown[]): string[] =>
  all.map(({ code, severity, range: { start } }) => `${code} ${severity} ${start.line}:${start.character}`);

test("lsp: from opening a file to the end", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  copyFileSync(join(repository, "tests/samples/check/tsconfig.json"), join(folder, "tsconfig.json"));
  mkdirSync(join(folder, "node_modules"));
  for (const name of ["typescript", "@typescript", "@types", "undici-types"])
    symlinkSync(join(repository, "node_modules", name), join(folder, "node_modules", name));
  const files = {
    "main.ts": `import net from "node:net";
import { call } from "continua";
import { shared } from "./shared.ts";
let total = 0;
async function add() {
  total += shared;
}
export default async function main() {
  const socket = new net.Socket();
  await call(add);
  socket.end();
  return total;
}
`,
    "shared.ts": "export const shared = 1;\n",
    "other.ts": "(globalThis as any).x = 1;\n",
  };
  const uris = Object.fromEntries(
    Object.entries(files).map(([name, text]) => {
      writeFileSync(join(folder, name), text);
      return [name, pathToFileURL(join(folder, name)).href];
    }),
  ) as Record<keyof typeof files, string>;
  const editor = new Editor(folder);
  assert.equal((await editor.ask("textDocument/hover")).error?.code, -32002);
  const { result } = await editor.ask("initialize", { capabilities: {}, rootUri: null });
  assert.equal(
    (result as { capabilities: { textDocumentSync: { change: number } } }).capabilities.textDocumentSync
      .change,
    1,
  );
  editor.notify("initialized", {});
  const open = (name: keyof typeof files): void =>
    editor.notify("textDocument/didOpen", {
      textDocument: { uri: uris[name], languageId: "typescript", version: 1, text: files[name] },
    });
  const change = (name: keyof typeof files, version: number, text: string): void =>
    editor.notify("textDocument/didChange", {
      textDocument: { uri: uris[name], version },
      contentChanges: [{ text }],
    });

  open("main.ts");
  const first = await editor.shown(uris["main.ts"], 1);
  assert.deepEqual(summary(first), ["copied-variable 2 5:2", "not-saveable 1 8:8"]);
  const [copied, held] = first;
  assert.equal(copied!.range.end.character, 2 + "total".length);
  assert.match(copied!.message, /^call\(add\) writes "total", .*\nreturn the value/);
  assert.equal(copied!.relatedInformation![0]!.location.range.start.line, 3);
  assert.deepEqual(held!.relatedInformation![0]!.location.range.start, { line: 9, character: 2 });

  // L1: as it is typed, without types; what they have said stays with its line.
  change("main.ts", 2, files["main.ts"].replace("return total;", "eval('1');"));
  assert.deepEqual(summary(await editor.shown(uris["main.ts"], 2)), ["compile 1 11:2", "not-saveable 1 8:8"]);
  change("main.ts", 3, files["main.ts"].replace("  const socket", "  let x = ;\n  const socket"));
  assert.deepEqual(summary(await editor.shown(uris["main.ts"], 3)), ["compile 1 8:10"]);
  const mended = files["main.ts"]
    .replace("  socket.end();\n", "")
    .replace("total += shared", "await add.length");
  writeFileSync(join(folder, "main.ts"), mended);
  change("main.ts", 4, mended);
  editor.notify("textDocument/didSave", { textDocument: { uri: uris["main.ts"] } });
  assert.deepEqual(await editor.shown(uris["main.ts"], 4), []);

  // L2: what belongs to no program is not spoken of; what a program leads to is.
  open("other.ts");
  assert.deepEqual(await editor.shown(uris["other.ts"], 1), []);
  open("shared.ts");
  assert.deepEqual(await editor.shown(uris["shared.ts"], 1), []);
  change("shared.ts", 2, "globalThis.shared = 1;\n");
  assert.deepEqual(summary(await editor.shown(uris["shared.ts"], 2)), ["compile 1 0:0"]);
  editor.notify("textDocument/didClose", { textDocument: { uri: uris["shared.ts"] } });
  const closed = await editor.first(({ params }) => params?.uri === uris["shared.ts"]);
  assert.deepEqual(closed.params.diagnostics, []);

  assert.equal((await editor.ask("textDocument/hover")).error?.code, -32601);
  editor.raw("Content-Length: 3\r\n\r\n{x}");
  assert.equal((await editor.first(({ error }) => error?.code === -32700)).id, null);
  assert.equal((await editor.ask("shutdown")).result, null);
  editor.notify("exit", {});
  assert.equal(await editor.ended, 0);
});
