/**
 * A window inside tables as a graph keeps it, and back: the columns of its tables by the names that they had before the window,
 * which no catalog tells afterwards.
 */
import type { CatalogSnapshot, Relation } from '../../catalog/catalog-snapshot.js';
import type { ColumnsWindow, TwinTable } from './columns-window.js';

type StoredTable = Omit<TwinTable, 'relation'> & Pick<Relation, 'columns'> & Required<Pick<TwinTable, 'had'>>;

export interface StoredColumns extends Pick<ColumnsWindow, 'counterparts' | 'map'> {
  readonly tables: readonly StoredTable[];
}

export function storeColumns({ tables, counterparts, map }: ColumnsWindow): StoredColumns {
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

/** Keys of the tables that it keeps in step. */
export function tablesOfColumns({ tables }: StoredColumns): readonly string[] {
  return tables.map(({ name }) => name);
}

export function restoreColumns(
  { tables, counterparts, map }: StoredColumns,
  relations: CatalogSnapshot['relations'],
): Pick<ColumnsWindow, 'kind' | 'direction' | 'tables' | 'counterparts' | 'map'> {
  return {
    kind: 'columns',
    direction: 'both',
    tables: tables.map(({ columns, ...table }) => ({ ...table, relation: { ...relations[table.name]!, columns } })),
    counterparts,
    map,
  };
}

/**
 * While the old side leads, its columns may get another default, also one that the window needs to be cut over: what gives a new row
 * its old key. So it is that of the catalog of the step at hand.
 */
export function withDefaultsOf(window: ColumnsWindow, relations: CatalogSnapshot['relations']): ColumnsWindow {
  if (window.leads !== 'old') return window;
  const tables = window.tables.map((table) => {
    const columns = relations[table.name]?.columns ?? [];
    const now = (old: string): string | null => columns.find(({ name }) => name === old)?.default ?? null;
    return { ...table, twins: table.twins.map((twin) => ({ ...twin, default: now(twin.old) })) };
  });
  return { ...window, tables };
}
