const far = "node:path";

export default async function main(name: string, isFar: boolean): Promise<number> {
  const found = [await import("node:fs"), await import(`node:os`), await import(isFar ? far : "node:url")];
  const modules = { zlib: () => import("node:zlib") };
  found.push(await import(`node:${name}`)); // rule: computed-import
  found.push(await import(name ?? "node:zlib")); // rule: computed-import
  return found.length + Object.keys(await modules.zlib()).length;
}
