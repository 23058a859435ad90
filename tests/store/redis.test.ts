/** The redis store against a server of its own: the contract, and what only a server can do: die, lose, be somebody else's. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectTo, createServer, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { UserError } from "../../src/base/errors.ts";
import type { Change } from "../../src/protocol/rows.ts";
import { openRedisStore } from "../../src/store/index.ts";
import type { Hosts } from "../../src/store/owner.ts";
import { systemHosts } from "../../src/store/owner.ts";
import { connect, type RedisConnection } from "../../src/store/redis-connection.ts";
import { storeContract } from "../../src/store/store.contract.ts";
import type { Store } from "../../src/store/store.ts";
import { noRedis, RedisServer } from "./redis-server.ts";

const skip = noRedis();
let server: RedisServer;
let places = 0;

before(async () => {
  if (skip === false) server = await RedisServer.start();
});
after(() => server?.stop());

/** A world in which each question comes from another process and all others are dead. */
const lastOneAlive: Hosts = { own: systemHosts.own, fate: () => "dead" };

function newPlace(): string {
  return server.url(`place${++places}`);
}

storeContract(
  "redis",
  async () => {
    const url = newPlace();
    return {
      open: () => openRedisStore({ url, create: true, hosts: lastOneAlive }),
      remove: async () => {},
    };
  },
  { skip },
);

function put(value: number): Change[] {
  return ["snapshot/a", "snapshot/b"].map((key) => ({ table: "bytes", key, bytes: new Uint8Array([value]) }));
}

async function values(store: Store): Promise<(number | undefined)[]> {
  return [(await store.fetch!("snapshot/a"))?.[0], (await store.fetch!("snapshot/b"))?.[0]];
}

function refuses(pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert(error instanceof UserError, String(error));
    assert.match(error.message, pattern);
    return true;
  };
}

/** A connection of the test's own, to look behind the store. */
async function behind<T>(use: (connection: RedisConnection) => Promise<T>): Promise<T> {
  const connection = await connect(`redis://127.0.0.1:${server.port}`);
  try {
    return await use(connection);
  } finally {
    connection.close();
  }
}

/** Between the store and the server; an answer that the pattern matches is swallowed, and the line broken, as often as told. */
class BreakingLine {
  readonly #server = createServer((client) => this.#join(client));
  readonly #sockets = new Set<Socket>();
  breaks = 0;
  /** Called when the line has been broken, before it can be made again. */
  broken: () => Promise<void> = async () => {};
  #held: Promise<void> = Promise.resolve();

  async open(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `redis://127.0.0.1:${(this.#server.address() as { port: number }).port}/0?prefix=place${++places}`;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #join(client: Socket): Promise<void> {
    this.#sockets.add(client);
    client.on("error", () => {});
    await this.#held;
    const upstream = connectTo(server.port, "127.0.0.1");
    this.#sockets.add(upstream);
    upstream.on("error", () => {});
    client.on("data", (bytes) => upstream.write(bytes)).on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
    upstream.on("data", (bytes) => {
      if (this.breaks === 0 || !bytes.includes("written")) return void client.write(bytes);
      this.breaks--;
      this.#held = this.broken();
      client.destroy();
    });
  }
}

test("redis store R1: a group whose answer was lost is there once", { skip }, async () => {
  const line = new BreakingLine();
  try {
    const url = await line.open();
    const prefix = new URL(url).searchParams.get("prefix");
    const store = await openRedisStore({ url, create: true });
    await store.write(put(1));
    // Done again, the group would overwrite this.
    line.broken = () =>
      behind(async (connection) => {
        await connection.command(["HSET", `{${prefix}}:bytes:snapshot`, "a", "witness"]);
      });
    line.breaks = 2;
    await store.write(put(2));
    assert.equal(line.breaks, 0);
    const found = await behind((connection) =>
      connection.command(["HGET", `{${prefix}}:bytes:snapshot`, "a"]),
    );
    assert.equal(String(found), "witness");
    await store.write(put(3));
    await store.close();
    const again = await openRedisStore({ url, create: false });
    assert.deepEqual(await values(again), [3, 3]);
    await again.close();
  } finally {
    line.close();
  }
});

test("redis store R5: the server is killed over and over in the middle of writes, and each is there once", {
  skip,
}, async () => {
  const own = await RedisServer.start();
  try {
    const url = own.url("killed");
    const store = await openRedisStore({ url, create: true });
    let acknowledged = 0;
    for (let kill = 0; kill < 4; kill++) {
      const writes: Promise<void>[] = [];
      for (let i = 1; i <= 10; i++) {
        const value = kill * 10 + i;
        const write = store.write(put(value));
        writes.push(
          write.then(() => {
            acknowledged = value;
          }),
        );
        // Different moments: before anything of this round was written, and after some of it.
        if (i === kill * 2 + 1) {
          if (kill % 2 === 1) await writes[0];
          await own.kill();
          void own.run();
        }
      }
      await Promise.all(writes);
      assert.equal(acknowledged, kill * 10 + 10);
      assert.deepEqual(await values(store), [acknowledged, acknowledged]);
    }
    await own.kill();
    await own.run();
    await store.close();
    const again = await openRedisStore({ url, create: false });
    assert.deepEqual(await values(again), [40, 40]);
    await again.close();
  } finally {
    await own.stop();
  }
});

