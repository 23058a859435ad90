/** One seed: chooses program and input, lets the world live, and judges what has become of it. */
import assert from "node:assert/strict";
import type { RunId } from "../../src/base/ids.ts";
import { rootTaskOf, runOf } from "../../src/base/ids.ts";
import { keptKey, linesOf } from "../../src/coordinator/index.ts";
import type { RunRow } from "../../src/protocol/rows.ts";
import { setCurrent } from "../../src/runtime/current.ts";
import { Chance } from "./chance.ts";
import type { FaultKind } from "./faults.ts";
import type { Mutant } from "./mutants.ts";
import { setOutside } from "./outside.ts";
import type { Compiled } from "./programs.ts";
import { compiled, compileText, forget } from "./programs.ts";
import { scenarios, type Told } from "./scenarios.ts";
import { copyRun, moveUnseen, type Visit } from "./visits.ts";
import { Violation } from "./watch.ts";
import { World } from "./world.ts";

export interface SimulateOptions {
  readonly seed: number;
  /** Absent: one or two by the seed. */
  readonly program?: string;
  readonly mutant?: Mutant;
  /** Nothing goes wrong. */
  readonly calm?: boolean;
  /** Keep the transcript. */
  readonly keep?: boolean;
}

export interface Report {
  readonly seed: number;
  readonly programs: readonly Piece[];
  readonly faults: ReadonlyMap<FaultKind, number>;
  readonly steps: number;
  readonly fingerprint: string;
  readonly transcript: readonly string[];
  /** What does not hold. */
  readonly violation?: { readonly property: string; readonly message: string };
}

/** A program on its input. */
interface Piece {
  readonly name: string;
  readonly source: string | undefined;
  readonly input: unknown;
}

export async function simulate({
  seed,
  program,
  mutant,
  calm = false,
  keep = false,
}: SimulateOptions): Promise<Report> {
  const chance = new Chance(seed, "program");
  // By chances of its own: the same seed and program are the same story when there are more programs to choose from.
  const names = program !== undefined ? [program] : someOf(new Chance(seed, "programs"));
  // What is done outside at once may be ahead of the disk with group durability, and then be done again by others.
  const mayBeAhead = names.every((name) => !scenarios[name]!.actsAtOnce);
  const durability = mayBeAhead && chance.hits(0.4) ? "group" : "strict";
  const world = new World({ seed, durability, calm, keep, ...(mutant === undefined ? {} : { mutant }) });
  const pieces = names.map((name): Piece => {
    const { source, input } = scenarios[name]!;
    return { name, source: source?.(chance), input: input(chance) };
  });
  const { random } = Math;
  Math.random = new Chance(seed, "program's own").random;
  let violation: Report["violation"];
  try {
    await story(world, pieces, seed);
  } catch (error) {
    violation = violationOf(error);
  } finally {
    Math.random = random;
  }
  const { agenda, faults, transcript } = world;
  return {
    seed,
    programs: pieces,
    faults: faults.counts,
    steps: agenda.steps,
    fingerprint: transcript.fingerprint,
    transcript: transcript.lines,
    ...(violation === undefined ? {} : { violation }),
  };
}

