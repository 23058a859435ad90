/** Assignments by patterns look at the dead zone like all others; a constant may even read itself. */
export default async function main(log) {
  const said = async (what, body) => {
    try {
      await body();
      log(what, "went on");
    } catch (error) {
      log(what, error.name, error.message);
    }
  };
  await said("array", async () => {
    const early = () => x;
    await null;
    [x] = [1];
    let x = 2;
    log(early());
  });
  await said("object", async () => {
    ({ x, ...y } = { x: 1, z: 2 } as any);
    let x, y;
    await null;
    log((() => [x, y])());
  });
  await said("late", async () => {
    const late = () => ({ x } = { x: 3 });
    let x = 1;
    await null;
    log(late(), x);
  });
  await said("itself", async () => {
    const x = x + 1;
    await null;
    log(x);
  });
  await said("each other", async () => {
    const a = b + 1, b = a + 1;
    await null;
    log(a, b);
  });
}
