import { inspect } from "node:util";

/** What a program did: its lines, and how it ended. */
export async function trace(main: (log: (...values: unknown[]) => void) => unknown): Promise<string[]> {
  const lines: string[] = [];
  const show = (value: unknown): string => (typeof value === "string" ? value : inspect(value, { depth: 6 }));
  const log = (...values: unknown[]): void => void lines.push(values.map(show).join(" "));
  try {
    lines.push(`= ${show(await main(log))}`);
  } catch (error) {
    lines.push(`! ${error instanceof Error ? `${error.name}: ${error.message}` : show(error)}`);
  }
  return lines;
}
