/**
 * `CatalogSnapshot.objects`, followed when somebody asks: a step is compiled against hundreds of catalogs one after the other, and
 * only a few of them are asked how to make something again.
 */
import type { CatalogSnapshot } from './catalog-snapshot.js';

type Objects = CatalogSnapshot['objects'];
/** What effects are applied to: to copy a snapshot with its objects would be to ask for them. */
export type BareSnapshot = Omit<CatalogSnapshot, 'objects'>;

interface Pending {
  readonly before: CatalogSnapshot;
  readonly follow: () => Objects;
}

const pending = new WeakMap<CatalogSnapshot, Pending>();
const known = new WeakMap<CatalogSnapshot, Objects>();
const bare = new WeakMap<CatalogSnapshot, BareSnapshot>();

export function bareOf(snapshot: CatalogSnapshot): BareSnapshot {
  const found = bare.get(snapshot);
  if (found !== undefined) return found;
  const rest: BareSnapshot = { ...snapshot };
  Reflect.deleteProperty(rest, 'objects');
  bare.set(snapshot, rest);
  return rest;
}

/** `follow` may ask for the objects of `before`, which are known by then. */
export function withLazyObjects(
  changed: BareSnapshot,
  before: CatalogSnapshot,
  follow: () => Objects,
): CatalogSnapshot {
  const snapshot: CatalogSnapshot = {
    ...changed,
    get objects() {
      return objectsOf(snapshot);
    },
  };
  bare.set(snapshot, changed);
  pending.set(snapshot, { before, follow });
  return snapshot;
}

/** From the last one that is known, one after the other: asked of each other, some thousands would be too deep. */
function objectsOf(snapshot: CatalogSnapshot): Objects {
  const open: CatalogSnapshot[] = [];
  for (let at = snapshot; pending.has(at) && !known.has(at); at = pending.get(at)!.before) open.push(at);
  for (const each of open.reverse()) known.set(each, pending.get(each)!.follow());
  return known.get(snapshot)!;
}
