/**
 * What compiles and is likely not meant: told by `continua check`, from the text alone.
 *
 *   lost-race        `Promise.race([jobs.dequeue(), sleep(5)])`: the loser takes its item all the same (design H15)
 *   copied-variable  a function that is started as a task reads or writes a variable of which it has a copy (design H2)
 *   native-resolver  a promise whose resolver only foreign code holds: nobody can settle it after a thaw (design H6)
 *   process-state    a write to what belongs to the process, which is not saved (realm-writes.ts; design H3)
 *   computed-import  `import(path)`, where the text does not say which modules may be meant (dynamic-imports.ts)
 *
 * Advice is given where the text shows it, and not where it might be: what a variable holds is followed to its declaration, no further.
 */
import { children, isFunction, type Node } from "../node.ts";
import { type Analysis, type Binding, type Fn, initialiserOf, type Reference } from "./scope.ts";

export type Rule = "lost-race" | "copied-variable" | "native-resolver" | "process-state" | "computed-import";
export type Advise = (
  rule: Rule,
  node: Node,
  message: string,
  hint: string,
  other?: { readonly node: Node; readonly message: string },
) => void;

export function advise(program: Node, analysis: Analysis, tell: Advise): void {
  const adviser = new Adviser(analysis, tell);
  const pending: Node[] = [program];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.type === "CallExpression") adviser.call(node);
    if (node.type === "NewExpression") adviser.made(node);
    // In the order of the text.
    pending.push(...children(node).reverse());
  }
  for (const node of analysis.dynamicImports.computed)
    tell(
      "computed-import",
      node,
      "import() of what is computed finds only modules that this module also imports by their name",
      'name what may be meant: const modules = { a: () => import("./a.ts") }',
    );
}

/** Waits that take what they get. */
const takers: ReadonlySet<string> = new Set(["dequeue", "receive", "acquire", "arrive"]);
/** Methods by which native code gets hold of a callback. */
export const listeners: ReadonlySet<string> = new Set([
  "on",
  "once",
  "addListener",
  "prependListener",
  "prependOnceListener",
]);

class Adviser {
  readonly #analysis: Analysis;
  readonly #tell: Advise;
  /** Each variable once: the first task that has a copy stands for all. */
  readonly #told = new Set<Binding>();

  constructor(analysis: Analysis, tell: Advise) {
    this.#analysis = analysis;
    this.#tell = tell;
  }

