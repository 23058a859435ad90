/**
 * ESTree nodes and how new ones are built.
 *
 * A node is kept loosely typed: the compiler copies and rearranges trees that a parser has checked and that a printer
 * reads, and every phase asks for `type` first.
 */

// biome-ignore lint/suspicious/noExplicitAny: the fields of a syntax tree depend on `type`
type Any = any;

export interface SourceLocation {
  readonly start: { readonly line: number; readonly column: number };
  readonly end: { readonly line: number; readonly column: number };
}

export interface Node {
  type: string;
  start?: number;
  end?: number;
  loc?: SourceLocation | null;
  [field: string]: Any;
}

/** Fields that hold no children. */
const leaves = new Set([
  "type",
  "start",
  "end",
  "loc",
  "range",
  "raw",
  "value",
  "operator",
  "kind",
  "name",
  "regex",
]);

/** The children of a node, in source order as the parser lays them out. */
export function children(node: Node): Node[] {
  const found: Node[] = [];
  for (const key in node) {
    const value = node[key];
    if (typeof value !== "object" || value === null) continue;
    if (leaves.has(key) && typeof value.type !== "string") continue;
    if (Array.isArray(value)) {
      for (const item of value) if (item !== null && typeof item?.type === "string") found.push(item);
    } else if (typeof value.type === "string") found.push(value);
  }
  return found;
}

export function isFunction(node: Node): boolean {
  return (
    node.type === "FunctionDeclaration" ||
    node.type === "FunctionExpression" ||
    node.type === "ArrowFunctionExpression"
  );
}

export function isClass(node: Node): boolean {
  return node.type === "ClassDeclaration" || node.type === "ClassExpression";
}

/** A function or class that takes its name from where it stands. */
export function isAnonymous(node: Node): boolean {
  if (node.type === "ArrowFunctionExpression") return true;
  if (node.type === "FunctionExpression") return !node["id"];
  const named = (member: Node): boolean =>
    member["static"] && member["key"] && (member["computed"] || staticKey(member) === "name");
  return isClass(node) && !node["id"] && !node["body"].body.some(named);
}

export function isLoop(node: Node): boolean {
  return (
    node.type === "ForStatement" ||
    node.type === "ForInStatement" ||
    node.type === "ForOfStatement" ||
    node.type === "WhileStatement" ||
    node.type === "DoWhileStatement"
  );
}

/** Identifiers that a pattern binds (not those that its defaults and computed keys mention). */
export function boundIdentifiers(pattern: Node | null, found: Node[] = []): Node[] {
  switch (pattern?.type) {
    case "Identifier":
      found.push(pattern);
      break;
    case "ObjectPattern":
      for (const property of pattern["properties"]) {
        boundIdentifiers(property.type === "RestElement" ? property.argument : property.value, found);
      }
      break;
    case "ArrayPattern":
      for (const element of pattern["elements"]) boundIdentifiers(element, found);
      break;
    case "AssignmentPattern":
      boundIdentifiers(pattern["left"], found);
      break;
    case "RestElement":
      boundIdentifiers(pattern["argument"], found);
      break;
  }
  return found;
}

/** Name of a property key that is known at compile time. */
export function staticKey(node: Node): string | null {
  const key: Node = node["key"];
  if (node["computed"]) return null;
  if (key.type === "Identifier") return key["name"];
  if (key.type === "PrivateIdentifier") return `#${key["name"]}`;
  return String(key["value"]);
}

/** `[Symbol.iterator]`, `["x"]`: a computed key that is the same whenever it is evaluated. */
export function isFixedKey(key: Node): boolean {
  if (key.type === "Literal") return true;
  return (
    key.type === "MemberExpression" &&
    !key["computed"] &&
    key["object"].type === "Identifier" &&
    key["object"].name === "Symbol"
  );
}

/** Members whose key is evaluated when the class is declared. */
export function computedMembers(cls: Node): Node[] {
  return cls["body"].body.filter((member: Node) => member["computed"] && !isFixedKey(member["key"]));
}

/** A declaration by `using` or `await using`. */
export function isUsing(node: Node | null | undefined): boolean {
  return node?.type === "VariableDeclaration" && (node["kind"] === "using" || node["kind"] === "await using");
}