function violationOf(error: unknown): Report["violation"] {
  if (error instanceof Violation) return { property: error.property, message: error.message };
  if (error instanceof assert.AssertionError) return { property: "result", message: error.message };
  return {
    property: "no mistake",
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}

function someOf(chance: Chance): string[] {
  const names = Object.entries(scenarios).flatMap(([name, { weight = 1 }]) =>
    Array<string>(weight).fill(name),
  );
  const first = chance.pick(names);
  return chance.hits(0.15) ? [first, chance.pick(names)] : [first];
}

/** A run, and what clients do to it. */
interface Started {
  readonly piece: Piece;
  readonly program: Compiled;
  /** To which it may have been moved. */
  readonly next: Compiled | undefined;
  readonly id: RunId;
  readonly visited: unknown;
  /** Runs that were copied from it, by the end. */
  readonly copies: ReadonlySet<RunId>;
}

async function story(world: World, pieces: readonly Piece[], seed: number): Promise<void> {
  setOutside(world.outside);
  setCurrent(undefined);
  const runs: Started[] = [];
  for (const [at, piece] of pieces.entries())
    runs.push(await begin(world, piece, new Chance(seed, `visits ${at}`)));
  await world.live();
  for (const run of runs) {
    await judge(world, run, run.id);
    for (const copy of run.copies) await judge(world, run, copy);
  }
  for (const [id, times] of world.watch.timesSaid)
    if (times > world.linesSaidMax)
      throw new Violation("X3 lines once", `line ${id} was said ${times} times`);
  for (const { copies } of runs) for (const copy of copies) world.history.copies.add(copy);
  // With group durability an answer may have been given, and been lost with all that followed from it.
  if (world.durability === "strict") world.history.check();
  const all = runs.flatMap(({ id, copies }) => [id, ...copies]);
  const rest = leftovers(
    world,
    await Promise.all(all.map(async (id) => (await world.result(id)).row)),
    runs.flatMap(({ program, next }) => [program.version, ...(next === undefined ? [] : [next.version])]),
  );
  for (const { piece, program } of runs) if (piece.source !== undefined) forget(program);
  if (rest.length > 0) throw new Violation("nothing left", `on the disk: ${rest.join(", ")}`);
}

/** Of the runs that come to the same whoever copies or moves them. */
const shareCopied = 0.15;
const shareMoved = 0.15;

async function begin(world: World, piece: Piece, chance: Chance): Promise<Started> {
  const { name, source, input } = piece;
  const { plain, visit, next: edit } = scenarios[name]!;
  const copied = plain === true && chance.hits(shareCopied);
  const moved = plain === true && source === undefined && chance.hits(shareMoved);
  const program = source === undefined ? await compiled(name) : await compileText("generated.ts", source);
  const next = edit !== undefined || moved ? await compiled(name, edit ?? alike) : undefined;
  const id = await world.start(program, name, input);
  const copies = new Set<RunId>();
  const at: Visit = { clients: world.clients, chance, run: id, input, next, copies };
  if (moved) moveUnseen(at);
  if (copied) copyRun(at);
  return { piece, program, next, id, visited: visit?.(at as never), copies };
}

/** Another version, which nobody can tell from the first. */
function alike(source: string): string {
  return `// The next version.\n${source}`;
}

async function judge(world: World, run: Started, id: RunId): Promise<void> {
  const { name, source, input } = run.piece;
  const { ends: endOf, judge: judged } = scenarios[name]!;
  const ends = endOf?.(id) ?? "succeeded";
  const { row, outcome } = await world.result(id);
  if (row.status !== ends || (ends === "succeeded" && outcome.kind !== "value")) {
    const told = row.message ?? JSON.stringify(outcome);
    throw new Violation("result", `the run ${id} of ${name} has ${row.status}: ${told}`);
  }
  if (row.stats.tasks !== row.stats.tasksEnded)
    throw new Violation(
      "every task ends",
      `${row.stats.tasksEnded} of ${row.stats.tasks} tasks of ${name} have ended`,
    );
  const lines = world.watch.lines.filter(({ task }) => runOf(task) === id).map(({ text }) => text);
  const result = outcome.kind === "value" ? run.program.program.decode(outcome.value) : undefined;
  const { outside } = world;
  const told: Told = {
    run: id,
    source,
    input,
    result,
    lines,
    outside,
    visited: run.visited,
    copy: id !== run.id,
  };
  await judged(told as never);
}

/** What is on the disk and should not be, when all runs have ended. */
function leftovers(world: World, runs: readonly RunRow[], versions: readonly string[]): string[] {
  const allowed = new Set<string>();
  for (const row of runs) {
    allowed.add(`run/${row.id}`).add(`bytes/outcome/${rootTaskOf(row.id)}`);
    for (const { bytes } of linesOf(row)) allowed.add(`bytes/${bytes}`);
    for (const { name } of row.kept ?? []) allowed.add(`bytes/${keptKey(row.id, name)}`);
  }
  for (const version of versions) allowed.add(`bundle/${version}`).add(`bytes/bundle/${version}`);
  return world.disk.kept().filter((key) => !allowed.has(key));
}
