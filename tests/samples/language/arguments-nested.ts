/** Each function has its own `arguments`; arrows share those around them. */
export default async function main(log) {
  async function outer(..._: unknown[]) {
    const around = arguments;
    const arrow = async () => (await null, arguments === around);
    async function inner(..._: unknown[]) {
      await null;
      return [around === arguments, arguments.length, around.length];
    }
    const plain = function (..._: unknown[]) {
      return arguments.length;
    };
    return [await arrow(), ...(await inner(1)), plain(1, 2, 3)];
  }
  log(await outer("a", "b"));
}
