/** Closing a window inside of tables. */
import { checkOperations } from '../../checks/check-operations.js';
import type { Operation } from '../../operation/operation.js';
import { closeColumns } from '../../windows/inside-tables/close-columns.js';
import type { ColumnsWindow } from '../../windows/inside-tables/columns-window.js';
import { nothingKeptIsLost } from '../../windows/inside-tables/kept-orphans.js';
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
  const kept = retired === null ? [] : nothingKeptIsLost(window);
  const consent = context.allow.data_loss;
  // Rows decide: most of the tables that may have orphans have none by then.
  const asked =
    consent !== undefined
      ? []
      : checkOperations(kept, {
          ...{ step, prefix: `${step}/kept/${window.id}`, effect: 'fail', barrier: true, lasts: 'turn' },
        });
  const gone = (operation: Operation): Operation =>
    consent === undefined || kept.length === 0 || !operation.id.startsWith(`${step}/drop/`)
      ? operation
      : { ...operation, hazards: [{ name: 'data_loss', detail: GOES, consent }] };
  const end = closed.operations.at(-1)!;
  const operations = [
    ...closed.operations.slice(0, -1),
    ...asked,
    { ...end, after: [...end.after, ...asked.map(({ id }) => id)] },
    ...(retired?.operations ?? []).map(gone),
  ];
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

const GOES = 'References that find nothing keep their old values there, and these stand nowhere else.';
