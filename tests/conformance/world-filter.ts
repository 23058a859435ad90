/**
 * Which tests count in `world`: those of which nothing but the task has to be written down. The text decides, not how a run goes:
 *
 * W1. A script without early errors: it becomes one module with the harness.
 * W2. It names nothing that has no form as bytes by the specification (docs/internals/snapshot.md): a Proxy, what tells of
 *     collected garbage, memory that agents share, what makes code out of text (`eval`, constructors of functions), the test host's own `$262`.
 * W3. It changes nothing of the realm, which belongs to the process: no built-in object gets, loses or changes a property.
 */
import { type Test, withoutComments } from "./collect.ts";

const unsaveable =
  /(?<![\w$])(Proxy|FinalizationRegistry|SharedArrayBuffer|Atomics|\$262|eval|(?:Async|Generator|AsyncGenerator)Function|(?<=extends )Function)(?![\w$])/;
/** Helpers of the harness that hold such things themselves. */
const unsaveableHelpers: readonly string[] = ["wellKnownIntrinsicObjects.js", "proxyTrapsHelper.js"];
const builtIn =
  "(?:Array|Object|String|Number|Boolean|Function|Promise|Symbol|RegExp|Math|JSON|Date|Error|Map|Set|Iterator|globalThis|Reflect|[A-Z]\\w*Prototype|[A-Z]\\w*IteratorPrototype|[A-Z]\\w*Proto)";
/** Assignment to a property of a built-in object, or of its prototype; definition or removal of one. */
const changesRealm = new RegExp(
  [
    `\\b${builtIn}(?:\\.prototype)?(?:\\.\\w+|\\[[^\\]]+\\])\\s*(?:[-+*/%&|^]|\\*\\*|&&|\\|\\||\\?\\?|<<|>>>?)?=(?!=)`,
    `define(?:Property|Properties)\\(\\s*${builtIn}\\b`,
    `setPrototypeOf\\(\\s*${builtIn}\\b`,
    `delete\\s+${builtIn}\\b`,
  ].join("|"),
);

/** `undefined` if the test counts. */
export function reasonNotInWorld(test: Test): string | undefined {
  if (test.flags.includes("module")) return "module";
  const text = withoutComments(test.source);
  if (/(?<![\w.])await\b/.test(text) && !test.flags.includes("async")) return "await as a name";
  if (unsaveable.test(text)) return `names ${unsaveable.exec(text)![1]}, which has no form as bytes`;
  const helper = test.includes.find((each) => unsaveableHelpers.includes(each));
  if (helper !== undefined) return `includes ${helper}, which has no form as bytes`;
  if (changesRealm.test(text)) return "changes the realm, which is not the task's";
  return undefined;
}
