/**
 * The world outside for programs on real processes, in place of outside.ts: what is done to it is appended to a file, with the time of the
 * machine. It is compiled with the program, as any module of it.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";

/** Where programs are started. */
const path = "outside.txt";

const line = (what: object): string =>
  `${JSON.stringify({ at: Number(process.hrtime.bigint() / 1_000n), ...what })}\n`;
const say = (what: object): void => appendFileSync(path, line(what));

export async function order(label: string, key: string): Promise<number> {
  const number = 1 + Math.floor(Math.random() * 2 ** 50);
  await appendFile(path, line({ order: { label, key, number } }));
  return number;
}

export async function flaky(label: string, key: string, times: number): Promise<number> {
  say({ tried: label });
  const tries = readFileSync(path, "utf8").split(JSON.stringify({ tried: label }).slice(1)).length - 1;
  if (tries > times) return await order(label, key);
  if (tries % 2 === 1) throw new Error(`${label} is busy`);
  await wait(200);
  return -1;
}

export function write(name: string, token: number, value: number): number {
  say({ written: { name, token, value } });
  return value;
}

export const pass = (mark: string): void => say({ mark });

export const note = (name: string, asked: unknown, answer?: unknown): void => say({ name, asked, answer });
