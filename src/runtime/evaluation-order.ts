/** Modules in the order in which their bodies run, up to and with `entry`. */
export function evaluationOrder(
  entry: string,
  dependencies: (module: string) => readonly string[],
): readonly string[] {
  const order: string[] = [];
  const seen = new Set([entry]);
  const stack: { readonly id: string; readonly next: string[] }[] = [
    { id: entry, next: [...dependencies(entry)] },
  ];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const child = top.next.shift();
    if (child === undefined) {
      order.push(top.id);
      stack.pop();
    } else if (!seen.has(child)) {
      seen.add(child);
      stack.push({ id: child, next: [...dependencies(child)] });
    }
  }
  return order;
}