  call(node: Node): void {
    const callee: Node = node["callee"];
    const [first, second]: (Node | undefined)[] = node["arguments"];
    if (this.#isPromiseMethod(callee, ["race", "any"]) && first !== undefined) this.#race(callee, first);
    const word = wordOf(this.#analysis, callee);
    if (word === "call" || word === "spawn") this.#task(word, first);
    if (word === "mapTasks") this.#task(word, second);
  }

  made(node: Node): void {
    const callee: Node = node["callee"];
    const [executor]: (Node | undefined)[] = node["arguments"];
    if (callee.type !== "Identifier" || callee["name"] !== "Promise" || this.#binding(callee) !== undefined)
      return;
    const fn = executor === undefined ? undefined : this.#analysis.fnOf.get(executor);
    if (fn !== undefined) this.#resolvers(fn);
  }

  // ---- lost-race ----------------------------------------------------------------------------------------------------

  #race(callee: Node, list: Node): void {
    const elements: (Node | null)[] = list.type === "ArrayExpression" ? list["elements"] : [];
    for (const element of elements) {
      const taker = element === null ? undefined : this.#taker(element);
      if (element === null || taker === undefined) continue;
      this.#tell(
        "lost-race",
        element,
        `${taker}() takes what it gets also when Promise.${callee["property"].name} has been won by another`,
        "select({ ... }) waits for the first of several and withdraws the others, so nothing is lost",
      );
    }
  }

  /** `jobs.dequeue()`, or a constant that was made of it. */
  #taker(node: Node): string | undefined {
    if (node.type === "Identifier") {
      const binding = this.#binding(node);
      const init = binding?.kind === "const" ? initialiserOf(binding) : undefined;
      return init === undefined ? undefined : this.#taker(init);
    }
    if (node.type !== "CallExpression" || node["callee"].type !== "MemberExpression") return undefined;
    const { object, property, computed } = node["callee"];
    if (computed || !takers.has(property.name) || !this.#usesContinua) return undefined;
    return object.type === "Identifier" ? `${object.name}.${property.name}` : property.name;
  }

  // ---- copied-variable ----------------------------------------------------------------------------------------------

  #task(word: string, argument: Node | undefined): void {
    const top = argument === undefined ? undefined : this.#functionOf(argument);
    if (top === undefined) return;
    const own = this.#reached(top);
    const name = this.#nameOf(top, argument!);
    for (const scope of this.#analysis.scopes) {
      if (own.has(scope.fn)) continue;
      for (const binding of scope.bindings.values()) {
        const { kind } = binding;
        if (kind !== "let" && kind !== "var" && kind !== "param") continue;
        const inside = binding.references.filter(({ fn }) => own.has(fn));
        if (inside.length > 0 && !this.#told.has(binding))
          this.#copied(binding, inside, own, `${word}(${name})`);
      }
    }
  }

  #copied(binding: Binding, inside: readonly Reference[], own: ReadonlySet<Fn>, task: string): void {
    const { name, node, scope, references } = binding;
    const outside = references.filter(({ fn }) => !own.has(fn));
    const isModule = scope.kind === "module";
    const written = inside.find(({ write }) => write);
    // What modules do at their start each task does anew.
    const changed = outside.some(({ write, fn }) => write && fn.kind !== "module");
    const read = outside.some(
      (each) => !each.write && (each.fn.kind !== "module" || !isModule) && each.node !== node,
    );
    if (written !== undefined && read) {
      this.#told.add(binding);
      this.#tell(
        "copied-variable",
        written.node,
        `${task} writes "${name}", of which the task has a copy of its own: nobody else sees it`,
        "return the value from the task, or send it through a queue",
        { node, message: `"${name}" is declared here` },
      );
    } else if (isModule && changed) {
      this.#told.add(binding);
      this.#tell(
        "copied-variable",
        inside[0]!.node,
        `${task} reads "${name}", of which the task has one of its own, as it is when modules start: what others write is not in it`,
        "hand the value over as an argument",
        { node, message: `"${name}" is declared here` },
      );
    }
  }

  /** The function, those in it, and those of this module that they name. */
  #reached(top: Fn): ReadonlySet<Fn> {
    const found = new Set<Fn>([top]);
    for (;;) {
      const before = found.size;
      for (const fn of this.#analysis.fns) if (fn.parent !== null && found.has(fn.parent)) found.add(fn);
      for (const scope of this.#analysis.scopes) {
        for (const binding of scope.bindings.values()) {
          const fn = this.#declared(binding);
          if (fn !== undefined && binding.references.some((reference) => found.has(reference.fn)))
            found.add(fn);
        }
      }
      if (found.size === before) return found;
    }
  }

  #functionOf(node: Node): Fn | undefined {
    if (node.type !== "Identifier") return this.#analysis.fnOf.get(node);
    const binding = this.#binding(node);
    return binding === undefined ? undefined : this.#declared(binding);
  }

  #declared(binding: Binding): Fn | undefined {
    if (binding.kind === "function") return this.#analysis.fnOf.get(binding.declaration);
    const init = binding.kind === "const" ? initialiserOf(binding) : undefined;
    return init !== undefined && isFunction(init) ? this.#analysis.fnOf.get(init) : undefined;
  }

  #nameOf(fn: Fn, argument: Node): string {
    return argument.type === "Identifier" ? argument["name"] : (fn.node["id"]?.name ?? "...");
  }

  // ---- native-resolver ----------------------------------------------------------------------------------------------

  /** Looks at each place where a parameter of the executor is handed to a call. */
  #resolvers(executor: Fn): void {
    const params: Node[] = executor.node["params"];
    const resolvers = new Set(
      params.flatMap((param) => (param.type === "Identifier" ? (this.#binding(param) ?? []) : [])),
    );
    const mentions = (node: Node): boolean =>
      (node.type === "Identifier" && resolvers.has(this.#binding(node)!)) || children(node).some(mentions);
    const pending = [...children(executor.node["body"]), executor.node["body"] as Node];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (node.type === "CallExpression" && this.#isForeign(node["callee"])) {
        const held = (node["arguments"] as Node[]).filter(
          (each) => isFunction(each) || each.type === "Identifier",
        );
        if (held.some(mentions)) {
          this.#tell(
            "native-resolver",
            node,
            "only foreign code holds the resolver of this promise, which is not saved: if the task goes on elsewhere, whoever awaits it gets an InterruptedError",
            'await the foreign call itself (as in await once(emitter, "x")), or catch the error and begin again',
          );
          return;
        }
      }
      if (node !== executor.node["body"]) pending.push(...children(node));
    }
  }

  /** A function of a package or of Node, or a method by which listeners are added. */
  #isForeign(callee: Node): boolean {
    if (callee.type === "MemberExpression") {
      const { object, property, computed } = callee as Node & {
        object: Node;
        property: Node;
        computed: boolean;
      };
      return (!computed && listeners.has(property["name"])) || this.#isForeign(object);
    }
    const specifier = callee.type === "Identifier" ? importOf(this.#analysis, callee)?.specifier : undefined;
    return specifier !== undefined && !/^(\.|\/|#|continua(\/|$))/.test(specifier);
  }

  // ---- names --------------------------------------------------------------------------------------------------------

  #binding(node: Node): Binding | undefined {
    return this.#analysis.bindingOf.get(node);
  }

  get #usesContinua(): boolean {
    return this.#analysis.imports.some(({ specifier }) => specifier === "continua");
  }

  #isPromiseMethod(callee: Node, names: readonly string[]): boolean {
    if (callee.type !== "MemberExpression" || callee["computed"]) return false;
    const { object, property } = callee as Node & { object: Node; property: Node };
    const isPromise = object.type === "Identifier" && object["name"] === "Promise";
    return isPromise && this.#binding(object) === undefined && names.includes(property["name"]);
  }
}

function importOf(
  { bindingOf, imports }: Analysis,
  node: Node,
): { readonly specifier: string; readonly name: string | null } | undefined {
  const storage = bindingOf.get(node)?.storage;
  if (storage?.kind !== "import") return undefined;
  return { specifier: imports[storage.from]!.specifier, name: storage.name };
}

/** The word of `continua` that a callee is: also `spawn.with(options)`. */
export function wordOf(analysis: Analysis, callee: Node): string | undefined {
  if (callee.type === "CallExpression" && callee["callee"].type === "MemberExpression") {
    const { object, property } = callee["callee"] as { object: Node; property: Node };
    return property["name"] === "with" && wordOf(analysis, object) === "spawn" ? "spawn" : undefined;
  }
  const found = callee.type === "Identifier" ? importOf(analysis, callee) : undefined;
  return found?.specifier === "continua" ? (found.name ?? undefined) : undefined;
}
