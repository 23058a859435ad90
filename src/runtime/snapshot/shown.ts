/** Values of a snapshot in one short line, as a debugger shows them. */
import { uninitialized } from "../../protocol/abi.ts";
import { Node } from "./nodes.ts";
import { again, bases, hole, kinds } from "./tags.ts";

const depthMax = 2;
const entriesMax = 5;
const textMax = 40;
const lineMax = 100;

export function shownValue(value: unknown): string {
  return cut(shown(value, depthMax), lineMax);
}

/** The name that people know a function by, from its site's id: `src/app.ts#main/retry.2` is `retry`, `src/app.ts#Account/deposit` `Account.deposit`. */
export function shownName(site: string): string {
  const names = site.slice(site.indexOf("#") + 1).split("/");
  const [outer, name] = names.slice(-2).map((each) => each.replace(/\.\d+$/, ""));
  if (name === undefined) return outer ?? "";
  return /^[A-Z]/.test(outer ?? "") ? `${outer}.${name}` : name;
}

/** What is shown in a word, as the target of a bound function, may lead to another such; bytes from elsewhere round in a circle. */
const depthMin = -5;

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function shown(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(cut(value, textMax));
    case "bigint":
      return `${cut(String(value), textMax)}n`;
    case "symbol":
      return shownSymbol(value);
    case "object":
      if (!(value instanceof Node)) return "null";
      return depth < depthMin ? "…" : shownNode(value, depth);
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

function shownSymbol(symbol: symbol): string {
  if (symbol === uninitialized) return "(not initialised)";
  if (symbol === hole) return "(hole)";
  if (symbol === again) return "(made again when it is used)";
  return String(symbol);
}

function shownNode(node: Node, depth: number): string {
  switch (node.kind) {
    case kinds.shaped:
      return fields(node, prefixOf(node), depth);
    case kinds.arguments:
      return fields(node, "", depth);
    case kinds.environment:
      return fields(node, "(captured) ", depth);
    case kinds.array:
    case kinds.sparse:
      return `${listed(node, "[", "]", node.count, depth, ({ value }) => shown(value, depth - 1))}`;
    case kinds.map:
      return `Map(${node.count}) ${listed(node, "{", "}", node.count, depth, ({ key, value }) => `${shown(key, depth - 1)} => ${shown(value, depth - 1)}`)}`;
    case kinds.set:
      return `Set(${node.count}) ${listed(node, "{", "}", node.count, depth, ({ value }) => shown(value, depth - 1))}`;
    case kinds.buffer:
      return `ArrayBuffer(${node.count})`;
    case kinds.view:
      return `${node.text}(${node.count})`;
    case kinds.error:
      return cut(`${shownErrorName(node)}: ${plainText(node.field("message"))}`, textMax);
    case kinds.url:
    case kinds.urlOfParams:
      return `URL ${node.text}`;
    case kinds.promise:
      return `Promise (${node.text}${node.text === "pending" ? "" : ` ${shown(node.field("[result]"), depth - 1)}`})`;
    case kinds.frame:
      return `(call of ${shownName(node.layout?.site.text ?? "")})`;
    default:
      return shownRest(node, depth);
  }
}

function shownRest(node: Node, depth: number): string {
  switch (node.kind) {
    case kinds.closure:
    case kinds.moduleValue:
      return `function ${shownName(node.site?.text ?? "")}`;
    case kinds.bound:
      return `bound ${shown(node.refs[0], Math.min(0, depth - 1))}`;
    case kinds.member:
      return `method ${className(node.refs[0])}.${plainText(node.refs[1])}`;
    case kinds.prototype:
    case kinds.generatorPrototype:
      return `${className(node.refs[0])}.prototype`;
    case kinds.record:
    case kinds.namespace:
      return `module ${node.text}`;
    case kinds.named:
      return node.text.replaceAll("%", "");
    case kinds.constant:
      return `(${node.text.split(" ").at(-1)}, made again)`;
    case kinds.boxed:
      return `Object(${shown(node.refs[0], Math.min(0, depth - 1))})`;
    case kinds.saveable:
      return `${node.text.replace(/^continua\./, "")} ${shown(node.field("[saved]"), depth - 1)}`;
    case kinds.registered:
      return shownRegistered(node, depth);
    case kinds.part:
      return `(of share ${node.text.slice(0, 8)})`;
    case kinds.generator:
      return "Generator";
    case kinds.asyncGenerator:
      return "AsyncGenerator";
    case kinds.headers:
      return fields(node, "Headers ", depth);
    case kinds.formData:
      return fields(node, "FormData ", depth);
    case kinds.proxy:
      return `Proxy of ${shown(node.field("[target]"), depth - 1)}`;
    case kinds.weakRef:
      return `WeakRef ${shown(node.field("[target]"), depth - 1)}`;
    case kinds.iterator:
      return "Iterator";
    default:
      return node.text === "" ? "(runtime)" : node.text;
  }
}

/** What is no primitive is a value by itself, of which only the size is told. */
function shownRegistered(node: Node, depth: number): string {
  const registration = node.field("[class]");
  const type = registration instanceof Node ? className(registration.field("class")) : "";
  const saved = node.field("[saved]");
  return `${type} ${saved instanceof Node ? `(${saved.count} bytes)` : shown(saved, depth - 1)}`;
}

function prefixOf({ base, refs }: Node): string {
  if (base === bases.nothing) return "[null prototype] ";
  return base === bases.class ? `${className(refs[0])} ` : "";
}

function className(type: unknown): string {
  return type instanceof Node ? shownName((type.site ?? type).text.replaceAll("%", "")) : "";
}

function shownErrorName(node: Node): string {
  const name = node.field("name");
  return typeof name === "string" ? name : node.text;
}

function plainText(value: unknown): string {
  return typeof value === "string" ? value : shown(value, 0);
}

function fields(node: Node, prefix: string, depth: number): string {
  return `${prefix}${listed(node, "{ ", " }", node.entries.length, depth, ({ key, value }) => `${plainText(key)}: ${shown(value, depth - 1)}`)}`;
}

type Each = (entry: { readonly key: unknown; readonly value: unknown }) => string;

function listed(
  { entries }: Node,
  open: string,
  close: string,
  count: number,
  depth: number,
  each: Each,
): string {
  if (count === 0) return `${open.trim()}${close.trim()}`;
  if (depth <= 0) return `${open}…${close}`;
  const parts = entries.slice(0, entriesMax).map(each);
  if (count > parts.length) parts.push(`… ${count - parts.length} more`);
  return `${open}${parts.join(", ")}${close}`;
}
