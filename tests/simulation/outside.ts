/**
 * The world outside, as the programs of the simulation see it: a foreign module. Its actions happen at least once; who wants them once gives
 * a key. Which world it is, is the simulation's to say; under `--plain`, and natively, it is one in which nothing goes wrong.
 */
export interface Outside {
  /** Orders something. Answers the number of the order: another one for each call, so that a call made again shows. */
  order(label: string, key: string): Promise<number>;
  /** As `order`, but the first `times` calls for the label fail, or give no answer for a long time. */
  flaky(label: string, key: string, times: number): Promise<number>;
  /** Writes under a lock: refused if a higher token has been seen. Answers what was there before. */
  write(name: string, token: number, value: number): number;
  /** Sees that the program has come here. */
  pass(mark: string): void;
  /** Sees that something is asked, or has been answered, under a name; again if it is asked again. */
  note(name: string, asked: unknown, answer?: unknown): void;
}

let world: Outside | undefined;

export function setOutside(outside: Outside): void {
  world = outside;
}

function need(): Outside {
  if (world === undefined) throw new Error("there is no world outside");
  return world;
}

export const order = (label: string, key: string): Promise<number> => need().order(label, key);
export const flaky = (label: string, key: string, times: number): Promise<number> =>
  need().flaky(label, key, times);
export const write = (name: string, token: number, value: number): number => need().write(name, token, value);
export const note = (name: string, asked: unknown, answer?: unknown): void =>
  need().note(name, asked, answer);
export const pass = (mark: string): void => need().pass(mark);