test("redis store: what a killed writer was told is there, wholly, and nothing half", { skip }, async () => {
  const url = newPlace();
  const script = `
    const { openRedisStore } = await import(${JSON.stringify(new URL("../../src/store/index.js", import.meta.url).href)});
    const store = await openRedisStore({ url: ${JSON.stringify(url)}, create: true });
    for (let i = 1; ; i++) {
      const bytes = new Uint8Array(1000).fill(i);
      const write = store.write([{ table: "bytes", key: "snapshot/a", bytes }, { table: "bytes", key: "snapshot/b", bytes }]);
      void write.then(() => process.stdout.write(i + "\\n"));
      if (i % 3 === 0) await write;
    }`;
  for (const [round, lines] of [1, 20, 45].entries()) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    let text = "";
    for await (const chunk of child.stdout.setEncoding("utf8")) {
      text += chunk;
      if (text.split("\n").length > lines) child.kill("SIGKILL");
    }
    await exited;
    const said = Number(text.split("\n").at(-2));
    // The lease is not waited for: its owner was a process of this host.
    const store = await openRedisStore({ url, create: false, leaseMs: 3_600_000 });
    assert.equal(store.term, 2 * round + 2);
    const [a, b] = await values(store);
    assert.equal(a, b);
    assert((a! - said + 256) % 256 < 128, `${said} was durable, and ${a} is there`);
    await store.close();
  }
});

test("redis store R2: a server that would lose what it has acknowledged is refused", { skip }, async () => {
  const lax = await RedisServer.start(["--appendonly", "no"]);
  try {
    await assert.rejects(
      openRedisStore({ url: lax.url("a"), create: true }),
      refuses(
        /would lose what it has acknowledged \(appendonly no, appendfsync everysec\): set appendonly yes/,
      ),
    );
    const store = await openRedisStore({ url: lax.url("a", "&durable=assumed"), create: true });
    await store.write(put(1));
    await lax.loseEverything();
    await assert.rejects(store.write(put(2)), refuses(/has lost what it had acknowledged \(everything\)/));
    await assert.rejects(store.write(put(3)), refuses(/has lost/), "nothing is written any more");
    await store.close();
  } finally {
    await lax.stop();
  }
});

test("redis store R5: a server that comes back with less than it had acknowledged is found out", {
  skip,
}, async () => {
  const url = newPlace();
  const prefix = new URL(url).searchParams.get("prefix");
  const store = await openRedisStore({ url, create: true });
  for (const value of [1, 2, 3]) await store.write(put(value));
  await behind((connection) => connection.command(["HSET", `{${prefix}}:meta`, "sequence", "1"]));
  await assert.rejects(store.write(put(4)), refuses(/has lost what it had acknowledged \(before group 4\)/));
  await store.close();
});

test("redis store R3: a second owner is refused, and one of another host is waited for", {
  skip,
}, async () => {
  const url = newPlace();
  const elsewhere: Hosts = {
    own: () => ({ pid: 77, host: "far-away", space: "there" }),
    fate: () => "unknown",
  };
  const leaseMs = 4_000;
  const first = await openRedisStore({ url, create: true, hosts: elsewhere, leaseMs });
  await first.write(put(1));
  await assert.rejects(
    openRedisStore({ url, create: true }),
    refuses(/held by process 77 on far-away: stop it, or use another prefix/),
  );
  await first.write(put(2));
  await first.close();
  const here = await openRedisStore({ url, create: true });
  await assert.rejects(
    openRedisStore({ url, create: true }),
    refuses(new RegExp(`held by process ${process.pid} on `)),
  );
  await here.close();

  // One that has gone without a word, far away: its lease runs out.
  await behind((connection) =>
    connection.command(["SET", `{${new URL(url).searchParams.get("prefix")}}:lease`, "gone", "PX", "400"]),
  );
  const last = await openRedisStore({ url, create: true, hosts: elsewhere });
  assert.deepEqual(await values(last), [2, 2]);
  await last.close();
});

test("redis store: prefixes are places of their own", { skip }, async () => {
  const [one, other] = [
    await openRedisStore({ url: newPlace(), create: true }),
    await openRedisStore({ url: newPlace(), create: true }),
  ];
  await one.write(put(1));
  assert.deepEqual(await values(other), [undefined, undefined]);
  await one.close();
  await other.close();
});

test("redis store: what cannot be a store is said so, and nothing is created", { skip }, async () => {
  const open = (url: string, create = true) => openRedisStore({ url, create });
  const url = newPlace();
  await assert.rejects(open(url, false), refuses(/^there is no run in redis:/));
  const key = `{${new URL(url).searchParams.get("prefix")}}:meta`;
  assert.equal(await behind((connection) => connection.command(["EXISTS", key])), 0);
  await behind((connection) => connection.command(["HSET", key, "format", "99"]));
  await assert.rejects(
    open(url),
    refuses(/written by another version of continua \(format 99, this one reads 2\)/),
  );
  await assert.rejects(
    open("redis://127.0.0.1:1/0"),
    refuses(/cannot be reached \(.*ECONNREFUSED.*\): start it/),
  );
  await assert.rejects(
    open("redis://user:secret@127.0.0.1:1/0"),
    (error: Error) => !error.message.includes("secret"),
  );
  await assert.rejects(open("redis:nothing"), refuses(/not the address of a Redis server/));
  await assert.rejects(open("redis://h/zero"), refuses(/no database zero/));
  await assert.rejects(open("redis://h/0?prefx=a"), refuses(/no option "prefx", only prefix and durable/));
});
