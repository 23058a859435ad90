import { type FileHandle, open, stat } from "node:fs/promises";
import net from "node:net";

class Line extends net.Socket {}

export async function held() {
  const server = net.createServer(); // held: Server
  const lines = new Map<string, Line[]>(); // held: Socket
  const maybe: FileHandle | undefined = await open("a.txt"); // held: FileHandle
  const decoder = new TextDecoder(); // held: TextDecoder
  await null;
  decoder.decode(new Uint8Array([1]));
  await maybe?.close();
  server.close();
  return lines.size;
}

export async function loop(paths: string[]) {
  const socket = new net.Socket(); // held: Socket
  let bytes = 0;
  for (const path of paths) bytes += path.length;
  socket.end();
  return bytes;
}

/** Dead at every await: legal. */
export default async function fine(path: string) {
  const { size } = await stat(path);
  const probe = net.isIP("::1") === 6 ? new net.Socket() : undefined;
  probe?.destroy();
  const url = new URL("http://localhost");
  const bytes = Buffer.alloc(size);
  const when = new Date();
  await null;
  return [url.href, bytes.length, when.getTime(), await held(), await loop([path])];
}
