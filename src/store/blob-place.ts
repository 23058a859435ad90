/**
 * Which blobs belong to a state: what `--blobs` says, and what the state remembers of it.
 *
 * The state has a row of its own about that, written before the first blob: an id by chance, and where. All its blobs lie below the id, so
 * several states can share a directory or a bucket and none sweeps what is another's. Whoever opens the state later need not say where again; who
 * says something else must have moved the blobs there.
 */
import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { UserError } from "../base/errors.ts";
import { pack, unpack } from "../protocol/pack.ts";
import { openDirectoryBlobs } from "./blob-directory.ts";
import type { BlobStore } from "./blobs.ts";
import { manifestsOf, withChunks } from "./chunks.ts";
import { isOutside, Outside } from "./outside.ts";
import type { Store } from "./store.ts";

interface BlobPlace {
  readonly id: string;
  /** As a URL, directories with their whole path. */
  readonly url: string;
}

const placeKey = "place/blobs";

/**
 * The store with its large values in chunks: in itself, or outside if it is told to, or has been.
 * @param url as in `--blobs`. Absent: where they are.
 */
export async function openLargeValues(store: Store, url?: string): Promise<Store> {
  try {
    const asked = url === undefined ? undefined : wholeUrl(url);
    const bytes = store.read(placeKey);
    const known = bytes === undefined ? undefined : (unpack(bytes) as BlobPlace);
    if (known === undefined && asked === undefined) return withChunks(store);
    const place: BlobPlace = {
      id: known?.id ?? randomBytes(8).toString("hex"),
      url: asked ?? known!.url,
    };
    const blobs = await openBlobs(place);
    if (known !== undefined) await mustBeThere(store, blobs, known.url);
    if (known?.url !== place.url) await store.write([{ table: "bytes", key: placeKey, bytes: pack(place) }]);
    return withChunks(store, (isNamed) => new Outside(store, blobs, isNamed));
  } catch (error) {
    await store.close();
    throw error;
  }
}

function wholeUrl(text: string): string {
  const path = /^(?:file:)?([^:]+)$/s.exec(text)?.[1];
  if (path === undefined) throw new UserError(`--blobs ${text}: not a place for blobs; give a directory`);
  return `file:${resolve(path)}`;
}

function openBlobs({ id, url }: BlobPlace): Promise<BlobStore> {
  return openDirectoryBlobs(join(url.slice("file:".length), id));
}

/** One of those that are named stands for all: a directory may not be mounted, or be another state's. */
async function mustBeThere(store: Store, blobs: BlobStore, before: string): Promise<void> {
  for (const [, names] of manifestsOf(store)) {
    const name = names.find(isOutside);
    if (name === undefined) continue;
    if (await blobs.has(name)) return;
    await blobs.close();
    throw new UserError(
      `the blobs of this state are not in ${blobs.shown}, and were in ${before}: give the place where they are now (--blobs)`,
    );
  }
}
