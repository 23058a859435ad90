/**
 * The guide is true: every `ts` block of docs/guide is a file, named in its first line, and every `console` block is carried out, in order, in a
 * folder with the files of its page; what is printed is what stands there.
 *
 * In what is printed, `…` stands for any text, and spaces for any number of them. A command with `&` goes on; `kill -9 %1` ends it. In a command, `r…` is the
 * run that was started last.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, type Running, repository, start, temporaryFolder } from "../acceptance/continua.ts";

const guide = join(repository, "docs/guide");

interface Block {
  readonly language: string;
  readonly text: string;
}

function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^( *)```(\w+)\n(.*?)^ *```$/gms)].map(
    ([, indent = "", language = "", text = ""]) => ({
      language,
      text: text.replace(new RegExp(`^${indent}`, "gm"), ""),
    }),
  );
}

interface Command {
  readonly line: string;
  readonly printed: string;
}

function commandsOf(text: string): Command[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      return { line: part.slice(0, end), printed: part.slice(end + 1).trimEnd() };
    });
}

/** What stands in the page, as a pattern of what is printed. */
function patternOf(text: string): RegExp {
  const parts = text
    .split("…")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/ +/g, " +"));
  return new RegExp(`^${parts.join("[^]*?")}$`);
}

/** Words of a command line, with quotes as a shell knows them. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
}

class Terminal {
  readonly #folder: string;
  #background: Running | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async carryOut({ line, printed }: Command): Promise<void> {
    const words = wordsOf(line);
    if (line === "kill -9 %1") {
      this.#background!.process.kill("SIGKILL");
      await this.#background!.ended;
      return;
    }
    if (words[0] === "cat") {
      assert.match(readFileSync(join(this.#folder, words[1]!), "utf8").trimEnd(), patternOf(printed), line);
      return;
    }
    assert.deepEqual(words.slice(0, 2), ["npx", "continua"], line);
    const args = await Promise.all(
      words.slice(2).map(async (word) => (word === "r…" ? this.#lastRun() : word)),
    );
    if (args.at(-1) === "&") {
      this.#background = start(args.slice(0, -1), this.#folder);
      await this.#background.seen(new RegExp(patternOf(printed).source.slice(1, -1)));
      return;
    }
    const { stdout, stderr } = await continua(args, this.#folder);
    // What a check and such say to people is all that they say.
    assert.match(
      (stdout === "" ? stderr : stdout).trimEnd(),
      patternOf(printed),
      `${line}\n${stdout}${stderr}`,
    );
  }

  async #lastRun(): Promise<string> {
    const { stdout } = await continua(["list", "--json"], this.#folder);
    return (JSON.parse(stdout) as { id: string }[]).at(-1)!.id;
  }

  end(): void {
    this.#background?.process.kill("SIGKILL");
  }
}

for (const page of readdirSync(guide)) {
  test(`guide: ${page} does what it says`, async (t) => {
    const folder = temporaryFolder(t);
    const blocks = blocksOf(readFileSync(join(guide, page), "utf8"));
    const files = new Set<string>();
    const commands: Command[] = [];
    for (const { language, text } of blocks) {
      if (language === "console") commands.push(...commandsOf(text));
      if (language !== "ts") continue;
      const name = /^ *\/\/ (\S+\.ts)\n/.exec(text)?.[1];
      assert(name !== undefined, `a block without the name of its file:\n${text}`);
      writeFileSync(join(folder, name), text);
      files.add(name);
    }
    for (const name of files)
      assert(
        commands.some(({ line }) => line.includes(name)),
        `nothing runs ${name}`,
      );
    const terminal = new Terminal(folder);
    t.after(() => terminal.end());
    for (const command of commands) await terminal.carryOut(command);
  });
}
