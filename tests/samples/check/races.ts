import { barrier, call, inbox, mutex, queue, select, sleep } from "continua";

const jobs = queue<number>();
const lock = mutex();
const other = { dequeue: async () => 1 };

async function work(n: number) {
  return n;
}

export default async function main() {
  await Promise.race([
    jobs.dequeue(), // rule: lost-race
    sleep(500),
  ]);
  const message = inbox<string>("messages").receive();
  await Promise.any([
    call(work, 1),
    message, // rule: lost-race
    lock.acquire(), // rule: lost-race
  ]);
  await Promise.race([barrier(2).arrive(), work(3)]); // rule: lost-race
  // Nothing is lost by these.
  await Promise.race([call(work, 2), sleep(5), work(1)]);
  await Promise.all([jobs.dequeue(), other.dequeue()]);
  await select({ job: jobs, late: "1s" });
  const race = [jobs.dequeue()];
  await Promise.allSettled(race);
}
