/** A whole random program: a module whose default export is given `log`, or several. It is a sample as those of tests/samples/language are. */
import { ambient } from "./ambient.ts";
import { closures } from "./closures.ts";
import { dividedProgram } from "./divided.ts";
import { expressions } from "./expressions.ts";
import { fibers, promises } from "./fibers.ts";
import { foreignImports, framed, helpers, neededBy, shared } from "./helpers.ts";
import { imported } from "./imported.ts";
import { objects, signals } from "./objects.ts";
import { statements } from "./statements.ts";
import { outermost, Writer } from "./writer.ts";

const state = [...Object.values(shared), "let a = 1, b = 2, c = 0;"].join("\n");

/** `concurrent`: with more than one fiber; then perhaps of more than one module, too. */
export function randomProgram(seed: number, concurrent: boolean): string {
  const single = [...statements, ...closures, ...objects];
  const rules = concurrent
    ? {
        expressions: [...expressions, ...ambient.expressions, ...imported.expressions],
        promises: [...promises, ...ambient.promises, ...imported.promises],
        statements: [...single, ...fibers, ...signals, ...ambient.statements, ...imported.statements],
      }
    : { expressions, promises, statements: single };
  const writer = new Writer(seed, rules, concurrent);
  if (concurrent && writer.rarely(4)) return dividedProgram(writer);
  const run = `const run = async () => {\n${writer.outermost(outermost, 6)}\n};`;
  const [release, end] = framed(concurrent);
  const used = neededBy(`${release}${run}${end}${state}`).map((name) => helpers[name]);
  const parts = [...used, state, run].join("\n");
  const imports = foreignImports(parts);
  if (writer.rarely(3)) {
    return `${imports}let log;\n${parts}\nexport default async function main(given) {\nlog = given;\n${release}${end}\n}\n`;
  }
  return `${imports}export default async function main(log) {\n${parts}\n${release}${end}\n}\n`;
}
