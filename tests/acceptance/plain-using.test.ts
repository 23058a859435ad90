/** `using` under `--plain`: also where Node itself does not know it, and with the answers of a durable run. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { continua, temporaryFolder } from "./continua.ts";

const program = `
  import { call, mutex, sleep } from "continua";
  import { open } from "./places.js";

  async function work(name: string, log: string[]): Promise<string> {
    using one = open(name, log);
    await using other = open(name + "2", log);
    await sleep(1);
    if (name === "bad") throw new Error("working");
    return one.name + other.name;
  }
  async function told(name: string) {
    const log: string[] = [];
    try {
      log.push(await work(name, log));
    } catch (error) {
      const { name, error: last, suppressed } = error as SuppressedError;
      log.push([name, last?.message, suppressed?.message].join());
    }
    return log;
  }
  export default async function main() {
    const log = [...await told("good"), ...await told("bad"), ...await call(told, "bad")];
    const lock = mutex();
    for (let n = 0; n < 2; n++) {
      await using _ = await lock.acquire();
      log.push("locked");
    }
    for (using place of [open("a", log), null]) log.push(String(place?.name));
    for await (await using place of [Promise.resolve(open("b", log))]) log.push(place.name);
    { using nothing = null; await using neither = undefined; }
    try { using number = 1 as never; } catch (error) { log.push((error as Error).name); }
    return log;
  }
`;

/** A module of JavaScript, which otherwise goes to Node as it is. */
const places = `
  export function open(name, log) {
    log.push("open " + name);
    return {
      name,
      [Symbol.dispose]() { log.push("close " + name); if (name === "bad") throw new Error("closing"); },
      async [Symbol.asyncDispose]() { await null; log.push("close later " + name); },
    };
  }
  { using atLoad = open("load", []); }
`;

test("using means the same in a plain run, in its workers and in a durable one", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "program.ts");
  writeFileSync(path, program);
  writeFileSync(join(folder, "places.js"), places);
  const [plain, apart, durable] = await Promise.all([
    continua(["run", path, "--plain"]),
    continua(["run", path, "--plain", "--workers", "2"]),
    continua(["run", path, "--state", join(folder, "state"), "--quiet"]),
  ]);
  const bad = ["open bad", "open bad2", "close later bad2", "close bad", "SuppressedError,closing,working"];
  const loops = ["locked", "locked", "open a", "a", "close a", "undefined", "open b", "b", "close later b"];
  assert.deepEqual(JSON.parse(plain.stdout), [
    ...["open good", "open good2", "close later good2", "close good", "goodgood2"],
    ...[...bad, ...bad, ...loops, "TypeError"],
  ]);
  assert.equal(apart.stdout, plain.stdout, apart.stderr);
  assert.equal(durable.stdout, plain.stdout, durable.stderr);
});
