/**
 * Objects of the platform that say all they are when they are asked: URLs, headers, what has come of a request, formats of `Intl`,
 * weak references. Both sides of each kind stand here.
 *
 * W1. What cannot be asked for at once is refused with what to do instead: a body that has not been read, the bytes of a Blob.
 * W2. Parts that belong to a whole stay its parts: `url.searchParams`, `response.headers`. Whoever is met second is written as
 *     "of the first". A URL can be made around its parameters; a response cannot be made around its headers.
 * W3. Classes that Node loads when they are first used are not loaded to be looked for: an object of one is known by its tag.
 */
import { corrupted } from "../errors.ts";
import { makeProxy, partsOfProxy, proxies } from "../proxies.ts";
import type { Case } from "./cases.ts";
import type { Decoder } from "./decoder.ts";
import type { Encoder } from "./encoder.ts";
import { Later } from "./later.ts";
import type { Reading } from "./readers.ts";
import { kinds } from "./tags.ts";
import { intlTypes, requestOptions } from "./type-names.ts";

/** Runs `probe`, which throws for values that do not have the internal slots of their kind. */
export function probes(probe: (value: object) => unknown): (value: object) => boolean {
  return (value) => {
    try {
      probe(value);
      return true;
    } catch {
      return false;
    }
  };
}

/** Properties with which Node's classes come, besides those of the program. */
function nativeKeys(make: () => object): (value: object, key: PropertyKey) => boolean {
  let known: ReadonlySet<PropertyKey> | undefined;
  return (_value, key) => {
    if (typeof key !== "symbol") return false;
    known ??= new Set(Reflect.ownKeys(make()));
    return known.has(key);
  };
}

// ---- URL ------------------------------------------------------------------------------------------------------------

const hrefOf = Object.getOwnPropertyDescriptor(URL.prototype, "href")!.get!;

const urlCase: Case = {
  tag: kinds.url,
  accepts: probes((value) => hrefOf.call(value)),
  variant: (out, value) => (out.isMet((value as URL).searchParams) ? urlOfParamsCase : undefined),
  shell(out, value) {
    out.wholes.set((value as URL).searchParams, value);
    out.text((value as URL).href);
  },
};

const urlOfParamsCase: Case = {
  ...urlCase,
  tag: kinds.urlOfParams,
  shell(out, value) {
    out.text((value as URL).href);
    out.value((value as URL).searchParams, "searchParams");
  },
};

const paramsCase: Case = {
  tag: kinds.searchParams,
  accepts: probes((value) => URLSearchParams.prototype.has.call(value, "")),
  variant: (out, value) => (out.wholes.has(value) ? paramsOfUrlCase : undefined),
  shell(out, value) {
    out.text(String(value as URLSearchParams));
  },
};

const paramsOfUrlCase: Case = {
  ...paramsCase,
  tag: kinds.paramsOfUrl,
  shell(out, value) {
    out.value(out.wholes.get(value), "[url]");
  },
};

/** The URLs of parameters that may turn out to be those of one. */
const urlOf = new WeakMap<object, URL>();

const paramsReading: Reading = {
  shell(input) {
    const url = new URL("http://a");
    url.search = input.text();
    urlOf.set(url.searchParams, url);
    return url.searchParams;
  },
};

const urlOfParamsReading: Reading = {
  shell(input) {
    const href = input.text();
    const params = input.value();
    const url = urlOf.get(params as object);
    if (url === undefined) throw corrupted("a URL of parameters that are not its own");
    urlOf.delete(params as object);
    url.href = href;
    return url;
  },
};

const paramsOfUrlReading: Reading = {
  shell(input) {
    const url = input.value();
    if (!(url instanceof URL)) throw corrupted("parameters without their URL");
    return url.searchParams;
  },
};

// ---- fetch ----------------------------------------------------------------------------------------------------------

function writeHeaders(out: Encoder, headers: Headers): void {
  const all = [...headers];
  out.contents.varint(all.length);
  for (const [name, value] of all) {
    out.text(name);
    out.text(value);
  }
}

function readHeaders(input: Decoder, headers: Headers): Headers {
  for (let count = input.input.count(2); count > 0; count--) {
    const name = input.text();
    headers.append(name, input.text());
  }
  return headers;
}

const headersCase: Case = {
  tag: kinds.headers,
  accepts: probes((value) => Headers.prototype.has.call(value, "a")),
  owns: nativeKeys(() => new Headers()),
  variant: (out, value) => (out.wholes.has(value) ? headersOfWholeCase : undefined),
  shell: (out, value) => writeHeaders(out, value as Headers),
};

const headersOfWholeCase: Case = {
  ...headersCase,
  tag: kinds.headersOfWhole,
  shell(out, value) {
    out.value(out.wholes.get(value), "[of]");
  },
};

const headersOfWholeReading: Reading = {
  shell(input) {
    const whole = input.value();
    if (whole instanceof Response || whole instanceof Request) return whole.headers;
    throw corrupted("headers without what they are of");
  },
};

