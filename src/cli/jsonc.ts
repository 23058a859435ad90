/** JSON with comments and commas before a closing bracket, as tsconfig.json has it. @throws {SyntaxError} */
export function parseJsonc(text: string): unknown {
  // A text in quotes stays as it is; of a comment its lines stay, so that errors have the right ones.
  const plain = text
    .replace(/^\uFEFF/, "")
    .replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (found) =>
      found.startsWith('"') ? found : found.replace(/[^\n]/g, " "),
    )
    .replace(/"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])/g, (found) => (found === "," ? "" : found));
  return plain.trim() === "" ? undefined : JSON.parse(plain);
}
