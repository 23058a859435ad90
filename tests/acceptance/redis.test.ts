/** The promise itself on a Redis server: workers, the process that drives them, and the server are killed, and the answer is the same. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { noRedis, RedisServer } from "../store/redis-server.ts";
import { continua, start, temporaryFolder } from "./continua.ts";

const skip = noRedis();

const rounds = 8;
const program = `
  import { call, checkpoint, queue } from "continua";

  async function produce(first: number) {
    const numbers = queue<number>({ name: "numbers" });
    for (let i = 0; i < 5; i++) {
      await checkpoint({ sync: true });
      await numbers.enqueue(first + i);
    }
  }

  export default async function main() {
    const numbers = queue<number>({ name: "numbers" });
    const all: number[] = [];
    for (let round = 0; round < ${rounds}; round++) {
      const producers = [call(produce, round * 10), call(produce, round * 10 + 5)];
      for (let i = 0; i < 10; i++) all.push(await numbers.dequeue());
      await Promise.all(producers);
      console.log("round", round);
    }
    return all.sort((a, b) => a - b);
  }
`;

test("SIGKILL of workers, of the driving process and of the server", { skip }, async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.ts"), program);
  const server = await RedisServer.start();
  t.after(() => server.stop());
  const where = ["--workers", "2", "--store", server.url("acceptance"), "--quiet"];
  const first = start(["run", "main.ts", ...where], folder);
  await first.seen(/round 1\n/);
  await server.kill();
  await server.run();
  await first.seen(/round 3\n/);
  await server.kill();
  first.process.kill("SIGKILL");
  await first.ended;
  await server.run();
  const last = await continua(["resume", ...where, "--chaos"], folder);
  assert.equal(last.status, 0, last.stderr);
  assert.deepEqual(
    JSON.parse(last.stdout),
    Array.from({ length: rounds * 10 }, (_, number) => number),
    "each number once",
  );
  const listed = await continua(["list", "--json", "--store", server.url("acceptance")], folder);
  assert.equal(JSON.parse(listed.stdout)[0].status, "succeeded", listed.stderr);
  const said = await continua(["logs", "--store", server.url("acceptance")], folder);
  assert.equal(said.stdout.match(/round \d/g)?.length, rounds, said.stderr);
});
