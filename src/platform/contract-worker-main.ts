/** Entry of a process that runs the contract suite's worker. */
import { contractSignal, contractWorker } from "./contract-worker.ts";
import { connectToParent } from "./process-child.ts";

contractWorker(connectToParent(contractSignal).connection);
