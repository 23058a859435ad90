/**
 * Serves a folder of HTML on loopback, for the crawler to crawl: `node site.mjs FOLDER PORT`. It is a process of its own, because the site
 * must outlive the workers that ask it; it ends when nobody has asked for a minute.
 *
 *   /robots.txt    forbids /private/
 *   /__served      how often each path has been served, as JSON
 *   /__asked       which process has asked for each path, each time (by its id; null where the system does not tell): what the tests look at
 *
 * It asks the system and not the one who asks: what a task says of itself is part of what goes on elsewhere when its worker has died.
 */
import { createReadStream, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const [folder, port] = process.argv.slice(2);
const idleMs = 60_000;
const types = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript" };
/** By path, the processes that have asked for it. */
const asked = new Map();
/** By connection. */
const processes = new WeakMap();
/** Those that have asked for anything, the latest first. */
let known = [];
let timer = setTimeout(() => process.exit(), idleMs);

const server = createServer((request, response) => {
  clearTimeout(timer);
  timer = setTimeout(() => process.exit(), idleMs);
  const path = decodeURIComponent(new URL(request.url, "http://site").pathname);
  if (path === "/__asked") return void response.end(JSON.stringify(Object.fromEntries(asked)));
  if (path === "/__served") {
    const counts = [...asked].map(([each, by]) => [each, by.length]);
    return void response.end(JSON.stringify(Object.fromEntries(counts)));
  }
  if (path === "/robots.txt") return void response.end("User-agent: *\nDisallow: /private/\n");
  asked.set(path, [...(asked.get(path) ?? []), processes.get(request.socket) ?? null]);
  const file = join(folder, normalize(path));
  const found = file.startsWith(folder) && statSync(file, { throwIfNoEntry: false })?.isFile();
  response.writeHead(found ? 200 : 404, {
    "content-type": types[extname(file)] ?? "application/octet-stream",
  });
  if (found) createReadStream(file).pipe(response);
  else response.end("not found");
});
server.on("connection", (socket) => processes.set(socket, processAt(socket)));
// Another one has the port: it serves the same.
server.on("error", () => process.exit());
server.listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));

/** Linux tells which process has the other end of a connection: by the number of its socket. */
function processAt({ localPort, remotePort }) {
  const end = new RegExp(
    `^ *\\d+: \\w+:${inHex(remotePort)} \\w+:${inHex(localPort)} (?:\\S+ +){6}(\\d+) `,
    "m",
  );
  const inode = end.exec(orElse("", () => readFileSync("/proc/net/tcp", "utf8")))?.[1];
  // It has gone already.
  if (inode === undefined || inode === "0") return undefined;
  const others = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && !known.includes(name));
  const found = [...known, ...others.sort((a, b) => b - a)].find((id) => hasSocket(id, inode));
  if (found !== undefined) known = [found, ...known.filter((id) => id !== found)].slice(0, 8);
  return found;
}

function hasSocket(id, inode) {
  const folder = `/proc/${id}/fd`;
  const links = orElse([], () => readdirSync(folder));
  return links.some((name) => orElse("", () => readlinkSync(join(folder, name))) === `socket:[${inode}]`);
}

/** What is looked at may be gone meanwhile, or another user's. */
function orElse(otherwise, look) {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

function inHex(port) {
  return port.toString(16).toUpperCase().padStart(4, "0");
}
