/** A window between tables as a graph keeps it, and back: tables by their names, since the catalog tells the rest at any time. */
import type { CatalogSnapshot } from '../../catalog/catalog-snapshot.js';
import { sqlName, type MappedColumn, type Mapping, type ReverseMapping } from '../../mapping/mapping.js';
import { mirrorNames, type BackMirror, type Mirror, type TablesWindow } from './tables-window.js';

type StoredMirror = Omit<Mirror, 'mapping' | 'names' | 'back'> & {
  readonly mapping: Omit<Mapping, 'source' | 'target'> & { readonly source: string; readonly target: string };
  /** Besides what `mapping.reverse` says. */
  readonly back: Omit<BackMirror, keyof ReverseMapping> | null;
};

export interface StoredMirrors extends Pick<TablesWindow, 'direction' | 'onMirrorError' | 'filled'> {
  readonly mirrors: readonly StoredMirror[];
}

export function storeMirrors({ direction, onMirrorError, filled, mirrors }: TablesWindow): StoredMirrors {
  return {
    direction,
    onMirrorError,
    filled,
    mirrors: mirrors.map(({ mapping, reads, computes, belongsBy, back }) => ({
      mapping: { ...mapping, source: sqlName(mapping.source), target: sqlName(mapping.target) },
      reads,
      computes,
      belongsBy,
      back: back === null ? null : { reads: back.reads, computes: back.computes },
    })),
  };
}

/** Keys of the tables that it keeps in step. */
export function tablesOfMirrors({ mirrors }: StoredMirrors): readonly string[] {
  return mirrors.flatMap(({ mapping }) => [mapping.source, mapping.target]);
}

export function restoreMirrors(
  { direction, onMirrorError, filled, mirrors }: StoredMirrors,
  window: string,
  relations: CatalogSnapshot['relations'],
): Pick<TablesWindow, 'kind' | 'direction' | 'onMirrorError' | 'filled' | 'mirrors'> {
  return {
    kind: 'tables',
    direction,
    onMirrorError,
    filled,
    mirrors: mirrors.map((mirror) => restoreMirror(mirror, window, relations)),
  };
}

function restoreMirror(
  { mapping: stored, back, ...mirror }: StoredMirror,
  window: string,
  relations: CatalogSnapshot['relations'],
): Mirror {
  const { reverse } = stored;
  const mapping: Mapping = {
    ...stored,
    source: relations[stored.source]!,
    target: relations[stored.target]!,
    key: among(stored.columns, stored.key),
    reverse: reverse === null ? null : { ...reverse, key: among(reverse.columns, reverse.key) },
  };
  return {
    ...mirror,
    mapping,
    names: mirrorNames(window, mapping.name),
    back: back === null ? null : { ...mapping.reverse!, ...back },
  };
}

/** A key is a subset of the columns, told by which they are and not by what they say. */
function among(columns: readonly MappedColumn[], key: readonly MappedColumn[]): readonly MappedColumn[] {
  return key.map(({ name }) => columns.find((column) => column.name === name)!);
}