/** Headers, and whether the body has been used; one that has not is refused. */
function writeMessage(out: Encoder, message: Request | Response): void {
  if (message.body !== null && !message.bodyUsed)
    out.refuse("its body has not been read; read it before (await it.text()), and keep what it holds");
  if (out.isMet(message.headers))
    out.refuse("another variable holds its headers; take what is needed out of them before");
  out.wholes.set(message.headers, message);
  out.contents.byte(message.bodyUsed ? 1 : 0);
  writeHeaders(out, message.headers);
}

function readMessage<T extends Request | Response>(input: Decoder, make: (body: Uint8Array | null) => T): T {
  const isUsed = input.input.byte() === 1;
  const made = make(isUsed ? new Uint8Array(0) : null);
  // A used body stays used: whoever reads it once more is told so.
  if (isUsed) void made.body!.cancel();
  readHeaders(input, made.headers);
  return made;
}

/** What a response has from its connection; on one that was thawed these are properties of its own. */
const responseFacts = ["url", "type", "redirected"] as const;
const nativeResponseKeys = nativeKeys(() => new Response());

const responseCase: Case = {
  tag: kinds.response,
  accepts: probes((value) => (value as Response).status),
  owns: (value, key) => responseFacts.includes(key as never) || nativeResponseKeys(value, key),
  shell(out, value) {
    const response = value as Response;
    out.contents.varint(response.status);
    out.text(response.statusText);
    out.text(response.url);
    out.text(response.type);
    out.contents.byte(response.redirected ? 1 : 0);
    writeMessage(out, response);
  },
};

const responseReading: Reading = {
  shell(input) {
    const status = input.input.varint();
    const statusText = input.text();
    const facts = { url: input.text(), type: input.text(), redirected: input.input.byte() === 1 };
    const response = readMessage(input, (body) =>
      status === 0 ? Response.error() : new Response(body, { status, statusText }),
    );
    for (const name of responseFacts) {
      const value = facts[name];
      if (response[name] !== value) Object.defineProperty(response, name, { value, configurable: true });
    }
    return response;
  },
};

const requestCase: Case = {
  tag: kinds.request,
  accepts: probes((value) => (value as Request).method),
  owns: nativeKeys(() => new Request("http://a")),
  shell(out, value) {
    const request = value as Request;
    if (request.signal.aborted) out.refuse("it has been aborted; let go of it before");
    out.text(request.method);
    out.text(request.url);
    for (const name of requestOptions) out.text(request[name]);
    out.contents.byte(request.keepalive ? 1 : 0);
    writeMessage(out, request);
  },
};

const requestReading: Reading = {
  shell(input) {
    const method = input.text();
    const url = input.text();
    const options = Object.fromEntries(requestOptions.map((name) => [name, input.text()]));
    const keepalive = input.input.byte() === 1;
    return readMessage(input, (body) => new Request(url, { ...options, method, keepalive, body }));
  },
};

const formCase: Case = {
  tag: kinds.formData,
  accepts: probes((value) => FormData.prototype.has.call(value, "a")),
  owns: nativeKeys(() => new FormData()),
  write(out, value) {
    const all = [...(value as FormData)];
    out.contents.varint(all.length);
    for (const [name, entry] of all) {
      out.text(name);
      out.value(entry, name);
    }
  },
};

const formReading: Reading = {
  shell: () => new FormData(),
  fill(input, object) {
    for (let count = input.input.count(2); count > 0; count--) {
      const name = input.text();
      const entry = input.value();
      if (typeof entry !== "string") throw corrupted("an entry of a form that is no text");
      (object as FormData).append(name, entry);
    }
  },
};

// ---- Intl -----------------------------------------------------------------------------------------------------------

type IntlType = new (
  locale: string,
  options: object,
) => { resolvedOptions(): { readonly locale: string } & Readonly<Record<string, unknown>> };

function intlType(number: number): IntlType | undefined {
  return (Intl as unknown as Record<string, IntlType | undefined>)[intlTypes[number] ?? ""];
}

/** Its options are what it was resolved to: so it formats elsewhere as it did here, time zone and all. */
function intlCase(number: number, { prototype }: IntlType): Case {
  const resolved = prototype.resolvedOptions;
  return {
    tag: kinds.intl,
    accepts: probes((value) => resolved.call(value as never)),
    shell(out, value) {
      const { locale, ...options } = resolved.call(value as never);
      // What PluralRules lists is no option, and `hour12` would overrule `hourCycle`.
      const all = Object.entries(options).filter(
        ([name, option]) => typeof option !== "object" && name !== "hour12",
      );
      out.contents.byte(number);
      out.text(locale);
      out.contents.varint(all.length);
      for (const [name, option] of all) {
        out.text(name);
        out.value(option, name);
      }
    },
  };
}

const intlReading: Reading = {
  shell(input) {
    const Type = intlType(input.input.byte());
    if (Type === undefined) throw corrupted("a format that this Node does not know");
    const locale = input.text();
    const options: Record<string, unknown> = Object.create(null);
    for (let count = input.input.count(2); count > 0; count--) {
      const name = input.text();
      const option = input.value();
      if (typeof option === "object" || typeof option === "function")
        throw corrupted("an option of a format");
      options[name] = option;
    }
    return new Type(locale, options);
  },
};

