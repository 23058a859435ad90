export const lines: string[] = [];
const make = (name) => ({ name, [Symbol.dispose]: () => void lines.push(`dispose ${name}`), async [Symbol.asyncDispose]() { await null; lines.push(`closed ${name}`); } });
using first = make("first");
await using second = make("second");
export const held = first;
lines.push(`${first.name} ${second.name}`);
await null;
export function late() { return first; }
