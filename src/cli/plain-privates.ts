/**
 * Classes with private members are written so that `run --plain` can copy their instances (src/api/plain-instances.ts):
 *
 * ```js
 * class Account extends Base { #balance = start(); constructor(name) { super(name); open(this); } }                    // source
 *
 * class Account extends Base { #balance = $copying.now ? void 0 : (start());                                            // what runs, in one line
 *   constructor(name) { if ($copying.now) { super(); return; } super(name); open(this); }
 *   ;static { $copying.know(this, true, ($) => #balance in $, ($) => [$.#balance], ($, $v) => { [$.#balance] = $v; }); } }
 * ```
 *
 * Lines stay where they are. An initialiser that is a function or a class stays as it is: it gets its name from its field.
 */
import { type AnyNode, type Class, type MethodDefinition, type PropertyDefinition, parse } from "acorn";

interface Edit {
  readonly at: number;
  readonly text: string;
}

const name = "continua$copying";

export function withCopies(code: string): string {
  if (!/#[\p{ID_Start}$_\\]/u.test(code)) return code;
  const edits: Edit[] = [];
  visit(parse(code, { ecmaVersion: "latest", sourceType: "module" }), (node) => {
    if (node.type === "ClassDeclaration" || node.type === "ClassExpression") edits.push(...editsOf(node));
  });
  if (edits.length === 0) return code;
  let text = "";
  let from = 0;
  for (const { at, text: added } of edits.sort((one, other) => one.at - other.at)) {
    text += code.slice(from, at) + added;
    from = at;
  }
  return `${text}${code.slice(from)}\nimport { copying as ${name} } from "continua:plain";`;
}

type Member = MethodDefinition | PropertyDefinition;

function editsOf({ superClass, body }: Class): Edit[] {
  const members = body.body.filter((each): each is Member => each.type !== "StaticBlock" && !each.static);
  const hidden = members.filter(({ key }) => key.type === "PrivateIdentifier");
  const [first] = hidden;
  if (first === undefined) return [];
  const edits: Edit[] = [];
  for (const member of members) {
    if (member.type === "MethodDefinition") {
      if (member.kind !== "constructor") continue;
      const leave = superClass ? "{ super(); return; }" : "return;";
      edits.push({ at: member.value.body.start + 1, text: `if (${name}.now) ${leave}` });
    } else if (member.value && !/^(ArrowFunction|Function|Class)Expression$/.test(member.value.type)) {
      edits.push(
        { at: member.value.start, text: `${name}.now ? void 0 : (` },
        { at: member.value.end, text: ")" },
      );
    }
  }
  const fields = hidden
    .filter(({ type }) => type === "PropertyDefinition")
    .map((each) => `$.${hiddenName(each)}`);
  const list = `[${fields.join(", ")}]`;
  const told = [
    "this",
    String(Boolean(superClass)),
    `($) => ${hiddenName(first)} in $`,
    `($) => ${list}`,
    `($, $v) => { ${list} = $v; }`,
  ];
  edits.push({ at: body.end - 1, text: `;static { ${name}.know(${told.join(", ")}); }` });
  return edits;
}

function hiddenName({ key }: Member): string {
  return `#${(key as { readonly name: string }).name}`;
}

function visit(node: AnyNode, see: (node: AnyNode) => void): void {
  see(node);
  for (const value of Object.values(node)) {
    for (const part of Array.isArray(value) ? (value as unknown[]) : [value as unknown])
      if (isNode(part)) visit(part, see);
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && typeof (value as Partial<AnyNode>).type === "string";
}
