/**
 * The words of the analysis. `resolve.ts` builds these, `storage.ts` decides where every variable lives, and from
 * then on they are only read.
 */
import type { Node } from "../node.ts";

export type BindingKind =
  | "var"
  | "let"
  | "const"
  | "class"
  | "function"
  | "param"
  | "catch"
  | "import"
  /** The name of a function expression, seen from inside it; the inner name of a class likewise. */
  | "name"
  /** What arrow functions take from around them, treated as variables of the function that has them. */
  | "this"
  | "arguments"
  | "newTarget";

/** Where a variable lives in the output. */
export type Storage =
  /** Declared where the source declares it. */
  | { readonly kind: "native"; readonly name: string }
  /** Declared at the top of its function, under a name unique there. */
  | { readonly kind: "hoisted"; readonly name: string }
  /** A field of an environment object. */
  | { readonly kind: "env"; readonly env: Env; readonly field: string }
  /** A field of the module's record. */
  | { readonly kind: "module"; readonly field: string }
  /** Read from another module; `name` is null for the namespace itself. */
  | { readonly kind: "import"; readonly from: number; readonly name: string | null }
  /** Nowhere: every use is an error. */
  | { readonly kind: "dead" };

export interface Reference {
  readonly node: Node;
  readonly fn: Fn;
  readonly write: boolean;
}

export interface Binding {
  readonly name: string;
  readonly kind: BindingKind;
  readonly scope: Scope;
  /** The declaring identifier, or the function or class that declares it. */
  readonly node: Node;
  /** Offset behind which straight-line code finds it initialised. */
  readyAt: number;
  /** The declaration: a VariableDeclaration, function, class, import specifier, … */
  readonly declaration: Node;
  readonly references: Reference[];
  /** Referred to from a function other than its own. */
  captured: boolean;
  /** Written to other than by its declaration. */
  assigned: boolean;
  storage: Storage;
  /** Reads have to ask whether it is initialised. */
  checked: boolean;
}

/** Variables of one scope instance that nested functions capture, as an object at run time. */
export interface Env {
  readonly index: number;
  readonly scope: Scope;
  /** The enclosing environment; null: the module's record. */
  readonly up: Env | null;
}

export interface Scope {
  readonly kind:
    | "module"
    | "function"
    | "body"
    | "block"
    | "loop"
    /** What the variables of a `for-in` or `for-of` are to the object that is iterated: never initialised. */
    | "head"
    | "switch"
    | "catch"
    | "class"
    | "name"
    | "object";
  readonly node: Node;
  readonly parent: Scope | null;
  readonly fn: Fn;
  readonly bindings: Map<string, Binding>;
  /** Function declarations, whose closures are made when the scope is entered. */
  readonly functions: Node[];
  env: Env | null;
}

export interface Fn {
  readonly kind:
    | "module"
    | "function"
    | "arrow"
    /** Method of an object literal, or an async method of a class: a site of its own. */
    | "method"
    /** Accessor of an object literal: a site of its own. */
    | "accessor"
    /** Constructor, method or accessor that stays in the text of its class. */
    | "member"
    /** Initialiser of a class field. */
    | "field"
    /** Static block of a class. */
    | "static";
  readonly node: Node;
  readonly parent: Fn | null;
  readonly async: boolean;
  readonly generator: boolean;
  /** Can be suspended: async functions, generators, the module. */
  readonly lowered: boolean;
  /** Constructor of a class with a superclass: `this` begins uninitialised. */
  readonly derived: boolean;
  /** Scope of the parameters; and of the body, unless `body` is another. */
  scope: Scope;
  body: Scope;
  /** The parameter list contains closures, so it has to be taken apart in the body. */
  closuresInParams: boolean;
  /** Of a constructor: arrow functions in it call `super()`. */
  superInArrow: boolean;
  /** Of a function declaration: the scope at whose entry it is made. */
  hoistedTo: Scope | null;
  /** The class around a member, field, static part or async method; null elsewhere. */
  readonly owner: ClassInfo | null;
  /** Names of this function's own text that are nobody's variable. */
  readonly globals: Set<string>;
}

/** A class, or an object literal with methods that use `super`. */
export interface ClassInfo {
  readonly node: Node;
  readonly scope: Scope;
  readonly fn: Fn;
  /** Its heritage or computed keys mention its name or private names, so its environment is there before they are evaluated. */
  readonly early: boolean;
  /** Code outside the class text needs the class: it reads private members or `super` there. */
  needsHome: boolean;
  /** Private names that code outside the class text uses. */
  readonly outsidePrivate: Set<string>;
}

export interface ImportSlot {
  readonly specifier: string;
  readonly json: boolean;
  /** The namespace, and not names of it. */
  readonly whole: boolean;
}

export interface Export {
  readonly name: string;
  readonly binding: Binding;
}

export interface Analysis {
  readonly module: Fn;
  readonly fns: readonly Fn[];
  readonly scopes: readonly Scope[];
  /** Scope opened by a block, loop, switch, catch clause or class. */
  readonly scopeOf: ReadonlyMap<Node, Scope>;
  /** Scope of the name of a function expression. */
  readonly nameScopeOf: ReadonlyMap<Node, Scope>;
  readonly fnOf: ReadonlyMap<Node, Fn>;
  readonly classOf: ReadonlyMap<Node, ClassInfo>;
  /** What an identifier (also `this`, `new.target`) refers to; absent: a global. */
  readonly bindingOf: ReadonlyMap<Node, Binding>;
  /** Nodes that contain a suspension point of their own function. */
  readonly suspending: ReadonlySet<Node>;
  /** Names that anonymous functions and classes take from where they stand. */
  readonly nameOf: ReadonlyMap<Node, string>;
  /** The class that declares the private name used here, if this is outside the text of that class in the output. */
  readonly privateOwner: ReadonlyMap<Node, ClassInfo>;
  /** `super` outside the text of its class in the output, with the class and whether the member is static. */
  readonly superOwner: ReadonlyMap<Node, { readonly owner: ClassInfo; readonly isStatic: boolean }>;
  readonly imports: readonly ImportSlot[];
  readonly exports: readonly Export[];
  readonly reexports: readonly { readonly name: string; readonly from: number; readonly imported: string }[];
  readonly stars: readonly number[];
  /** Specifiers of `import("…")`, and those whose specifier is computed. */
  readonly dynamicImports: { readonly specifiers: readonly string[]; readonly computed: readonly Node[] };
  /** Every identifier of the module. */
  readonly names: ReadonlySet<string>;
  /** Assignments, calls and their kind, in the order of the text: what may write to something that is no variable of the module. */
  readonly writers: readonly Node[];
}

/** What a variable is declared with, if it is declared by its name. */
export function initialiserOf({ node, declaration }: Binding): Node | undefined {
  const declarators: Node[] = declaration["declarations"] ?? [];
  return declarators.find(({ id }) => id === node)?.["init"] ?? undefined;
}
