/**
 * Web crawler: follows the links of a site, politely, each page once, and tells what is there and what is broken.
 *
 *   npx continua run examples/web-crawler/main.ts --input '{"folder": "/usr/share/cppreference/doc/html/en", "start": "Main_Page.html"}'
 *   npx continua run examples/web-crawler/main.ts --input '{"start": "https://example.org/", "maxPages": 50}'
 *
 * A page is a task. What it has seen of the page is durable before anything follows from it, so a page is asked for again only if a worker
 * has died while it was being asked for.
 */
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { mapTasks, semaphore, sleep, step } from "continua";
import { type Page, readPage, readRobots } from "./page.ts";

interface Options {
  /** Where to begin: an address, or with `folder` a path in it. */
  readonly start: string;
  /** A folder of HTML that is served on loopback for the crawl. */
  readonly folder: string | undefined;
  readonly port: number;
  readonly maxDepth: number;
  readonly maxPages: number;
  /** Requests to one host at a time, and the pause of each before the next. */
  readonly perHost: number;
  readonly pauseMs: number;
}

const defaults: Options = {
  start: "Main_Page.html",
  folder: "/usr/share/cppreference/doc/html/en",
  port: 8477,
  maxDepth: 20,
  maxPages: 10_000,
  perHost: 16,
  pauseMs: 0,
};

/** Pages of a level that are visited together, and whose links are then looked at: what waits to be looked at is part of every checkpoint. */
const together = 250;
/** What is kept of a page. */
type Visited = Omit<Page, "links"> & { readonly links: number };

export default async function main(input: Partial<Options> = {}) {
  const isAddress = /^https?:/.test(input.start ?? "");
  const options: Options = { ...defaults, ...(isAddress ? { folder: undefined } : {}), ...input };
  const { folder, port, start, maxDepth, maxPages } = options;
  if (folder !== undefined && !statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(
      `there is no folder ${folder}; install the pages with "apt-get install cppreference-doc-en-html", or give "folder" or an address as "start"`,
    );
  const first = new URL(start, `http://127.0.0.1:${port}/`);
  const robots = await step(() => get(new URL("/robots.txt", first).href, options));
  const mayAsk = readRobots(robots.status === 200 ? robots.text : "");

  const pages: Visited[] = [];
  const seen = new Set([first.href]);
  const linked = new Map<string, number>();
  let forbidden = 0;
  let level = [first.href];
  let depth = 0;
  for (; level.length > 0 && depth <= maxDepth; depth++) {
    const next: string[] = [];
    for (let from = 0; from < level.length; from += together) {
      const some = level.slice(from, from + together).map((url) => ({ url, options }));
      for (const page of await mapTasks(some, crawlPage, { concurrency: 64 })) {
        pages.push({ ...page, links: page.links.length });
        for (const link of page.links) {
          linked.set(link, (linked.get(link) ?? 0) + 1);
          const { origin, pathname } = new URL(link);
          if (origin !== first.origin || seen.has(link)) continue;
          seen.add(link);
          if (!mayAsk(pathname)) forbidden++;
          else if (seen.size - forbidden <= maxPages) next.push(link);
        }
      }
    }
    level = next;
    console.log(`depth ${depth}: ${pages.length} pages, ${next.length} to go`);
  }
  return report(pages, linked, { depth, forbidden });
}

/** Runs as a task of its own. */
async function crawlPage({
  url,
  options,
}: {
  readonly url: string;
  readonly options: Options;
}): Promise<Page> {
  const { perHost, pauseMs } = options;
  const permit = await semaphore(perHost, { name: `requests to ${new URL(url).host}` }).acquire();
  try {
    if (pauseMs > 0) await sleep(pauseMs);
    const visit = async (): Promise<Page> => {
      const { status, type, text } = await get(url, options);
      return readPage(url, status, /html/.test(type) ? text : "");
    };
    // How long an answer may take is the fetch's own matter: a timeout here would count the time as well in which nobody asks, because who did has died.
    return await step(visit, { retry: { attempts: 3, delay: "200ms" } });
  } catch {
    return readPage(url, 0, "");
  } finally {
    permit.release();
  }
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

async function get(url: string, options: Options): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, { headers: { "user-agent": "continua-web-crawler" } });
      const type = response.headers.get("content-type") ?? "";
      return { status: response.status, type, text: await response.text() };
    } catch (error) {
      const { code } = ((error as Error).cause ?? {}) as { code?: string };
      if (options.folder === undefined || code !== "ECONNREFUSED" || attempt === 5) throw error;
      serve(options.folder, options.port);
      await new Promise((ready) => setTimeout(ready, 200 * attempt));
    }
  }
}

/** In a process of its own: it must not die with the worker that happens to need it first. */
function serve(folder: string, port: number): void {
  const script = resolve(import.meta.dirname, "site.mjs");
  spawn(process.execPath, [script, resolve(folder), String(port)], {
    detached: true,
    stdio: "ignore",
  }).unref();
}

function report(
  pages: readonly Visited[],
  linked: ReadonlyMap<string, number>,
  found: { readonly depth: number; readonly forbidden: number },
) {
  const count = (weigh: (page: Visited) => number): number =>
    pages.reduce((sum, page) => sum + weigh(page), 0);
  const mostLinked = [...linked].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, 10);
  return {
    pages: pages.length,
    found: count(({ status }) => (status === 200 ? 1 : 0)),
    words: count(({ words }) => words),
    bytes: count(({ bytes }) => bytes),
    links: count(({ links }) => links),
    ...found,
    broken: pages.filter(({ status }) => status !== 200).map(({ url, status }) => `${status} ${url}`),
    mostLinked: mostLinked.map(([url, times]) => ({ url, times })),
  };
}