const localeCase: Case = {
  tag: kinds.locale,
  accepts: probes((value) => Intl.Locale.prototype.toString.call(value)),
  shell: (out, value) => out.text(String(value as Intl.Locale)),
};

// ---- others ---------------------------------------------------------------------------------------------------------

const domExceptionCase: Case = {
  tag: kinds.domException,
  shell(out, value) {
    const { message, name } = value as DOMException;
    out.text(message);
    out.text(name);
  },
};

/** What a weak reference leads to is saved with it; elsewhere nothing else need hold it. */
const weakRefCase: Case = {
  tag: kinds.weakRef,
  accepts: probes((value) => WeakRef.prototype.deref.call(value as WeakRef<object>)),
  owns: (value, key) => key === "deref" && (value as Record<string, unknown>)[key] === gone,
  write(out, value) {
    out.value((value as WeakRef<object>).deref(), "[target]");
  },
};

/** `deref` of one whose target is gone already. */
function gone(): undefined {}

const weakRefReading: Reading = {
  shell: (input) =>
    input.laters.add(
      new Later(([target]) => {
        if (target === undefined) return Object.defineProperty(new WeakRef({}), "deref", { value: gone });
        if (typeof target === "object" || typeof target === "function" || typeof target === "symbol")
          return new WeakRef(target as object);
        throw corrupted("a weak reference to nothing");
      }),
    ),
  take: (input) => [input.value()],
};

/** Says nothing of itself: what it is made of was noted when it was made. It is made again when all else is in place, since its traps may look. */
export const proxyCase: Case = {
  tag: kinds.proxy,
  write(out, value) {
    const { target, handler, revoked } = partsOfProxy(value)!;
    out.value(target, "[target]");
    out.value(handler, "[handler]");
    out.value(revoked, "[revoked]");
  },
};

const proxyReading: Reading = {
  shell: (input) =>
    input.laters.add(
      new Later(([target, handler, revoked]) => {
        if (!isObject(target) || !isObject(handler)) throw corrupted("a proxy of nothing");
        return makeProxy(target, handler, revoked === true);
      }, "instances"),
    ),
  take: (input) => [input.value(), input.value(), input.value()],
};

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

export const webCases: readonly (readonly [object, Case])[] = [
  [URL.prototype, urlCase],
  [URLSearchParams.prototype, paramsCase],
  [DOMException.prototype, domExceptionCase],
  [WeakRef.prototype, weakRefCase],
  [TextEncoder.prototype, { tag: kinds.textEncoder, owns: nativeKeys(() => new TextEncoder()) }],
  [Intl.Locale.prototype, localeCase],
  ...intlTypes.flatMap((_name, number): [object, Case][] => {
    const type = intlType(number);
    return type === undefined ? [] : [[type.prototype, intlCase(number, type)]];
  }),
];

const loadedLate: Readonly<Record<string, Case>> = {
  Headers: headersCase,
  Response: responseCase,
  Request: requestCase,
  FormData: formCase,
};

/** The kind of objects with this prototype, if it is one of the classes that Node loads late. Traps of a proxy are not run to ask. */
export function lateCaseOf(prototype: object): Case | undefined {
  if (proxies.any && partsOfProxy(prototype) !== undefined) return undefined;
  const tag: unknown = Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)?.value;
  if (typeof tag !== "string" || !Object.hasOwn(loadedLate, tag)) return undefined;
  const type = (globalThis as unknown as Record<string, { readonly prototype?: unknown } | undefined>)[tag];
  return type?.prototype === prototype ? loadedLate[tag] : undefined;
}

/** What to do about objects that cannot be saved, by the name of their class. */
export const wayRound: Readonly<Record<string, string>> = {
  Blob: "its bytes can only be read asynchronously; keep await blob.arrayBuffer() instead",
  File: "its bytes can only be read asynchronously; keep its name and await file.arrayBuffer() instead",
  TextDecoder:
    "what it has read of an unfinished character is out of sight; make it after, or in a top-level const",
};

export const webReadings: Readonly<Record<number, Reading>> = {
  [kinds.url]: { shell: (input) => new URL(input.text()) },
  [kinds.searchParams]: paramsReading,
  [kinds.urlOfParams]: urlOfParamsReading,
  [kinds.paramsOfUrl]: paramsOfUrlReading,
  [kinds.headers]: { shell: (input) => readHeaders(input, new Headers()) },
  [kinds.headersOfWhole]: headersOfWholeReading,
  [kinds.response]: responseReading,
  [kinds.request]: requestReading,
  [kinds.formData]: formReading,
  [kinds.intl]: intlReading,
  [kinds.locale]: { shell: (input) => new Intl.Locale(input.text()) },
  [kinds.weakRef]: weakRefReading,
  [kinds.textEncoder]: { shell: () => new TextEncoder() },
  [kinds.proxy]: proxyReading,
  [kinds.domException]: {
    shell(input) {
      const message = input.text();
      return new DOMException(message, input.text());
    },
  },
};
