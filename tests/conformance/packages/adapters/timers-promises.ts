/** `node:timers/promises` over the timers of the task, whose state is saved. */
const sleep = <T>(ms?: number, value?: T): Promise<T> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(value as T), ms);
  });
const soon = <T>(value?: T): Promise<T> => sleep(0, value);
export const scheduler = {
  wait: (ms: number): Promise<void> => sleep(ms) as Promise<void>,
  yield: (): Promise<void> => soon() as Promise<void>,
};
export { sleep as setTimeout, soon as setImmediate };
