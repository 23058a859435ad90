/** `saveable` and `resource`: a program over opaque objects of a package and a live connection is killed in the middle of a question, and goes on. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { continua, start, temporaryFolder } from "./continua.ts";

const packaged = `
import { connect } from "node:net";
import { createInterface } from "node:readline";
export class Money {
  #cents;
  constructor(text) { this.#cents = BigInt(text); }
  plus(other) { return new Money(this.#cents + other.#cents); }
  toString() { return String(this.#cents); }
}
/** Asks one line at a time, each of which is answered by a line. */
export class Client {
  #socket; #lines;
  constructor(port) {
    this.#socket = connect(port, "127.0.0.1");
    this.#lines = createInterface({ input: this.#socket })[Symbol.asyncIterator]();
  }
  async ask(question) { this.#socket.write(question + "\\n"); return (await this.#lines.next()).value; }
  end() { this.#socket.write("bye\\n"); this.#socket.end(); }
}
`;
const program = `import { call, resource, saveable } from "continua";
import { Client, Money } from "bank";
saveable(Money, { save: (money) => money.toString(), load: (text) => new Money(text) });
async function add(sum: Money, line: string) { return { sum: sum.plus(new Money(line)) }; }
export default async function main({ port }: { port: number }) {
  const bank = resource(() => new Client(port), (client) => client.end());
  const paid = new Map<Money, string>();
  let sum = new Money("0");
  for (const name of ["one", "two", "three"]) {
    const line = await bank.use((client) => client.ask(name));
    sum = (await call(add, sum, line)).sum;
    paid.set(sum, name);
  }
  return { sum: sum.toString(), last: paid.get(sum), all: [...paid].map(([money, name]) => name + money) };
}
`;
const amounts: Readonly<Record<string, string>> = { one: "1", two: "20", three: "300" };
const expected = { sum: "321", last: "three", all: ["one1", "two21", "three321"] };

test("opaque objects and a live connection outlive a worker", async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "node_modules/bank"), { recursive: true });
  writeFileSync(
    join(folder, "node_modules/bank/package.json"),
    '{ "name": "bank", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
  );
  writeFileSync(join(folder, "node_modules/bank/index.js"), packaged);
  writeFileSync(join(folder, "main.ts"), program);

  let connections = 0;
  let log: string[] = [];
  let silentOn: string | undefined = "two";
  let askedInVain = (): void => {};
  const vain = new Promise<void>((resolve) => {
    askedInVain = resolve;
  });
  let lastGone = (): void => {};
  const server = createServer((socket) => {
    const number = ++connections;
    socket.on("error", () => {}).on("close", () => lastGone());
    createInterface({ input: socket })
      .on("error", () => {})
      .on("line", (line) => {
        log.push(`${number} ${line}`);
        if (line === silentOn) askedInVain();
        else if (line !== "bye") socket.write(`${amounts[line]}\n`);
      });
  }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const input = JSON.stringify({ port: (server.address() as AddressInfo).port });

  const first = start(["run", "main.ts", "--workers", "1", "--input", input], folder);
  await vain;
  // Its worker notices by itself.
  const gone = new Promise<void>((resolve) => {
    lastGone = resolve;
  });
  first.process.kill("SIGKILL");
  await Promise.all([first.ended, gone]);
  assert.deepEqual(log, ["1 one", "1 two"]);

  silentOn = undefined;
  const { status, stdout, stderr } = await start(["resume", "--workers", "1"], folder).ended;
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), expected);
  assert.deepEqual(log.slice(0, 4), ["1 one", "1 two", "2 two", "2 three"]);
  assert.ok(connections >= 2, "a connection that is not there any more is opened again");

  log = [];
  connections = 0;
  const plain = await continua(["run", "main.ts", "--plain", "--input", input], folder);
  assert.deepEqual(JSON.parse(plain.stdout || "null"), expected, plain.stderr);
  assert.deepEqual(log.slice(0, 3), ["1 one", "1 two", "1 three"]);
});
