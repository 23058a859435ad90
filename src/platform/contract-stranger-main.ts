/** Entry of a process that does not speak the protocol. */
import { writeSync } from "node:fs";

writeSync(3, "HTTP/1.1 400 Bad Request\r\n\r\n");
setInterval(() => {}, 1_000_000);
