/** `run --plain` is the reference: what a durable run finds and knows, it finds and knows. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { continua, temporaryFolder } from "./continua.ts";

async function bothWays(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  expected: unknown,
  ways: readonly (readonly string[])[] = [[], ["--plain"], ["--plain", "--workers", "1"]],
): Promise<void> {
  const folder = temporaryFolder(t);
  for (const [name, text] of Object.entries({ "package.json": '{ "type": "module" }', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  for (const flags of ways) {
    const { stdout, stderr } = await continua(["run", "main.ts", ...flags], folder);
    assert.notEqual(stdout, "", stderr);
    assert.deepEqual(JSON.parse(stdout), expected, flags.join(" "));
  }
}

test("imports lead to the same files", (t) =>
  bothWays(
    t,
    {
      "package.json": '{ "type": "module", "imports": { "#lib/*": "./lib/*" } }',
      "main.ts": `import { one } from "#lib/one.ts";
import { two } from "./lib/two.mjs";
import { three } from "./lib/three";
import { one as again, type Gone } from "./lib/one.js";
import type { Other } from "./nowhere.ts";
export default async (): Promise<number[]> => [one, two, three, again satisfies Gone & Other extends never ? never : number];`,
      "lib/one.ts": "export type Gone = number; export const one = 1;",
      "lib/two.mts": 'import { one } from "./one.js"; export const two = one + 1;',
      "lib/three.ts": 'export * from "./two.mts"; export const three = 3;',
    },
    [1, 2, 3, 1],
  ));

test("a name that is read before its module has run is said to be so, also where that module is in no circle itself", (t) =>
  bothWays(
    t,
    {
      "main.ts": `import { told } from "./early.ts";
import * as all from "./late.ts";
import { x, again as renamed } from "./late.ts";
export function read() { return x; }
export default async () => [told, x, renamed(), all.x, (await import("./late.ts")) === all];`,
      "early.ts": `import { read } from "./main.ts";
export let told = "nothing";
try { told = String(read()); } catch (error) { told = (error as Error).message; }`,
      "late.ts": "export const x = 5; export function again() { return x; }",
    },
    ["Cannot access 'x' before initialization", 5, 5, 5, true],
  ));

test("a .js file with imports is a module, whatever package.json says", (t) =>
  bothWays(
    t,
    {
      "package.json": '{ "type": "commonjs" }',
      "main.ts": 'export { default } from "./main.js";',
      "main.js": `import { call } from "continua";
async function twice(n) { return n * 2; }
export default async () => call(twice, 21);`,
    },
    42,
  ));

test("a stack has the positions of the source, and no lines but those of the program", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(
    join(folder, "main.ts"),
    `interface Order { readonly number: number }
async function inner(order: Order): Promise<never> { throw new RangeError(\`no order \${order.number}\`); }
export default async (): Promise<void> => { await inner({ number: 3 }); };
`,
  );
  for (const flags of [[], ["--plain"]]) {
    const { status, stderr } = await continua(["run", "main.ts", "--quiet", ...flags], folder);
    const [first, ...lines] = stderr.trimEnd().split("\n");
    assert.equal(status, 1);
    assert.match(first!, /main\.ts failed: RangeError: no order 3$/);
    assert.match(lines[0]!, /^ {4}at inner \(.*main\.ts:2:60\)$/);
    assert.ok(
      lines.every((line) => /main\.ts:[23]:\d+\)?$/.test(line)),
      stderr,
    );
  }
});

test("Promise has the methods of ES2025 on every Node", (t) =>
  bothWays(
    t,
    {
      "main.ts": `import { call } from "continua";
class Own<T> extends Promise<T> {
  static accessor level = 1;
}
async function work(): Promise<unknown[]> {
  const { promise, resolve } = Promise.withResolvers<number>();
  resolve(4);
  const failed = Promise.try(() => { throw new RangeError("far"); });
  return [await promise, await Promise.try((a: number) => a + 1, 2), await failed.catch(String), Own.withResolvers().promise instanceof Own, Promise.try.length, Own.level];
}
export default async () => [await work(), await call(work)];`,
    },
    Array(2).fill([4, 3, "RangeError: far", true, 1, 1]),
  ));

test("objects of the platform go to a task as what they are", (t) =>
  bothWays(
    t,
    {
      "main.ts": `import { call } from "continua";
interface Parts { headers: Headers; url: URL; params: URLSearchParams; format: Intl.NumberFormat; proxy: Record<string, number>; response: Response; form: FormData }
async function work({ headers, url, params, format, proxy, response, form }: Parts): Promise<unknown[]> {
  headers.set("a", "2");
  params.set("b", "2");
  return [url.href, format.format(1234.5), proxy.any, response.status, form.get("k"), headers instanceof Headers];
}
export default async () => {
  const url = new URL("http://a/?b=1");
  const headers = new Headers({ a: "1" });
  const form = new FormData();
  form.append("k", "v");
  const proxy = new Proxy({} as Record<string, number>, { get: () => 42 });
  const format = new Intl.NumberFormat("de");
  const found = await call(work, { headers, url, params: url.searchParams, format, proxy, response: new Response(null, { status: 201 }), form });
  return [found, headers.get("a"), url.href];
};`,
    },
    [["http://a/?b=2", "1.234,5", 42, 201, "v", true], "1", "http://a/?b=1"],
    [[], ["--plain"]],
  ));

test("tsconfig.json says where names lead and what syntax becomes", (t) =>
  bothWays(
    t,
    {
      "tsconfig.json": `{
        // as editors write it
        "extends": "./base.json",
        "compilerOptions": { "experimentalDecorators": true, "jsx": "react", "jsxFactory": "element", },
      }`,
      "base.json": '{ "compilerOptions": { "target": "es2020", "paths": { "@/*": ["./lib/*"] } } }',
      "lib/words/index.ts": 'export const word = "word"; export type Word = string;',
      "lib/view.tsx": `const element = (tag: unknown, props: unknown, ...inside: unknown[]) => ({ tag, props, inside });
        export const view = (word: string) => <p id="one">{word}</p>;`,
      "main.ts": `import { sleep } from "continua";
        import { word, type Word } from "@/words";
        import { view } from "@/view.jsx";
        const twice = (_: unknown, _key: string, property: PropertyDescriptor) => ({
          ...property,
          async value(...args: unknown[]) { return [await property.value.apply(this, args), args.length]; },
        });
        const tagged = (tag: string) => (made: { tag?: string }) => { made.tag = tag; };
        class Base { seen: Word[] = []; set word(value: string) { this.seen.push(value); } }
        @tagged("greeter")
        class Greeter extends Base {
          static tag?: string;
          word = word;
          absent?: string;
          @twice async greet(name: string) { await sleep(1); return "hello " + name; }
        }
        export default async function main() {
          const greeter = new Greeter();
          await sleep(1);
          return [await greeter.greet("you"), Greeter.tag, greeter.seen, "absent" in greeter, view(word)];
        }`,
    },
    [["hello you", 1], "greeter", ["word"], false, { tag: "p", props: { id: "one" }, inside: ["word"] }],
  ));

test("instances are copied with what is behind #, and values as what they are", (t) =>
  bothWays(
    t,
    {
      "main.ts": `import { call } from "continua";
let made = 0;
class Base {
  #n = 0;
  id = ++made;
  label?: string;
  constructor({ start }: { start: number }, private readonly list: number[] = [++made]) { this.#n = start; }
  add(x: number) { this.#n += x; this.list.push(x); return this; }
  get n() { return this.#n; }
}
class Middle extends Base { step = 2; }
class Deep extends Middle {
  #m = new Map<string, unknown>([["a", 1]]);
  handler = () => this.#m.size;
  #secret() { return "s" + this.#m.size; }
  constructor(start: number, tag: string) { super({ start }); this.#m.set(tag, this); made += 100; }
  tell() { return [this.#secret(), this.#m.get("t") === this, this.n, this.handler.name]; }
}
class Keyed<K, V> extends Map<K, V> {
  #reads = 0;
  override get(k: K) { this.#reads++; return super.get(k); }
  get reads() { return this.#reads; }
}
async function work(d: Deep, k: Keyed<string, Date>, { sparse, a, b, frozen, sym, acc, buf }: any) {
  d.add(5);
  return [d.tell(), d.id, k.get("d")!.getTime(), k.reads, k instanceof Keyed, Object.keys(sparse), sparse.length, a.buffer === b.buffer, a[0],
    Object.isFrozen(frozen), sym[Symbol.for("s")], typeof Object.getOwnPropertyDescriptor(acc, "v")!.get, buf.toString()];
}
export default async function main() {
  const d = new Deep(3, "t");
  const k = new Keyed<string, Date>([["d", new Date(5)]]);
  k.get("d");
  const buffer = new ArrayBuffer(8);
  const b = new DataView(buffer);
  b.setUint8(2, 9);
  const sparse: unknown[] = Object.assign([1, , 3], { length: 9, extra: 1 });
  const rest = { a: new Uint8Array(buffer, 2, 3), b, sparse, frozen: Object.freeze({ x: 1 }), sym: { [Symbol.for("s")]: 1 }, acc: { get v() { return 4; } }, buf: Buffer.from("hi") };
  const before = made;
  return [await call(work, d, k, rest), d.n, k.reads, made - before];
}`,
    },
    [
      [
        ["s2", true, 8, "handler"],
        ...[1, 5, 2, true, ["0", "2", "extra"], 9, true, 9, true, 1, "function", "hi"],
      ],
      ...[3, 1, 0],
    ],
    [[], ["--plain"]],
  ));

test("instances with private members go to other plain processes", (t) =>
  bothWays(
    t,
    {
      "main.ts": `import { call } from "continua";
class Sum { #n: number; #seen = new Set<number>(); constructor(n: number) { this.#n = n; } add(x: number) { this.#n += x; this.#seen.add(x); return this; } tell() { return [this.#n, ...this.#seen]; } }
class Named extends Sum { #name = "none"; constructor(name: string) { super(name.length); this.#name = name; } override tell() { return [this.#name, ...super.tell()] as number[]; } }
async function work(sum: Sum) { return sum.add(4); }
export default async () => [(await call(work, new Sum(1).add(2))).tell(), (await call(work, new Named("abc"))).tell()];`,
    },
    [
      [7, 2, 4],
      ["abc", 7, 4],
    ],
  ));
