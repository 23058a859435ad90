/** A module of many lines, of the kinds of things that programs are made of: for the compiler's own speed and the size of its output. */
const part = (n: number): string => `
interface Order${n} { readonly id: string; readonly lines: { price: number; count: number }[] }
class Store${n} {
  orders = new Map<string, Order${n}>();
  limit: number;
  constructor(limit = ${n}) { this.limit = limit; }
  add(order: Order${n}): boolean {
    if (this.orders.size >= this.limit) return false;
    this.orders.set(order.id, order);
    return true;
  }
  total(id: string): number {
    const order = this.orders.get(id);
    if (order === undefined) throw new Error(\`no order \${id}\`);
    return order.lines.reduce((sum, { price, count }) => sum + price * count, 0);
  }
}
async function fetchOrder${n}(id: string, attempts = 3): Promise<Order${n}> {
  for (let attempt = 1; ; attempt++) {
    try {
      const lines = await Promise.all([1, 2, 3].map(async (price) => ({ price, count: await countOf${n}(id, price) })));
      return { id, lines };
    } catch (error) {
      if (attempt >= attempts) throw error;
    }
  }
}
async function countOf${n}(id: string, price: number): Promise<number> {
  const text = id + price;
  let count = 0;
  for (const character of text) if (character >= "0" && character <= "9") count += Number(character);
  await null;
  return count;
}
async function checkOut${n}(ids: string[]): Promise<number> {
  const store = new Store${n}(100);
  let total = 0;
  for (const id of ids) {
    const order = await fetchOrder${n}(id);
    if (!store.add(order)) break;
    switch (order.lines.length) {
      case 0:
        continue;
      case 1:
        total += await countOf${n}(id, 1);
        break;
      default:
        total += store.total(id);
    }
  }
  const describe = (value: number): string => \`\${ids.length} orders: \${value}\`;
  if (total > 1_000) console.log(describe(total));
  return total;
}
`;

export function longModule(lines: number): string {
  const each = part(0).split("\n").length - 1;
  const parts = Array.from({ length: Math.ceil(lines / each) }, (_, n) => part(n));
  return `${parts.join("")}\nexport default checkOut0;\n`;
}
