import { createReadStream } from "node:fs";
import net from "node:net";
import { createInterface } from "node:readline";
import { Packr } from "msgpackr";
import { resource, saveable, sleep } from "continua";

saveable(Packr, { save: () => 0, load: () => new Packr() });

interface Context {
  readonly socket: net.Socket;
  readonly name: string;
}

/** A constant that is foreign itself is made again. */
const made = new net.Server();
const listed: net.Socket[] = []; // held: Socket
let last: net.Socket | undefined; // held: Socket
const pool = resource(() => new net.Socket());

export async function lines(path: string) {
  const stream: NodeJS.ReadableStream = createReadStream(path); // held: ReadableStream
  let count = 0;
  const input = createInterface({ input: stream });
  for await (const line of input) { // held: Interface
    count += line.length;
    await sleep(1);
  }
  stream.pause();
  return count;
}

export default async function main(path: string) {
  const context: Context = { socket: new net.Socket(), name: path }; // held: Socket
  const packr = new Packr();
  const encoder = new TextEncoder();
  const decoder = new TextDecoder(); // held: TextDecoder
  const timer = setTimeout(() => {}, 1);
  const both: NodeJS.ReadWriteStream = context.socket; // held: ReadableStream
  const weak = new WeakRef(context); // held: Socket
  await sleep(1);
  last = context.socket;
  clearTimeout(timer);
  listed.push(last, made.listening ? last : context.socket);
  const bytes = await pool.use(async (socket) => socket.bytesRead);
  both.pause();
  return [packr.pack(1), encoder, decoder, weak, await lines(path), bytes, last];
}
