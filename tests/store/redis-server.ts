/** A Redis server of one test: its own process, port and directory; killed and started again at will. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why there is no server here, or false. */
export function noRedis(): string | false {
  const { error } = spawnSync("redis-server", ["--version"]);
  return error === undefined
    ? false
    : "redis-server is not installed (scripts/install-test-servers.sh does it)";
}

/** Flushes before it answers. */
const durably = ["--appendonly", "yes", "--appendfsync", "always"];

export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #settings: readonly string[];
  #process: ChildProcess | undefined;

  static async start(settings: readonly string[] = durably): Promise<RedisServer> {
    for (;;) {
      const server = new RedisServer(await freePort(), settings);
      // Somebody else may have taken the port meanwhile.
      if (await server.run()) return server;
      server.remove();
    }
  }

  private constructor(port: number, settings: readonly string[]) {
    this.port = port;
    this.#settings = settings;
    this.#folder = mkdtempSync(join(tmpdir(), "continua-redis-"));
  }

  url(prefix: string, more = ""): string {
    return `redis://127.0.0.1:${this.port}/0?prefix=${prefix}${more}`;
  }

  /** Starts it on what it has in its directory; false if it ended before it was ready. */
  async run(): Promise<boolean> {
    const own = ["--port", `${this.port}`, "--bind", "127.0.0.1", "--dir", this.#folder, "--save", ""];
    const child = spawn("redis-server", [...own, ...this.#settings], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#process = child;
    let said = "";
    return new Promise((resolve) => {
      child.stdout.setEncoding("utf8").on("data", (text) => {
        said += text;
        if (said.includes("Ready to accept connections")) resolve(true);
      });
      child.on("exit", () => resolve(false));
    });
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** As after the loss of its disk. */
  async loseEverything(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true });
    mkdirSync(this.#folder);
    await this.run();
  }

  async stop(): Promise<void> {
    await this.kill();
    this.remove();
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
