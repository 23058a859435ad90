import type { Row, Wish } from "../report.ts";

export async function benchCodec(_wish: Wish): Promise<readonly Row[]> {
  return [];
}
