/**
 * A program of several modules as one text: a line `//// name.js` begins a module; what stands before the first one is the entry. So a program stays a
 * text that is printed, made small and written down as a sample.
 */
export interface ModuleText {
  readonly id: string;
  /** Where its line begins in the whole text, and where its own text does. */
  readonly from: number;
  readonly start: number;
  readonly text: string;
}

export const entry = "program.js";
export const wrapperId = "wrapper.js";
/** Where the lines of a program go; its clock and its timers, natively. */
export const traceModule = "fuzz:trace";
export const timeModule = "fuzz:time";

const line = /^\/\/\/\/ (.+)\n/gm;

export function modulesOf(source: string): readonly ModuleText[] {
  const heads = [...source.matchAll(line)];
  const places = [
    { id: entry, from: 0, start: 0 },
    ...heads.map((head) => ({ id: head[1]!, from: head.index, start: head.index + head[0].length })),
  ];
  return places.map((place, index) => ({
    ...place,
    text: source.slice(place.start, places[index + 1]?.from ?? source.length),
  }));
}

/**
 * The module that calls the program and says how it ended. The main function of a task must not reject: that would end it at once. How many ticks after its
 * modules have run a program is called is nobody's business: where they may have left something behind, time passes first.
 */
export function wrapperOf(modules: readonly ModuleText[]): string {
  const pause = modules.length > 1 ? "await new Promise((yes) => setTimeout(yes, 0));" : "";
  return `
import { print, ended } from "${traceModule}";
import main from "./${entry}";
const log = (...values) => print(values);
export default async function () {
  ${pause}
  try { ended("= ", await main(log)); } catch (error) { ended("! ", error); }
}`;
}
