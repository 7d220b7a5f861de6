/** Closing a window inside of tables. */
import { closeColumns } from '../../windows/inside-tables/close-columns.js';
import type { ColumnsWindow } from '../../windows/inside-tables/columns-window.js';
import { retire } from './retire.js';
import { definitionEffects } from '../definition-effects.js';
import { EMPTY_FRAGMENT, type Fragment, type LowerContext } from '../step-definition.js';

export interface CloseTimes {
  readonly quietMs: number;
  /** Null: the old columns stay. */
  readonly retainMs: number | null;
}

export function closedColumns(
  window: ColumnsWindow,
  context: LowerContext,
  { quietMs, retainMs }: CloseTimes,
): Fragment {
  if (window.tables.length === 0) return EMPTY_FRAGMENT;
  const { step } = context;
  const closed = closeColumns(window, step, { quietMs });
  const retired =
    window.leads === 'new' && retainMs !== null ? retire(window, step, retainMs, closed.operations.at(-1)!.id) : null;
  const operations = [...closed.operations, ...(retired?.operations ?? [])];
  const definitions = [...closed.definitions, ...(retired?.definitions ?? [])];
  return {
    operations: operations.map((operation) => ({
      ...operation,
      skipWhen: [...operation.skipWhen, ...window.skipWhen],
    })),
    preconditions: [],
    effects: definitionEffects(definitions, context.catalog, context).effects,
    windows: [{ ...window, leads: null }],
  };
}
