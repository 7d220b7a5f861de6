/** The form of a window inside tables: twins, table by table. */
import type { WindowForm } from '../window-forms.js';
import type { ColumnsWindow } from './columns-window.js';
import { allDifferences } from './compare-twins.js';
import { restoreColumns, storeColumns, tablesOfColumns, withDefaultsOf, type StoredColumns } from './store-columns.js';
import { whatBreaksTwins } from './what-breaks-twins.js';

export const columnsForm: WindowForm<ColumnsWindow> = {
  unfilled: () => [],
  isEmpty: ({ tables }) => tables.length === 0,
  differences: (window) => allDifferences(window, window.leads ?? 'new'),
  whatBreaks: whatBreaksTwins,
  withToday: withDefaultsOf,
  store: storeColumns,
  tablesOf: (stored) => tablesOfColumns(stored as StoredColumns),
  restore: (stored, base, relations) => ({ ...base, ...restoreColumns(stored as StoredColumns, relations) }),
};
