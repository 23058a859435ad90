/**
 * The package with its tests, and what they import, in a folder outside the project. The tests are not in what npm installs, so the repository is needed:
 * from a folder that one has, or by git.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { importedBy, isAdapted, type Own, testsAndSetups } from "./project.ts";

export interface Obtained extends Own {
  readonly version: string;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** @throws Error that says what to do. */
export function obtain(name: string, from: string | undefined, cache: string): Obtained {
  const root = join(cache, name.replaceAll("/", "+"));
  const checkout = join(root, "checkout");
  if (from !== undefined) copy(from, checkout);
  else if (!existsSync(join(checkout, "package.json"))) clone(name, checkout);
  const home = homeOf(name, checkout);
  const manifest = manifestOf(home)!;
  const own = { root, name, home: relative(root, home).replaceAll("\\", "/") };
  install(own, manifest);
  return { ...own, version: manifest.version ?? "?" };
}

/** Programs without a runner that `npm test` runs with Node, by their paths below the package. */
export function programsOf(own: Own): string[] {
  for (const folder of [own.home, "checkout"]) {
    const script = manifestOf(join(own.root, folder))?.scripts?.["test"] ?? "";
    const files = [...script.matchAll(/(?:^|&&|;)\s*node\s+(?!-)(\S+)/g)].map(([, file = ""]) =>
      [file, `${file}.js`, `${file}/index.js`].find((each) =>
        statSync(join(own.root, folder, each), { throwIfNoEntry: false })?.isFile(),
      ),
    );
    const found = files.filter((file) => file !== undefined);
    if (found.length > 0) return found.map((file) => relative(own.home, join(folder, file)));
  }
  return [];
}

function manifestOf(folder: string): Manifest | undefined {
  const file = join(folder, "package.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Manifest) : undefined;
}

/** Where the package of this name is, in a checkout that may hold several. */
function homeOf(name: string, checkout: string): string {
  if (manifestOf(checkout)?.name === name) return checkout;
  const folders = (readdirSync(checkout, { recursive: true }) as string[])
    .filter((path) => /(^|[\\/])package\.json$/.test(path) && !/(^|[\\/])node_modules[\\/]/.test(path))
    .map((path) => dirname(join(checkout, path)))
    .sort((a, b) => a.length - b.length);
  return folders.find((folder) => manifestOf(folder)?.name === name) ?? checkout;
}

function copy(from: string, checkout: string): void {
  if (!existsSync(join(from, "package.json"))) throw new Error(`--from ${from}: there is no package.json`);
  rmSync(checkout, { recursive: true, force: true });
  mkdirSync(checkout, { recursive: true });
  const left = new Set(["node_modules", ".git"]);
  for (const entry of readdirSync(from)) {
    if (!left.has(entry)) cpSync(join(from, entry), join(checkout, entry), { recursive: true });
  }
  if (existsSync(join(from, "node_modules")))
    symlinkSync(join(from, "node_modules"), join(checkout, "node_modules"));
}

function clone(name: string, checkout: string): void {
  const viewed = run("npm", ["view", name, "repository.url"], ".");
  const url = viewed.text
    .trim()
    .replace(/^git\+/, "")
    .replace(/^(ssh:\/\/)?git@([^/:]+)[/:]/, "https://$2/")
    .replace(/^git:/, "https:");
  const help = `Clone it where that is possible, and say --from DIR (one package at a time)`;
  if (!viewed.ok || url === "")
    throw new Error(`npm does not tell where the repository of ${name} is: ${viewed.text.trim()}. ${help}`);
  rmSync(checkout, { recursive: true, force: true });
  const cloned = run("git", ["clone", "--quiet", "--depth", "1", url, checkout], ".");
  if (!cloned.ok)
    throw new Error(`cannot clone ${url}, which has the tests of ${name}: ${cloned.text.trim()}. ${help}`);
}

/** Only what is imported: runners, linters and builders of the package are not needed. */
function install(own: Own, manifest: Manifest): void {
  const { root, home } = own;
  if (existsSync(join(root, home, "node_modules"))) return;
  const known = { ...manifest.peerDependencies, ...manifest.devDependencies, ...manifest.dependencies };
  const wanted = new Map<string, string>(Object.entries(manifest.dependencies ?? {}));
  const named = importedBy(own, testsAndSetups(own));
  // Programs have a manifest that tells what they need, and texts that look like imports.
  const programs = programsOf(own).map((file) => join(root, home, file));
  for (const name of importedBy(own, programs)) if (name in known) named.add(name);
  for (const name of named) {
    if (isAdapted(name) || wanted.has(name)) continue;
    // What only tests import is not always listed.
    wanted.set(name, known[name] ?? (name === manifest.name ? (manifest.version ?? "*") : "*"));
  }
  // A package beside this one is taken as it has been published.
  const published = ([each, version]: readonly [string, string]) =>
    [each, /^(workspace|catalog|link|file|portal|patch):/.test(version) ? "*" : version] as const;
  const dependencies = Object.fromEntries([...wanted].map(published).sort());
  const text = `${JSON.stringify({ name: "conformance", private: true, dependencies }, null, 2)}\n`;
  const file = join(root, "package.json");
  const isSame = existsSync(file) && readFileSync(file, "utf8") === text;
  if (wanted.size === 0 || (isSame && existsSync(join(root, "node_modules"))))
    return writeFileSync(file, text);
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--legacy-peer-deps"];
  const npm = (...names: string[]): ReturnType<typeof run> =>
    run("npm", ["install", ...flags, ...names], root);
  writeFileSync(file, text);
  if (npm().ok) return;
  // One that cannot be had is no reason to do without the others: who imports it says so.
  writeFileSync(file, `${JSON.stringify({ name: "conformance", private: true })}\n`);
  for (const [each, version] of Object.entries(dependencies)) {
    const { ok, text: reason } = npm(`${each}@${version}`);
    if (!ok) console.log(`${own.name}: cannot install ${each}: ${reason.trim()}`);
  }
  writeFileSync(file, text);
}

function run(command: string, args: readonly string[], folder: string): { ok: boolean; text: string } {
  // A prompt for a password would wait for ever.
  const env = { ...process.env, GIT_TERMINAL_PROMPT: "0" };
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: folder, encoding: "utf8", env });
  if (status === 0) return { ok: true, text: stdout };
  return { ok: false, text: error?.message ?? stderr.split("\n").slice(0, 5).join(" ") };
}