/** The builders. `at` carries the position of an original node over to the new one. */
export const b = {
  id: (name: string): Node => ({ type: "Identifier", name }),
  literal: (value: string | number | boolean | null): Node => ({
    type: "Literal",
    value,
    raw: JSON.stringify(value),
  }),
  void0: (): Node => b.unary("void", b.literal(0)),
  member: (object: Node, name: string): Node =>
    /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)
      ? { type: "MemberExpression", object, property: b.id(name), computed: false, optional: false }
      : b.index(object, b.literal(name)),
  index: (object: Node, property: Node): Node => ({
    type: "MemberExpression",
    object,
    property,
    computed: true,
    optional: false,
  }),
  call: (callee: Node, ...args: Node[]): Node => ({
    type: "CallExpression",
    callee,
    arguments: args,
    optional: false,
  }),
  assign: (left: Node, right: Node, operator = "="): Node => ({
    type: "AssignmentExpression",
    operator,
    left,
    right,
  }),
  unary: (operator: string, argument: Node): Node => ({
    type: "UnaryExpression",
    operator,
    prefix: true,
    argument,
  }),
  binary: (left: Node, operator: string, right: Node): Node => ({
    type: "BinaryExpression",
    left,
    operator,
    right,
  }),
  logical: (left: Node, operator: string, right: Node): Node => ({
    type: "LogicalExpression",
    left,
    operator,
    right,
  }),
  conditional: (test: Node, consequent: Node, alternate: Node): Node => ({
    type: "ConditionalExpression",
    test,
    consequent,
    alternate,
  }),
  sequence: (...expressions: Node[]): Node =>
    expressions.length === 1 ? expressions[0]! : { type: "SequenceExpression", expressions },
  /** `(0, f)`: the function without the object it was read from. */
  bare: (callee: Node): Node =>
    callee.type === "MemberExpression" ? b.sequence(b.literal(0), callee) : callee,
  array: (elements: (Node | null)[]): Node => ({ type: "ArrayExpression", elements }),
  object: (properties: Node[]): Node => ({ type: "ObjectExpression", properties }),
  property: (key: string | Node, value: Node): Node => ({
    type: "Property",
    kind: "init",
    key:
      typeof key === "string"
        ? /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)
          ? b.id(key)
          : b.literal(key)
        : key,
    value,
    computed: typeof key !== "string",
    method: false,
    shorthand: false,
  }),
  spread: (argument: Node): Node => ({ type: "SpreadElement", argument }),
  arrow: (params: Node[], body: Node): Node => ({
    type: "ArrowFunctionExpression",
    params,
    body,
    expression: body.type !== "BlockStatement",
    async: false,
    generator: false,
  }),
  functionExpression: (params: Node[], body: Node, id: Node | null = null): Node => ({
    type: "FunctionExpression",
    id,
    params,
    body,
    async: false,
    generator: false,
  }),
  functionDeclaration: (name: string, params: Node[], body: Node[]): Node => ({
    type: "FunctionDeclaration",
    id: b.id(name),
    params,
    body: b.block(body),
    async: false,
    generator: false,
  }),
  statement: (expression: Node): Node => ({ type: "ExpressionStatement", expression }),
  set: (left: Node, right: Node): Node => b.statement(b.assign(left, right)),
  block: (body: Node[]): Node => ({ type: "BlockStatement", body }),
  if: (test: Node, consequent: Node, alternate: Node | null = null): Node => ({
    type: "IfStatement",
    test,
    consequent,
    alternate,
  }),
  return: (argument: Node | null): Node => ({ type: "ReturnStatement", argument }),
  throw: (argument: Node): Node => ({ type: "ThrowStatement", argument }),
  break: (label: string | null): Node => ({
    type: "BreakStatement",
    label: label === null ? null : b.id(label),
  }),
  continue: (label: string | null): Node => ({
    type: "ContinueStatement",
    label: label === null ? null : b.id(label),
  }),
  labeled: (label: string, body: Node): Node => ({ type: "LabeledStatement", label: b.id(label), body }),
  declare: (kind: "let" | "const" | "var", declarators: [Node, Node | null][]): Node => ({
    type: "VariableDeclaration",
    kind,
    declarations: declarators.map(([id, init]) => ({ type: "VariableDeclarator", id, init })),
  }),
  const: (name: string, init: Node): Node => b.declare("const", [[b.id(name), init]]),
  at: (node: Node, original: Node | null | undefined): Node => {
    if (original?.loc != null) node.loc = original.loc;
    return node;
  },
};
