/** What is to be seen in a page, and what robots.txt says. */

export interface Page {
  readonly url: string;
  /** Of the answer; 0: there was none. */
  readonly status: number;
  readonly title: string;
  readonly words: number;
  readonly bytes: number;
  /** Absolute, without fragments, each once, in order. */
  readonly links: readonly string[];
}

export function readPage(url: string, status: number, html: string): Page {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(html)?.[1] ?? "";
  const text = html.replace(/<(script|style)\b.*?<\/\1>/gis, " ").replace(/<[^>]*>/g, " ");
  return {
    url,
    status,
    title: decode(title).trim(),
    words: text.match(/\p{L}+/gu)?.length ?? 0,
    bytes: html.length,
    links: linksOf(url, html),
  };
}

function linksOf(url: string, html: string): string[] {
  const base = /<base\s[^>]*href\s*=\s*["']([^"']*)/i.exec(html)?.[1];
  const links = new Set<string>();
  for (const [, double, single] of html.matchAll(/<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)) {
    try {
      const link = new URL(decode(double ?? single ?? ""), new URL(base ?? "", url));
      link.hash = "";
      if (/^https?:$/.test(link.protocol)) links.add(link.href);
    } catch {
      // Not an address: nobody could follow it.
    }
  }
  return [...links];
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

function decode(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name]!);
}

/** The rules for everybody: whether a path may be asked for. The longest rule that fits decides (RFC 9309). */
export function readRobots(text: string): (path: string) => boolean {
  const rules: { readonly path: string; readonly allowed: boolean }[] = [];
  let forUs = false;
  let naming = false;
  for (const line of text.split("\n")) {
    const [, key = "", value = ""] = /^\s*([\w-]+)\s*:\s*([^#]*?)\s*(?:#.*)?$/.exec(line) ?? [];
    const field = key.toLowerCase();
    if (field === "user-agent") {
      forUs = (naming && forUs) || value === "*";
      naming = true;
      continue;
    }
    naming = false;
    if (forUs && value !== "" && (field === "allow" || field === "disallow"))
      rules.push({ path: value, allowed: field === "allow" });
  }
  return (path) => {
    const fitting = rules.filter((rule) => path.startsWith(rule.path));
    fitting.sort((a, b) => b.path.length - a.path.length || Number(b.allowed) - Number(a.allowed));
    return fitting[0]?.allowed ?? true;
  };
}
