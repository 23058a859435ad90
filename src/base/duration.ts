import { UserError } from "./errors.ts";

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  milliseconds: 1,
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  seconds: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
};

/**
 * Milliseconds of `"2s"`, `"1.5 h"`, `"5 minutes"` or a plain number (milliseconds).
 *
 * @throws {UserError} when `text` is not a duration, naming `what` it was meant for.
 */
export function parseDuration(text: string | number, what = "duration"): number {
  if (typeof text === "number") {
    if (Number.isFinite(text) && text >= 0) return text;
    throw new UserError(`${what}: ${text} is not a duration; give milliseconds of 0 or more`);
  }
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const unit = match?.[2] === "" ? 1 : unitMs[match?.[2]?.toLowerCase() ?? ""];
  if (match === null || unit === undefined) {
    throw new UserError(`${what}: "${text}" is not a duration; write for example 500ms, 2s, 5m or 1h`);
  }
  return Number(match[1]) * unit;
}

/** `1234` → `"1.2 s"`; for people. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  return `${minutes} min ${Math.round((ms - minutes * 60_000) / 1_000)} s`;
}
