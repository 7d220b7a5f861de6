/**
 * Closing a window inside of tables: the triggers go, and what they kept filled may be empty from here on.
 */
import type { Operation, StatementOperation } from '../../operation/operation.js';
import { sqlName } from '../../mapping/mapping.js';
import {
  columnNames,
  namesOfParts,
  relationsOf,
  type ColumnsWindow,
  type Twin,
  type TwinTable,
} from './columns-window.js';
import { compareColumns, exclusive, tablesInOrder } from './column-operations.js';
import { oldSideIsQuiet } from '../old-writers.js';
import { noneStandsAside } from './note-orphans.js';
import { partitionsAreItsOwn } from './partitions-of-window.js';
import { isSetAside } from './set-aside.js';
import { defaultOf } from './swap-columns.js';
import { dropTwinTriggers, twinsAreIntact } from './twin-triggers.js';
import { moveWindow, windowMayMove } from '../window-state.js';
import { forgetKeys } from '../forget-keys.js';
import { plain } from '../../operation/plain-statement.js';

export interface CloseColumnsOptions {
  readonly quietMs: number;
}

export interface ClosedColumns {
  readonly operations: readonly Operation[];
  /** What changes in the catalog, as definitions, in order. */
  readonly definitions: readonly string[];
}

/** `step`: the one that closes it. */
export function closeColumns(window: ColumnsWindow, step: string, options: CloseColumnsOptions): ClosedColumns {
  const { id, tables, map } = window;
  const leads = window.leads ?? 'old';
  const names = tablesInOrder([window]);
  const compare = compareColumns(window, leads, step, `${step}/compare/${id}`);
  const loosened = tables.flatMap((table) => loosen(table, window));
  const dropsMap = map === null || map.keep ? [] : [`DROP TABLE ${map.table}`];
  const base = exclusive(step, `${step}/close/${id}`, names, [
    ...tables.flatMap(namesOfParts),
    ...(dropsMap.length === 0 ? [] : [map!.table]),
  ]);
  const end: StatementOperation = {
    ...base,
    label: `no longer keep ${names.join(', ')} in step`,
    changesShape: true,
    after: compare.map((check) => check.id),
    assertions: [
      windowMayMove(window, 'closed'),
      twinsAreIntact(window),
      ...partitionsAreItsOwn(window),
      ...(leads === 'new' ? [oldSideIsQuiet(window, options.quietMs)] : []),
      ...(leads === 'new' && tables.some(({ twins }) => twins.some(isSetAside)) ? [noneStandsAside(window)] : []),
    ],
    statements: [
      ...tables.flatMap((table) => dropTwinTriggers(window, table)),
      ...loosened,
      ...dropsMap,
      ...forgetKeys(window),
      moveWindow(window, 'closed'),
    ].map(plain),
    reversal: { kind: 'irreversible', reason: 'a closed window has no triggers that would take the way back with it' },
  };
  return { operations: [...compare, end], definitions: [...loosened, ...dropsMap] };
}

/** What the triggers gave each row, nothing gives from here on. */
function loosen(table: TwinTable, { leads }: ColumnsWindow): readonly string[] {
  // A partition may say by itself that a column is never NULL.
  const loose = (twin: Twin, column: string): readonly string[] =>
    relationsOf(table)
      .filter((relation) => relation.columns.some(({ name, notNull }) => name === twin.old && notNull))
      .map(
        (relation) =>
          `ALTER TABLE ${relation.partition ? 'IF EXISTS ' : ''}${sqlName(relation)} ALTER COLUMN ${column} DROP NOT NULL`,
      );
  return table.twins.flatMap((twin): readonly string[] => {
    if (!twin.swaps) return [];
    if (leads === 'new') return numbersItself(table, twin) ? [] : loose(twin, columnNames(twin, 'new').old);
    const given = defaultOf(twin);
    const { new: column } = columnNames(twin, 'old');
    if (given === null) return loose(twin, column);
    return [`ALTER TABLE ${table.name} ALTER COLUMN ${column} SET DEFAULT ${given}`];
  });
}

/** Its rows go on getting numbers, and an identity column cannot be without. */
function numbersItself({ relation }: TwinTable, { old }: Twin): boolean {
  const column = relation.columns.find(({ name }) => name === old)!;
  return column.identity !== 'no' || (column.default ?? '').includes('nextval(');
}
