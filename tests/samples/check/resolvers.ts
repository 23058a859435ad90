import { EventEmitter } from "node:events";
import { readFile } from "node:fs";
import http from "node:http";
import { sleep } from "continua";

const emitter = new EventEmitter();
const waiters: (() => void)[] = [];

function later(then: () => void) {
  waiters.push(then);
}

export default async function main() {
  await new Promise((resolve) => emitter.once("x", resolve)); // rule: native-resolver
  await new Promise<string>((resolve, reject) => {
    readFile("a.txt", "utf8", (error, text) => { // rule: native-resolver
      if (error) reject(error);
      else resolve(text);
    });
  });
  await new Promise<void>((resolve) => {
    const server = http.createServer();
    server.on("listening", () => resolve()); // rule: native-resolver
  });
  // Durable: timers and what the program itself keeps.
  await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise<void>((resolve) => waiters.push(resolve));
  await new Promise<void>((resolve) => later(resolve));
  await new Promise<void>((resolve) => {
    emitter.on("y", () => console.log("y"));
    resolve();
  });
  await sleep(1);
}
