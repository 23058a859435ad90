/**
 * Serves a folder of HTML on loopback, for the crawler to crawl: `node site.mjs FOLDER PORT`. It is a process of its own, because the site
 * must outlive the workers that ask it; it ends when nobody has asked for a minute.
 *
 *   /robots.txt    forbids /private/
 *   /__served      how often each path has been served, as JSON
 *   /__asked       who has asked for each path, each time: what the tests look at
 */
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const [folder, port] = process.argv.slice(2);
const idleMs = 60_000;
const types = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript" };
/** By path, the agents that have asked for it. */
const asked = new Map();
let timer = setTimeout(() => process.exit(), idleMs);

const server = createServer((request, response) => {
  clearTimeout(timer);
  timer = setTimeout(() => process.exit(), idleMs);
  const path = decodeURIComponent(new URL(request.url, "http://site").pathname);
  if (path === "/__asked") return void response.end(JSON.stringify(Object.fromEntries(asked)));
  if (path === "/__served") {
    const counts = [...asked].map(([each, agents]) => [each, agents.length]);
    return void response.end(JSON.stringify(Object.fromEntries(counts)));
  }
  if (path === "/robots.txt") return void response.end("User-agent: *\nDisallow: /private/\n");
  asked.set(path, [...(asked.get(path) ?? []), request.headers["user-agent"] ?? ""]);
  const file = join(folder, normalize(path));
  const found = file.startsWith(folder) && statSync(file, { throwIfNoEntry: false })?.isFile();
  response.writeHead(found ? 200 : 404, {
    "content-type": types[extname(file)] ?? "application/octet-stream",
  });
  if (found) createReadStream(file).pipe(response);
  else response.end("not found");
});
// Another one has the port: it serves the same.
server.on("error", () => process.exit());
server.listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
