/**
 * The coordinator: a pure function from what is and what is asked to what changes and what is to be done.
 *
 * Owns: every decision about runs, tasks, timers and which worker runs what. Does not own: time, ids, bytes, connections; they come in
 * commands and go out in changes and actions. Talks to nobody: its shell (the server) applies the changes, writes them, and does the
 * actions once they are durable.
 *
 * C1. Same state, same command: same decision.
 * C2. All changes of a decision are one atomic write; its actions are done in order after it (design D1).
 * C3. An effect is carried out once, in program order (design T2): by (epoch, seq), see commands/commit.ts.
 * C4. After every decision each running run has a task that can go on, or a timer, or an inbox at which one waits, or an activation at work:
 *     else it was ended (runs.ts), so nothing hangs silently.
 * C5. Rows of an ended run are gone but for the run's own, and its lines until they are printed (design T7).
 */
import { unreachable } from "../base/errors.ts";
import type { Command, Decision } from "./command.ts";
import { taskBegun } from "./commands/begun.ts";
import { cancel } from "./commands/cancel.ts";
import { commit } from "./commands/commit.ts";
import { dispatch } from "./commands/dispatch.ts";
import { drainWorker } from "./commands/drain-worker.ts";
import { drained } from "./commands/drained.ts";
import { forget } from "./commands/forget.ts";
import { fork } from "./commands/fork.ts";
import { restart } from "./commands/restart.ts";
import { returned } from "./commands/returned.ts";
import { send } from "./commands/send.ts";
import { startRun } from "./commands/start-run.ts";
import { tick } from "./commands/tick.ts";
import { upgrade } from "./commands/upgrade.ts";
import { workerJoined } from "./commands/worker-joined.ts";
import { workerLost } from "./commands/worker-lost.ts";
import { Draft } from "./draft.ts";
import { collectGarbage, trace } from "./garbage.ts";
import { keep } from "./kept.ts";
import { keepPrinted } from "./lines.ts";
import type { State } from "./state.ts";

export function decide(state: State, command: Command): Decision {
  const draft = new Draft(state);
  draw(draft, command);
  collectGarbage(draft);
  return draft.finish();
}

function draw(draft: Draft, command: Command): void {
  switch (command.kind) {
    case "restart":
      restart(draft, command);
      break;
    case "start-run":
      startRun(draft, command);
      break;
    case "worker-joined":
      workerJoined(draft, command);
      break;
    case "drain-worker":
      drainWorker(draft, command);
      break;
    case "drained":
      drained(draft, command);
      break;
    case "worker-lost":
      workerLost(draft, command);
      break;
    case "commit":
      commit(draft, command);
      break;
    case "returned":
      returned(draft, command);
      break;
    case "begun":
      taskBegun(draft, command);
      break;
    case "tick":
      tick(draft, command);
      break;
    case "cancel":
      cancel(draft, command);
      break;
    case "send":
      send(draft, command);
      break;
    case "printed":
      keepPrinted(draft, command.keys);
      break;
    case "upgrade":
      upgrade(draft, command);
      break;
    case "fork":
      fork(draft, command);
      break;
    case "keep":
      keep(draft, command);
      break;
    case "trace":
      trace(draft, command);
      break;
    case "forget":
      forget(draft, command);
      break;
    case "dispatch":
      dispatch(draft, command);
      break;
    default:
      unreachable(command);
  }
}
