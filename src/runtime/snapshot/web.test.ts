/** What the platform's own objects keep through a snapshot, what belongs together, and what is said of those that cannot be saved. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NotSaveableError, SnapshotError } from "../errors.ts";
import { loadTest, moduleText, testContext } from "../fixture.ts";
import { decode, encode, modeCheckpoint, modeValue } from "./index.ts";

const program = await loadTest({ "app.ts": { code: moduleText({ id: "app.ts" }) } });

function bytesOf(value: unknown, mode: 0 | 1): Uint8Array {
  const context = testContext(program);
  return encode(context, mode, context.constants, value, "value").bytes;
}

function through<T>(value: T, mode: 0 | 1 = modeValue): T {
  const context = testContext(program);
  return context.kernel.entered(() => decode(context, mode, bytesOf(value, mode)).root) as T;
}

for (const mode of [modeValue, modeCheckpoint] as const) {
  test(`W2: a URL and its parameters, whichever is met first (mode ${mode})`, () => {
    for (const order of ["url first", "params first"]) {
      const url = new URL("https://u:p@a.b/c?d=1&d=%20#e");
      const [one, other] = through(
        order === "url first" ? [url, url.searchParams] : [url.searchParams, url],
        mode,
      );
      const [back, params] = (order === "url first" ? [one, other] : [other, one]) as [URL, URLSearchParams];
      assert.equal(back.href, url.href, order);
      assert.equal(back.searchParams, params, order);
      params.append("f", "2");
      assert.match(back.href, /f=2#e$/, order);
    }
    const [twice, again] = through([new URLSearchParams("a=1&a=2"), new URL("http://a/?a=1")] as const, mode);
    assert.deepEqual(
      [...twice],
      [
        ["a", "1"],
        ["a", "2"],
      ],
    );
    assert.notEqual(again.searchParams, twice);
  });

  test(`W2: what has come of a request, with its headers (mode ${mode})`, async () => {
    const response = new Response("text", { status: 418, statusText: "teapot", headers: { "x-a": "ä" } });
    await response.text();
    const [back, headers] = through([response, response.headers] as const, mode);
    assert.deepEqual(
      [back.status, back.statusText, back.bodyUsed, back.type],
      [418, "teapot", true, "default"],
    );
    assert.equal(back.headers, headers);
    assert.deepEqual([...headers], [...response.headers]);
    await assert.rejects(back.text(), TypeError);
    const failed = through(Response.error(), mode);
    assert.deepEqual([failed.type, failed.status], ["error", 0]);
    const request = new Request("http://a/b", {
      ...{ method: "POST", credentials: "omit", cache: "no-store", redirect: "manual", keepalive: true },
    });
    const same = through(request, mode);
    for (const name of [
      "method",
      "url",
      "credentials",
      "cache",
      "redirect",
      "keepalive",
      "mode",
      "referrer",
    ] as const)
      assert.equal(same[name], request[name], name);
    assert.equal(through(Object.freeze(same), mode).method, "POST");
  });
}

test("a fetched response goes on as one, a second time too", async () => {
  const response = await fetch("data:text/plain,abc");
  assert.equal(await response.text(), "abc");
  const back = through(through(response));
  for (const name of ["url", "type", "redirected", "status", "ok", "bodyUsed"] as const)
    assert.equal(back[name], response[name], name);
  assert.deepEqual(Object.keys(back), []);
});

test("formats format as before", () => {
  const cases = [
    [
      new Intl.NumberFormat("de", {
        notation: "compact",
        maximumSignificantDigits: 3,
        signDisplay: "always",
      }),
      123456,
    ],
    [
      new Intl.NumberFormat("en", { style: "unit", unit: "liter", unitDisplay: "long", useGrouping: false }),
      12345,
    ],
    [new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "short", timeZone: "Asia/Tokyo" }), 0],
    [new Intl.DateTimeFormat("en", { hour: "numeric", hourCycle: "h23", fractionalSecondDigits: 2 }), 1e12],
    [new Intl.ListFormat("en", { type: "unit", style: "narrow" }), ["a", "b"]],
  ] as const;
  for (const [format, value] of cases) {
    const back = through(format);
    assert.deepEqual(back.resolvedOptions(), format.resolvedOptions());
    assert.equal(back.format(value as never), format.format(value as never));
  }
  for (const other of [
    new Intl.PluralRules("pl", { type: "ordinal" }),
    new Intl.Collator("de-u-co-phonebk", { numeric: true }),
    new Intl.DisplayNames("fr", { type: "currency" }),
    new Intl.RelativeTimeFormat("sv"),
    new Intl.Segmenter("ja", { granularity: "sentence" }),
  ])
    assert.deepEqual(through(other).resolvedOptions(), other.resolvedOptions());
});

test("a weak reference and what it leads to, round in a circle too", () => {
  const target: { self?: WeakRef<object> } = {};
  target.self = new WeakRef(target);
  const [back, weak] = through([target, target.self] as const);
  assert.equal(back.self, weak);
  assert.equal(weak.deref(), back);
  const gone = through(Object.create(WeakRef.prototype) as object);
  assert.ok(!Object.hasOwn(gone, "deref"));
});

const refused: Readonly<Record<string, { value: unknown; says: RegExp }>> = {
  "a body that has not been read": {
    value: new Response("text"),
    says: /its body has not been read; read it before \(await it\.text\(\)\), and keep what it holds/,
  },
  "the body of a request": {
    value: new Request("http://a", { method: "POST", body: "b" }),
    says: /its body has not been read/,
  },
  "headers that came before their response": {
    value: ((response) => [response.headers, response])(new Response(null)),
    says: /another variable holds its headers/,
  },
  "a Blob": { value: new Blob(["a"]), says: /keep await blob\.arrayBuffer\(\) instead/ },
  "a file of a form": {
    value: Object.assign(new FormData(), { file: new File(["a"], "n") }),
    says: /keep its name and await file\.arrayBuffer\(\) instead/,
  },
  "a decoder": { value: new TextDecoder(), says: /make it after, or in a top-level const/ },
};

for (const [what, { value, says }] of Object.entries(refused)) {
  test(`W1: refused by name: ${what}`, () => {
    assert.throws(
      () => bytesOf(value, modeCheckpoint),
      (error) => error instanceof NotSaveableError && says.test(error.message),
    );
  });
}

test("options that are no options, and parts without their whole, are corrupted bytes", () => {
  const bytes = bytesOf([new URL("http://a/?b"), new URL("http://a/?b").searchParams], modeValue);
  let refusals = 0;
  for (let at = 6; at < bytes.length; at++) {
    for (const byte of [0x00, 0x4a, 0x4b, 0x0f, 0xce]) {
      const spoilt = Uint8Array.from(bytes);
      spoilt[at] = byte;
      const context = testContext(program);
      try {
        context.kernel.entered(() => decode(context, modeValue, spoilt));
      } catch (error) {
        assert.ok(error instanceof SnapshotError, String(error));
        refusals++;
      }
    }
  }
  assert.ok(refusals > 20, `${refusals}`);
});
