/**
 * `continua lsp`: a language server over stdin and stdout, which tells editors what `continua check` and the compiler have to say.
 *
 * L1. As one types the open text alone is compiled, a moment after the last key; when it is opened or saved the program that begins with it
 *     is, and types are asked, which know the disk only.
 * L2. Only modules of programs are spoken of: those that import `continua`, and what they lead to. A project has other files.
 * L3. One look at a time; one that has been overtaken by a later text is not published.
 */
import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../base/errors.ts";
import type { Diagnostic } from "../compiler/diagnostic.ts";
import { errorCodes, framed, type Message, MessageReader } from "./json-rpc.ts";
import { problemsOf } from "./problems.ts";
import { openProject, type Project } from "./project.ts";

/** How long nobody has typed before a text is looked at. */
const calmMs = 150;

interface Document {
  readonly uri: string;
  readonly project: Project;
  /** Path below the project's root, as the compiler names modules. */
  readonly id: string;
  text: string;
  version: number;
  isSaved: boolean;
  timer: NodeJS.Timeout | undefined;
  /** What types said when it was last saved: shown until it is saved again, for lines that are as they were. */
  ofTypes: readonly Diagnostic[];
  savedLines: readonly string[];
}

/** Resolves when the client has said `exit`, with whether it had said `shutdown` before. */
export async function lsp(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<boolean> {
  const server = new LanguageServer((message) => output.write(framed(message)));
  const reader = new MessageReader(
    (message) => server.take(message),
    (why) => server.refuse(null, errorCodes.parse, why),
  );
  input.on("data", (bytes: Buffer) => reader.add(bytes));
  input.on("end", () => server.end());
  return await server.ended;
}

class LanguageServer {
  readonly ended: Promise<boolean>;
  #end!: (clean: boolean) => void;
  readonly #send: (message: Message) => void;
  readonly #documents = new Map<string, Document>();
  /** Absolute paths of modules that programs lead to. */
  readonly #reached = new Set<string>();
  #isInitialized = false;
  #isShutDown = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(send: (message: Message) => void) {
    this.#send = send;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  take({ id, method, params }: Message): void {
    if (method === undefined) return;
    if (id === undefined) return this.#notified(method, params);
    if (method === "initialize") {
      this.#isInitialized = true;
      return this.#answer(id, {
        capabilities: {
          positionEncoding: "utf-16",
          textDocumentSync: { openClose: true, change: 1, save: { includeText: false } },
        },
        serverInfo: { name: "continua" },
      });
    }
    if (!this.#isInitialized) return this.refuse(id, errorCodes.notInitialized, "initialize comes first");
    if (method === "shutdown") {
      this.#isShutDown = true;
      for (const { timer } of this.#documents.values()) clearTimeout(timer);
      return this.#answer(id, null);
    }
    this.refuse(id, errorCodes.method, `${method} is not known`);
  }

  refuse(id: Message["id"], code: number, message: string): void {
    this.#send({ ...(id !== undefined && { id }), error: { code, message } });
  }

  end(): void {
    this.#end(this.#isShutDown);
  }

  #answer(id: Message["id"], result: unknown): void {
    this.#send({ ...(id !== undefined && { id }), result });
  }

  #notified(method: string, params: Message["params"]): void {
    switch (method) {
      case "exit":
        return this.end();
      case "textDocument/didOpen":
        return this.#opened(params.textDocument);
      case "textDocument/didChange":
        return this.#changed(params.textDocument, params.contentChanges.at(-1).text);
      case "textDocument/didSave":
        return this.#saved(params.textDocument.uri);
      case "textDocument/didClose":
        return this.#closed(params.textDocument.uri);
    }
  }

  // ---- documents ----------------------------------------------------------------------------------------------------

  #opened({ uri, text, version }: { uri: string; text: string; version: number }): void {
    const project = projectOf(uri);
    if (project === undefined) return;
    const id = relative(project.root, project.program).split(sep).join("/");
    const document: Document = {
      ...{ uri, project, id, text, version, isSaved: true, timer: undefined },
      ...{ ofTypes: [], savedLines: [] },
    };
    this.#documents.set(uri, document);
    this.#look(document);
  }

  #changed({ uri, version }: { uri: string; version: number }, text: string): void {
    const document = this.#documents.get(uri);
    if (document === undefined) return;
    Object.assign(document, { text, version, isSaved: false });
    clearTimeout(document.timer);
    document.timer = setTimeout(() => this.#look(document), calmMs);
  }

  #saved(uri: string): void {
    const document = this.#documents.get(uri);
    if (document === undefined) return;
    document.isSaved = true;
    clearTimeout(document.timer);
    this.#look(document);
  }

  #closed(uri: string): void {
    const document = this.#documents.get(uri);
    if (document === undefined) return;
    clearTimeout(document.timer);
    this.#documents.delete(uri);
    this.#send({ method: "textDocument/publishDiagnostics", params: { uri, diagnostics: [] } });
  }

  // ---- looking ------------------------------------------------------------------------------------------------------

  #look(document: Document): void {
    const { version } = document;
    const isCurrent = (): boolean =>
      document.version === version && this.#documents.get(document.uri) === document && !this.#isShutDown;
    this.#looking = this.#looking.then(async () => {
      if (!isCurrent()) return;
      try {
        const problems = await this.#problems(document);
        if (isCurrent()) this.#publish(document, problems);
      } catch (error) {
        const message = `${document.id}: ${error instanceof UserError ? error.message : (error as Error).stack}`;
        this.#send({ method: "window/logMessage", params: { type: 1, message } });
      }
    });
  }

  async #problems(document: Document): Promise<readonly Diagnostic[]> {
    const { project, id, text, isSaved } = document;
    if (!this.#isOfProgram(document)) return [];
    if (!isSaved) {
      const { compile } = await import("../compiler/index.ts");
      const { diagnostics, advice } = compile(text, { id });
      const lines = text.split("\n");
      const still = document.ofTypes.filter(({ line }) => lines[line - 1] === document.savedLines[line - 1]);
      return [...diagnostics, ...advice(), ...still];
    }
    const { problems, sources } = await problemsOf(project, { withTypes: true });
    for (const each of sources.keys()) this.#reached.add(`${project.root}/${each}`);
    const own = problems.filter((each) => each.id === id);
    document.ofTypes = own.filter(({ rule }) => rule === "not-saveable");
    document.savedLines = text.split("\n");
    return own;
  }

  #isOfProgram({ text, project, id }: Document): boolean {
    return /["']continua["']/.test(text) || this.#reached.has(`${project.root}/${id}`);
  }

  #publish({ uri, version, text }: Document, problems: readonly Diagnostic[]): void {
    const lines = text.split(/\r\n|[\n\r]/);
    const diagnostics = problems.map(({ severity, rule, message, hint, related, ...place }) => ({
      range: rangeAt(lines, place),
      severity: severity === "error" ? 1 : 2,
      code: rule ?? "compile",
      source: "continua",
      message: hint === undefined ? message : `${message}\n${hint}`,
      ...(related !== undefined && {
        relatedInformation: related.map((each) => ({
          location: { uri, range: rangeAt(lines, each) },
          message: each.message,
        })),
      }),
    }));
    this.#send({ method: "textDocument/publishDiagnostics", params: { uri, version, diagnostics } });
  }
}

function projectOf(uri: string): Project | undefined {
  try {
    return openProject(fileURLToPath(uri));
  } catch {
    return undefined; // it is not on the disk, or nothing that is compiled
  }
}

/** From a place to the end of the word that stands there. `line` and `column` count from 1, those of the protocol from 0. */
function rangeAt(lines: readonly string[], { line, column }: { line: number; column: number }): object {
  const [word = ""] = /^[\w$#]+/.exec(lines[line - 1]?.slice(column - 1) ?? "") ?? [];
  const start = { line: line - 1, character: column - 1 };
  return { start, end: { ...start, character: start.character + Math.max(1, word.length) } };
}
