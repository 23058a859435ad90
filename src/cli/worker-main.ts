/** Entry of a worker process: the worker, with the user's words for programs to import. */
import * as api from "../api/index.ts";
import { runWorkerProcess } from "../worker/index.ts";

runWorkerProcess({ namespaces: { continua: api } });
