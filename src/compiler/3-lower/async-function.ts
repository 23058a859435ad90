/**
 * The text of a suspendable function's body (generator.ts says what is different in a generator):
 *
 * ```js
 * async function main(a) { const x = await f(a); return x + a; }          // source
 *
 * function $b1($f, $e, $self, a) {                                 // output
 *   let $p = 0, x;
 *   if ($f !== null) ({ label: $p, slots: { 0: $e, 1: a } } = $f);
 *   const $k = $e.$k;
 *   if ((x = $p < 1 ? $k.direct($b2, $e, a) : $k.resumed()) === $S) return $k.suspend($L[1], 1, [$e, a]);
 *   return x + a;
 * }
 * ```
 *
 * A1. Slot 0 is the environment the function was made over; everything else it reaches is found from there.
 * A2. One pattern takes the variables out of a frame, whatever its label: what it puts into a variable that is not live there is never read.
 * A3. Parameters that are not plain names are taken apart by an assignment, when the function starts.
 */
import { takesParamsApart } from "../2-analyze/dead-zone.ts";
import { b, boundIdentifiers, type Node } from "../node.ts";
import { type Context, enclosingEnv, type SiteEntry } from "./context.ts";
import { Emitter } from "./emit.ts";
import { arrange, type Places } from "./frame-places.ts";
import { enterBody } from "./function.ts";
import { heldAt } from "./held.ts";
import { type Ir, number, plain } from "./ir.ts";
import { liveness } from "./liveness.ts";
import { Lowering } from "./lower-statement.ts";
import { placePolls } from "./polls.ts";

export function makeAsyncBody(cx: Context, entry: SiteEntry): void {
  const fn = entry.node === cx.analysis.module.node ? cx.analysis.module : cx.fnOf(entry.node);
  const unit = cx.unit(entry.env);
  const lowering = new Lowering(cx, fn, unit, fn.kind === "module" ? null : enclosingEnv(fn));
  const list: Ir[] = [];
  const params = fn.kind === "module" ? [] : start(lowering, list);
  if (fn.generator) {
    // Parameters are evaluated at the call, everything else from the first `next` on.
    list.push({
      kind: "suspend",
      form: "begin",
      operation: b.void0(),
      target: null,
      at: fn.node,
      label: 0,
      slots: [],
    });
  }
  const { body } = fn.node as Node & { body: Node | Node[] };
  if (Array.isArray(body)) lowering.lowerAll(body, list);
  else if (body.type === "BlockStatement") lowering.lowerAll(body["body"], list);
  else list.push(plain(b.at(b.return(lowering.value(body, list)), body)));
  const text = assemble(cx, entry, lowering, params, list);
  cx.texts.push(b.at(text, fn.node));
}

/** What happens before the first statement; answers the parameters of the body. */
function start(lowering: Lowering, list: Ir[]): Node[] {
  const { cx, fn } = lowering;
  const { node } = fn;
  const usesArguments = fn.kind !== "arrow" && fn.scope.bindings.has("arguments");
  const apart = takesParamsApart(fn) || usesArguments;
  const given = cx.id("a");
  if (usesArguments) {
    const name = cx.name("arguments");
    lowering.locals.add(name);
    list.push(plain(b.set(b.id(name), b.call(cx.helper("args"), b.spread(given)))));
  }
  const values = new Map<string, Node>();
  const params: Node[] = apart ? [{ type: "RestElement", argument: given }] : node["params"];
  if (!apart) {
    for (const binding of fn.scope.bindings.values()) {
      if (binding.kind !== "param" || binding.storage.kind !== "env") continue;
      values.set(binding.storage.field, b.id(binding.name));
    }
  }
  list.push(...lowering.open(fn.scope, values).map(plain));
  if (apart && node["params"].length > 0) {
    const elements = node["params"].map((param: Node) => lowering.target(param, true));
    for (const binding of fn.scope.bindings.values()) {
      if (binding.kind === "param" && binding.storage.kind === "native")
        lowering.locals.add(binding.storage.name);
    }
    list.push(plain(b.set({ type: "ArrayPattern", elements }, given)));
  }
  list.push(...lowering.hoisted(fn.scope).map(plain));
  if (fn.body !== fn.scope) list.push(...enterBody(lowering, fn).map(plain));
  return params;
}

function assemble(cx: Context, entry: SiteEntry, lowering: Lowering, params: Node[], list: Ir[]): Node {
  placePolls(list);
  const count = number(list, 1) - 1;
  const names = new Set(
    params
      .filter((param) => param.type !== "RestElement")
      .flatMap((param) => boundIdentifiers(param))
      .map((id): string => id["name"]),
  );
  const variables = [
    cx.name("self"),
    ...names,
    ...[...lowering.locals].filter((name) => !lowering.scratches.has(name) && !names.has(name)),
  ];
  liveness(list, variables);
  const places = arrange(list);
  const emitter = new Emitter(cx, entry, count, sourceNames(lowering));
  const statements = emitter.list(list);
  const { labels } = emitter;
  entry.labels = labels;
  cx.held.push(() => heldAt(cx, lowering.fn, entry, emitter.slots));
  if (count > 0 && lowering.fn.async) lowering.unit.usesKernel = true;
  const locals = [...new Set([...lowering.locals, ...emitter.locals])].filter((name) => !names.has(name));
  const declared: [Node, Node | null][] = locals.map((name) => [b.id(name), null]);
  if (count > 0) declared.unshift([cx.id("p"), b.literal(0)]);
  const head: Node[] = declared.length === 0 ? [] : [b.declare("let", declared)];
  if (count > 0) head.push(restore(cx, places));
  head.push(...cx.prelude(lowering.unit));
  const fixed = [cx.id("f"), cx.id("e"), cx.id("self")];
  return b.functionDeclaration(entry.body!, [...fixed, ...params], [...head, ...statements]);
}

/** Hoisted variables back to the names they have in the source, for people who look at a frame. */
function sourceNames({ cx, fn }: Lowering): (name: string) => string {
  const names = new Map<string, string>();
  for (const scope of cx.analysis.scopes) {
    if (scope.fn !== fn) continue;
    for (const { name, storage } of scope.bindings.values())
      if (storage.kind === "hoisted") names.set(storage.name, name);
  }
  return (name) => names.get(name) ?? name;
}

/** `if ($f !== null) ({ label: $p, slots: { 0: $e, 1: a } } = $f)` */
function restore(cx: Context, places: Places): Node {
  const pattern = (slots: readonly (readonly [string, number])[]): Node => ({
    type: "ObjectPattern",
    properties: slots.map(([name, slot]) => ({
      ...b.property(b.literal(slot), b.id(name)),
      computed: false,
    })),
  });
  const frame = cx.id("f");
  const common: (readonly [string, number])[] = [[cx.name("e"), 0], ...places.common];
  const whole: Node = {
    type: "ObjectPattern",
    properties: [b.property("label", cx.id("p")), b.property("slots", pattern(common))],
  };
  const others = [...places.others].map(([label, slots]) =>
    b.if(
      b.binary(cx.id("p"), "===", b.literal(label)),
      b.set(pattern(slots.map((name, index) => [name, index + 1])), b.member(frame, "slots")),
    ),
  );
  const take = b.set(whole, frame);
  return b.if(
    b.binary(frame, "!==", b.literal(null)),
    others.length === 0 ? take : b.block([take, ...others]),
  );
}
