/** The same test as Node runs it, without the compiler: what it fails there, it need not do here. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Script, SourceTextModule } from "node:vm";
import type { Test } from "./collect.ts";
import { failureOf, hasEnded, prepareRealm } from "./outcome.ts";
import { injectedScript } from "./prepare.ts";
import type { Realm } from "./realm.ts";

/** How it failed; `undefined` if it passed. `inject`: with the same awaits. */
export async function runNatively(test262: string, test: Test, inject: boolean): Promise<string | undefined> {
  const realm = prepareRealm(test262, test);
  const load = loader(realm);
  const path = join(test262, "test", test.path);
  let thrown: { error: unknown } | undefined;
  try {
    if (test.flags.includes("module")) {
      await started(load(path), load);
    } else {
      const text = inject ? injectedScript(test.source)! : `"use strict";${test.source}`;
      const importModuleDynamically = (specifier: string): unknown =>
        started(load(join(dirname(path), specifier)), load);
      const script = new Script(text, { importModuleDynamically } as never);
      script.runInContext(realm.context as never);
    }
  } catch (error) {
    thrown = { error };
  }
  const waits = inject || test.flags.includes("async");
  for (let turn = 0; turn < 20 && waits && !hasEnded(test, realm); turn++)
    await new Promise((resolve) => setImmediate(resolve));
  return failureOf(test, realm, thrown, inject);
}

type Load = (path: string) => SourceTextModule;

function loader(realm: Realm): Load {
  const modules = new Map<string, SourceTextModule>();
  const load: Load = (path) => {
    const known = modules.get(path);
    if (known !== undefined) return known;
    const made = new SourceTextModule(readFileSync(path, "utf8"), {
      context: realm.context as never,
      identifier: path,
      importModuleDynamically: (specifier: string) => started(load(join(dirname(path), specifier)), load),
    } as never);
    modules.set(path, made);
    return made;
  };
  return load;
}

async function started(module: SourceTextModule, load: Load): Promise<SourceTextModule> {
  const resolve = (specifier: string, from: { identifier: string }): SourceTextModule =>
    load(join(dirname(from.identifier), specifier));
  if (module.status === "unlinked") await module.link(resolve as never);
  await module.evaluate();
  return module;
}
