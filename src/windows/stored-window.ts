/**
 * A window as the graph of the plan that opens it keeps it: what a later plan must know to compare it, cut it over or close it,
 * without the file of the first one. Plain JSON. What the catalog tells again at any time is left out (tables by their names), and
 * what was so only before the window is kept: the columns of its tables by the names that they had.
 */
import type { CatalogSnapshot, Relation } from '../catalog/catalog-snapshot.js';
import { sqlName, type MappedColumn, type Mapping, type ReverseMapping } from '../mapping/mapping.js';
import type { StoredWindow } from '../operation/operation-graph.js';
import { isOfColumns, type Window, type ColumnsWindow, type TwinTable } from './inside-tables/columns-window.js';
import { mirrorNames, type BackMirror, type Mirror, type TablesWindow } from './between-tables/tables-window.js';

type StoredMirror = Omit<Mirror, 'mapping' | 'names' | 'back'> & {
  readonly mapping: Omit<Mapping, 'source' | 'target'> & { readonly source: string; readonly target: string };
  /** Besides what `mapping.reverse` says. */
  readonly back: Omit<BackMirror, keyof ReverseMapping> | null;
};

interface StoredMirrors extends Pick<TablesWindow, 'direction' | 'onMirrorError' | 'filled'> {
  readonly mirrors: readonly StoredMirror[];
}

type StoredTable = Omit<TwinTable, 'relation'> & Pick<Relation, 'columns'> & Required<Pick<TwinTable, 'had'>>;

interface StoredColumns extends Pick<ColumnsWindow, 'counterparts' | 'map'> {
  readonly tables: readonly StoredTable[];
}

export function storeWindow(window: Window): StoredWindow {
  const parts = isOfColumns(window) ? columnsToStore(window) : mirrorsToStore(window);
  // Fields that are not there must not be there as undefined either: the graph has one spelling.
  return { step: window.id, name: window.name, parts: JSON.parse(JSON.stringify(parts)) as unknown };
}

function mirrorsToStore({ direction, onMirrorError, filled, mirrors }: TablesWindow): StoredMirrors {
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

function columnsToStore({ tables, counterparts, map }: ColumnsWindow): StoredColumns {
  return {
    tables: tables.map(({ relation, ...table }) => ({
      ...table,
      columns: relation.columns,
      had: [relation, ...table.parts]
        .flatMap(({ indexes, constraints }) => [...indexes, ...constraints])
        .map(({ name }) => name)
        .sort(),
    })),
    counterparts,
    map,
  };
}

/** A window of another plan, as it stands now; or the tables that it had and that are there no more. */
export type RestoredWindow =
  { readonly ok: true; readonly window: Window } | { readonly ok: false; readonly missing: readonly string[] };

export function restoreWindow(
  { name, parts }: StoredWindow,
  leads: Window['leads'],
  { relations }: Pick<CatalogSnapshot, 'relations'>,
): RestoredWindow {
  const stored = parts as StoredMirrors | StoredColumns;
  const tables =
    'tables' in stored
      ? stored.tables.map((table) => table.name)
      : stored.mirrors.flatMap(({ mapping }) => [mapping.source, mapping.target]);
  const missing = [...new Set(tables)].filter((table) => relations[table] === undefined);
  if (missing.length > 0) return { ok: false, missing };
  const common = { id: name, name, ofOtherPlan: true as const, leads, skipWhen: [] };
  const window: Window =
    'tables' in stored
      ? {
          ...common,
          direction: 'both',
          tables: stored.tables.map(({ columns, ...table }) => ({
            ...table,
            relation: { ...relations[table.name]!, columns },
          })),
          counterparts: stored.counterparts,
          map: stored.map,
        }
      : {
          ...common,
          direction: stored.direction,
          onMirrorError: stored.onMirrorError,
          filled: stored.filled,
          mirrors: stored.mirrors.map((mirror) => restoreMirror(mirror, name, relations)),
        };
  return { ok: true, window };
}

/**
 * While the old side leads, its columns may get another default, also one that the window needs to be cut over: what gives a new row
 * its old key. So it is that of the catalog of the step at hand.
 */
export function withDefaultsOf<W extends Window>(window: W, { relations }: Pick<CatalogSnapshot, 'relations'>): W {
  if (!isOfColumns(window) || window.leads !== 'old') return window;
  const tables = window.tables.map((table) => {
    const columns = relations[table.name]?.columns ?? [];
    const now = (old: string): string | null => columns.find(({ name }) => name === old)?.default ?? null;
    return { ...table, twins: table.twins.map((twin) => ({ ...twin, default: now(twin.old) })) };
  });
  return { ...window, tables };
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
