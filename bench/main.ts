/**
 * `npm run bench -- ROOM [--json FILE] [--only CASE] [--rounds N] [--plots DIR]`: measures one room, prints tables, and writes the same as JSON and as plots.
 * More for some rooms: `--from DIR` (peers), `--up-to N` (scaling), `--limit SECONDS` (both).
 *
 * `--resume` keeps what FILE has and is not measured now, so that a bench of an hour is made in pieces: `-- kappa --only hops --resume --json FILE`.
 * `-- show --json FILE` measures nothing, and prints what is there; with `--plots DIR` it draws the plots anew, and with `--into PAGE` it puts the tables into a
 * page (sheet.ts).
 *
 * B1. What is compared runs by turns, and medians are compared: the machine's moods fall on both sides alike. It runs in the same process, or (compiled code
 *     against native) in processes by turns.
 * B2. A target is a ratio, never a time, unless it says so. A figure without its command, machine and commit is not published.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { benchApps } from "./apps/main.ts";
import { benchScaling } from "./apps/scaling.ts";
import { benchCodec } from "./codec/main.ts";
import { benchEngine } from "./engine/main.ts";
import { benchKappa } from "./kappa/main.ts";
import { benchLanguage } from "./language/main.ts";
import { benchPeers } from "./peers/main.ts";
import { printTable, type Row, type Wish, writeJson } from "./report.ts";
import { plotSheet, printSheet, readSheets, type Sheet, withTables } from "./sheet.ts";
import { benchStore } from "./store/main.ts";

/** Rooms with targets answer rows, the others sheets. */
const rooms: Readonly<Record<string, (wish: Wish) => Promise<readonly (Row | Sheet)[]>>> = {
  language: benchLanguage,
  codec: benchCodec,
  engine: benchEngine,
  store: benchStore,
  kappa: benchKappa,
  peers: benchPeers,
  apps: benchApps,
  scaling: benchScaling,
  show: async () => [],
};
/** A round of these is a process that works for seconds. */
const heavy: Readonly<Record<string, number>> = { engine: 3, kappa: 5, peers: 3, apps: 3, scaling: 3 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "string" },
    only: { type: "string" },
    rounds: { type: "string" },
    from: { type: "string" },
    limit: { type: "string" },
    plots: { type: "string" },
    resume: { type: "boolean" },
    "up-to": { type: "string" },
    into: { type: "string" },
  },
});
const name = positionals[0] ?? "";
const room = rooms[name];
const rounds = Number(values.rounds ?? heavy[name] ?? 11);
if (room === undefined || !Number.isSafeInteger(rounds) || rounds < 1) {
  console.error(
    `usage: npm run bench -- ${Object.keys(rooms).join("|")} [--json FILE] [--only CASE] [--rounds N] [--plots DIR]`,
  );
  process.exitCode = 2;
} else {
  const { only, from, limit, json, resume = false, "up-to": upTo, into } = values;
  const kept = json !== undefined && (resume || name === "show") ? readSheets(json) : [];
  /** All that FILE is to have, in the order in which it has them. */
  const withKept = (made: readonly Sheet[]): Sheet[] => {
    const named = new Map(made.map((sheet) => [sheet.name, sheet]));
    const others = made.filter((sheet) => kept.every(({ name }) => name !== sheet.name));
    return [...kept.map((sheet) => named.get(sheet.name) ?? sheet), ...others];
  };
  const rows = await room({
    rounds,
    resume,
    ...(only === undefined ? {} : { only }),
    ...(from === undefined ? {} : { from }),
    ...(limit === undefined ? {} : { limitS: Number(limit) }),
    ...(upTo === undefined ? {} : { upTo: Number(upTo) }),
    ...(json === undefined
      ? {}
      : { json, soFar: (sheets: readonly Sheet[]) => writeJson(json, name, [], withKept(sheets)) }),
  });
  const made = rows.filter((row): row is Sheet => "columns" in row);
  const sheets = name === "show" ? kept : made;
  const measured = rows.filter((row): row is Row => !("columns" in row));
  for (const sheet of sheets) printSheet(sheet);
  if (measured.length > 0) printTable(measured);
  if (values.plots !== undefined) for (const sheet of sheets) await plotSheet(sheet, values.plots);
  if (into !== undefined) writeFileSync(into, withTables(readFileSync(into, "utf8"), sheets));
  if (json !== undefined && name !== "show") writeJson(json, name, measured, withKept(made));
}
