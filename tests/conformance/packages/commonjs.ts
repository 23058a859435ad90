/**
 * CommonJS modules as modules of the language, so that they can be compiled. Each becomes two: one whose text is a function, run by the first
 * `require` of it, so that modules that require each other see what there is so far; and one for those that import it, whose exports are
 * read when it has run. A module that requires what it computes is left foreign.
 */
import { type AnyNode, parse } from "acorn";
import { type Edit, edited } from "../prepare.ts";

/** Ids of the first kind end so. */
export const requiredMark = "?required";

export interface CommonJs {
  /** What it requires. */
  readonly required: readonly string[];
  /** Names that it exports. */
  readonly names: readonly string[];
  /** Without direct `eval`, which compiled code has not: what it evaluates does not see the module's variables. */
  readonly text: string;
}

const known = new Map<string, CommonJs | undefined>();

/** Undefined if the text is no CommonJS that can be converted. */
export function readCommonJs(source: string): CommonJs | undefined {
  if (!known.has(source)) known.set(source, analysed(source));
  return known.get(source);
}

function analysed(source: string): CommonJs | undefined {
  let program: AnyNode;
  try {
    program = parse(source, {
      ecmaVersion: "latest",
      sourceType: "script",
      allowReturnOutsideFunction: true,
      allowHashBang: true,
    });
  } catch {
    return undefined;
  }
  const required = new Set<string>();
  const names = new Set<string>();
  let computed = false;
  visit(program, (node) => {
    if (node.type === "CallExpression" && isNamed(node.callee, "require")) {
      const [target] = node.arguments;
      if (target?.type === "Literal" && typeof target.value === "string") required.add(target.value);
      else computed = true;
    }
    if (
      node.type === "AssignmentExpression" &&
      node.left.type === "MemberExpression" &&
      !node.left.computed
    ) {
      const { object, property } = node.left;
      const isExports =
        isNamed(object, "exports") || (object.type === "MemberExpression" && isModuleExports(object));
      if (isExports && property.type === "Identifier") names.add(property.name);
    }
    // `module.exports = { a, b }`
    if (
      node.type === "AssignmentExpression" &&
      isModuleExports(node.left) &&
      node.right.type === "ObjectExpression"
    )
      for (const each of node.right.properties)
        if (each.type === "Property" && !each.computed && each.key.type === "Identifier")
          names.add(each.key.name);
  });
  if (computed) return undefined;
  const text = edited(source, evalCalls(program)).replace(/^#!.*/, "");
  return { required: [...required], names: [...names].filter((name) => !reserved.test(name)), text };
}

/** What makes direct `eval` indirect. */
export function evalCalls(program: AnyNode): Edit[] {
  const edits: Edit[] = [];
  visit(program, (node) => {
    if (node.type === "CallExpression" && isNamed(node.callee, "eval"))
      edits.push({ start: node.callee.start, end: node.callee.end, text: "(0, eval)" });
  });
  return edits;
}

const reserved =
  /^(default|await|yield|enum|static|let|package|interface|private|protected|public|implements|null|true|false|this|class|function|return|delete|new|in|if|for|while|do|try|catch|throw|switch|case|var|const|void|typeof|import|export|with|else|finally|break|continue|debugger|extends|super|instanceof|eval|arguments)$/;

/** The function. `exists`: of what it requires; the rest throws when it is required. `head` stands before all. */
export function requiredModule(module: CommonJs, exists: (name: string) => boolean, head: string): string {
  const links = module.required.filter(exists);
  const imports = links
    .map((name, index) => `import * as $r${index} from ${JSON.stringify(name)};`)
    .join(" ");
  const table = links.map((name, index) => `${JSON.stringify(name)}: $r${index}`).join(", ");
  // On one line before the text, so that lines of errors are right but for one. What another module of the same circle calls is hoisted.
  return (
    `${head}${imports} import { createRequire as $createRequire, isBuiltin as $isBuiltin } from "node:module"; var $module; function $file() { return import.meta.filename.replace(/\\?required$/, ""); } export function $require() { if ($module !== undefined) return $module.exports; ` +
    `const $table = { ${table} }; $module = { exports: {}, id: $file(), filename: $file(), loaded: false, children: [] }; ` +
    `const $find = (name) => { const found = $table[name]; if (found === undefined && $isBuiltin(name)) return $createRequire(import.meta.url)(name); if (found === undefined) throw Object.assign(new Error("Cannot find module '" + name + "'"), { code: "MODULE_NOT_FOUND" }); ` +
    `return "$require" in found ? found.$require() : "module.exports" in found ? found["module.exports"] : "default" in found && !/^\\.{1,2}\\/.*(?<!\\.json)$/.test(name) ? found.default : found; }; ` +
    `const $resolve = (name) => name; $find.resolve = $resolve; $find.cache = {}; $find.main = undefined; ` +
    `try { (function (module, exports, require, __filename, __dirname) { \n${module.text}\n}).call($module.exports, $module, $module.exports, $find, $file(), import.meta.dirname); } ` +
    `catch (error) { $module = undefined; throw error; } $module.loaded = true; return $module.exports; }`
  );
}

/** The module for those that import it. `self`: the specifier of the function. */
export function importedModule({ names }: CommonJs, self: string): string {
  const locals = names.map((_, index) => `$x${index}`);
  const values = names.map((name, index) => `const $x${index} = $default.${name};`).join(" ");
  const list = [...locals.map((local, index) => `${local} as ${names[index]}`), "$default as default"];
  // Modules made out of those of the language say so, and mean their `default` by it.
  return `import { $require } from ${JSON.stringify(self)}; const $default = $require(); ${values} export { ${list.join(", ")} };`;
}

function isNamed(node: AnyNode, name: string): boolean {
  return node.type === "Identifier" && node.name === name;
}

function isModuleExports(node: AnyNode): boolean {
  return (
    node.type === "MemberExpression" &&
    !node.computed &&
    isNamed(node.object as AnyNode, "module") &&
    isNamed(node.property as AnyNode, "exports")
  );
}

function visit(node: AnyNode, look: (node: AnyNode) => void): void {
  look(node);
  for (const child of Object.values(node)) {
    for (const part of Array.isArray(child) ? child : [child]) {
      if (part !== null && typeof part === "object" && typeof (part as AnyNode).type === "string")
        visit(part as AnyNode, look);
    }
  }
}
