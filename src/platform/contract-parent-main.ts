/**
 * A server that is going to be killed: starts a contract worker that keeps the thread, prints the worker's process id and the id of a
 * process that the worker has started, and goes on. With the argument `frozen` the worker is frozen before that.
 */
import { orderMessage } from "./contract-order.ts";
import { openProcessPlatform } from "./process.ts";

const [, , entry, how] = process.argv;
const link = openProcessPlatform({ entry: entry! }).start(
  {},
  {
    received(message) {
      if (message.kind !== "returned") return;
      if (how === "frozen") link.freeze();
      console.log(JSON.stringify([Number(link.name), message.epoch]));
    },
    printed() {},
    exited: (death) => console.log(JSON.stringify(death)),
  },
);
link.send(orderMessage("child"));
