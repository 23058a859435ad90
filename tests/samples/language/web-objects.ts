/** Objects of the platform that are held across suspensions, with what belongs to them. */
type Log = (...values: unknown[]) => void;

export default async function main(log: Log): Promise<unknown> {
  const url = new URL("https://a.example/p?b=1#c");
  const params = url.searchParams;
  const headers = new Headers([
    ["X-One", "1"],
    ["set-cookie", "a=1"],
    ["Set-Cookie", "b=2"],
  ]);
  const form = new FormData();
  form.append("k", "v");
  form.append("k", "w");
  await null;
  params.append("d", "é");
  log(url.href, url.searchParams === params, [...params]);
  headers.append("x-one", "2");
  log([...headers], headers.getSetCookie(), form.getAll("k"));
  await null;
  // The parameters first, and their URL later.
  const held: { params: URLSearchParams; url?: URL } = { params: new URL("http://b.example/?q=1").searchParams };
  const whole = new URL("http://c.example/?q=2");
  held.params = whole.searchParams;
  held.url = whole;
  await null;
  held.url.searchParams.set("q", "3");
  held.params.append("r", "4");
  log(held.url.href, held.url.searchParams === held.params, new URLSearchParams("a=1&a=2").getAll("a"));

  const empty = new Response(null, { status: 404, statusText: "Gone", headers: { "x-a": "b" } });
  const parts = empty.headers;
  const request = new Request("http://d.example/x?y", { method: "DELETE", headers: { accept: "text/plain" } });
  await null;
  log(empty.status, empty.statusText, empty.ok, empty.headers === parts, parts.get("x-a"), empty.bodyUsed, empty.url);
  log(request.method, request.url, request.headers.get("accept"), request.redirect, request.body, request.signal.aborted);
  const full = new Response("text", { status: 201 });
  log(await full.text(), full.headers.get("content-type"));
  await null;
  log(full.status, full.bodyUsed, full.headers.get("content-type"));
  log(await full.text().then(String, ({ constructor }) => constructor.name));

  const formats = {
    number: new Intl.NumberFormat("de", { style: "currency", currency: "EUR" }),
    date: new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "Asia/Tokyo" }),
    plural: new Intl.PluralRules("en", { type: "ordinal" }),
    order: new Intl.Collator("sv", { sensitivity: "base" }),
    list: new Intl.ListFormat("en", { type: "disjunction" }),
    since: new Intl.RelativeTimeFormat("en", { numeric: "auto" }),
    names: new Intl.DisplayNames("en", { type: "region" }),
    parts: new Intl.Segmenter("en", { granularity: "word" }),
    locale: new Intl.Locale("de-AT-u-co-phonebk"),
  };
  await null;
  log(formats.number.format(1234.5), formats.date.format(0), formats.plural.select(22), formats.order.compare("a", "Ä"));
  log(formats.list.format(["a", "b"]), formats.since.format(-1, "day"), formats.names.of("CH"));
  log([...formats.parts.segment("a b")].length, formats.locale.baseName, formats.locale.collation);

  const target = { name: "target" };
  const weak = new WeakRef(target);
  const encoder = new TextEncoder();
  await null;
  log(weak.deref() === target, weak.deref()?.name, encoder.encode("é").length);
  class Tagged extends Headers {
    readonly tag = "t";
  }
  const tagged = new Tagged({ a: "1" });
  await null;
  log(tagged.tag, tagged.get("a"), tagged instanceof Tagged);
  return null;
}
