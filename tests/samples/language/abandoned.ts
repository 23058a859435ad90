// Nobody can ever settle what these fibers wait for: they are let go of, and the rest goes on.
export default async function main(log: (...values: unknown[]) => void) {
  const wait = async (name: string) => {
    await new Promise(() => {});
    log(name, "woken");
  };
  wait("a");
  new Promise(() => {}).then(() => log("then"));
  Promise.race([]).then(() => log("race"));
  for (let i = 0; i < 3; i++) {
    await null;
    log(i);
  }
}
