/**
 * CommonJS modules as modules of the language, so that they can be compiled: `require` of a literal becomes an import, `module.exports` the
 * default export, and what is assigned to `exports.name` a named one. A module that requires what it computes is left foreign.
 */
import { type AnyNode, parse } from "acorn";

export interface Converted {
  readonly code: string;
}

/** Undefined if the text is no CommonJS that can be converted. */
export function convertCommonJs(source: string): Converted | undefined {
  let program: AnyNode;
  try {
    program = parse(source, {
      ecmaVersion: "latest",
      sourceType: "script",
      allowReturnOutsideFunction: true,
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
  });
  if (computed) return undefined;
  const links = [...required];
  // One line before the text, so that lines of errors are right but for one.
  const imports = links
    .map((name, index) => `import * as $r${index} from ${JSON.stringify(name)};`)
    .join(" ");
  const table = links.map((name, index) => `${JSON.stringify(name)}: $r${index}`).join(", ");
  const reserved =
    /^(default|await|yield|enum|static|let|package|interface|private|protected|public|implements|null|true|false|this|class|function|return|delete|new|in|if|for|while|do|try|catch|throw|switch|case|var|const|void|typeof|import|export|with|else|finally|break|continue|debugger|extends|super|instanceof|eval|arguments)$/;
  const exported = [...names]
    .filter((name) => !reserved.test(name))
    .map((name, index) => ({ name, local: `$x${index}` }));
  const after = exported.map(({ name, local }) => `const ${local} = $module.exports.${name};`).join(" ");
  const list = exported.map(({ name, local }) => `${local} as ${name}`).join(", ");
  return {
    code: `${imports} const $table = { ${table} }; const $module = { exports: {} }; const $require = (name) => { const found = $table[name]; return "module.exports" in found ? found["module.exports"] : "default" in found ? found.default : found; };\n(function (module, exports, require) { ${source}\n}).call($module.exports, $module, $module.exports, $require);\n${after} const $default = $module.exports; export { ${[list, "$default as default"].filter(Boolean).join(", ")} };`,
  };
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
