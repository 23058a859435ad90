/**
 * Where the main thread of a worker is that is about to be killed at its time limit: asked by the watchdog's thread, over the engine's
 * debugger, written to stderr, and read there by the platform as part of the worker's death (design H4).
 */
import { Session } from "node:inspector";
import { formatDuration } from "../base/duration.ts";
import { limits } from "../base/limits.ts";

const before = "<--- last look: ";
const after = " --->\n";
const pattern = new RegExp(`${before}(.*?)${after}`, "s");
/** Of the stack that is shown. */
const linesMax = 3;

interface Answer {
  readonly result: { readonly value?: unknown };
}

/** What to write to stderr of a main thread that will not have looked up for `ms` when it is killed; nothing if it runs no code at all. */
export async function lastLook(ms: number): Promise<string | undefined> {
  const stack = await stackOfMain();
  const lines = (stack ?? "")
    .split("\n")
    .flatMap((line) => /^ +at (?!eval |.*\(<anonymous>\)$)(.*)/.exec(line)?.[1] ?? []);
  if (lines.length === 0) return undefined;
  const time = formatDuration(Math.round(ms / 100) * 100);
  return `${before}${lines.slice(0, linesMax).join(" < ")}, without a suspension for ${time}${after}`;
}

/** What a last look has found, of what a worker wrote. */
export function foundAtLast(stderr: string): string | undefined {
  return pattern.exec(stderr)?.[1];
}

export function withoutLastLook(stderr: string): string {
  return stderr.replace(pattern, "");
}

/** The worker's own words for its stack: positions in the source, and who waits. */
async function stackOfMain(): Promise<string | undefined> {
  const session = new Session();
  try {
    session.connectToMainThread();
    return await new Promise<string | undefined>((resolve) => {
      // If nothing runs there is nothing to stop.
      setTimeout(resolve, limits.lastLookMs * 0.75, undefined);
      session.on("Debugger.paused", ({ params }) => {
        const [frame] = params.callFrames;
        if (frame === undefined) return resolve(undefined);
        const question = { callFrameId: frame.callFrameId, expression: "new Error().stack" };
        session.post("Debugger.evaluateOnCallFrame", question, (failed, answer) => {
          const value = failed === null ? (answer as Answer | undefined)?.result.value : undefined;
          resolve(typeof value === "string" ? value : undefined);
        });
      });
      session.post("Debugger.enable");
      session.post("Debugger.pause");
    });
  } catch {
    // An engine built without a debugger.
    return undefined;
  } finally {
    session.disconnect();
  }
}
