/**
 * Opening a window inside of tables, once its columns are there: the triggers, table by table, each in a short transaction that
 * waits out the writers in flight; then the fill, parents before what refers to them. Between the two, whoever looked up a
 * parent that was not filled yet is waited out: his row has no value of its own, and is there for the fill to see.
 */
import type { KeyWalk, Operation, OperationId, Pace, StatementOperation } from '../../operation/operation.js';
import { CHANGES_NOTHING } from '../../operation/operation.js';
import { quoteLiteral } from '../../sql/identifier.js';
import { RUN_ID } from '../../sql/pinned-settings.js';
import {
  namesOfParts,
  parentTwin,
  twinTable,
  type ColumnsWindow,
  type Twin,
  type TwinTable,
} from './columns-window.js';
import { createMap } from './key-map.js';
import { fillId, fillLevels, type LevelOf } from './fill-levels.js';
import { fillTwinsWork } from './fill-twins.js';
import { partitionsAreItsOwn } from './partitions-of-window.js';
import { createTwinTriggers, dropTwinTriggers } from './twin-triggers.js';
import { moveWindow, windowMayMove } from '../window-state.js';
import { forgetKeys } from '../forget-keys.js';
import { plain, statementBase } from '../../operation/plain-statement.js';

export interface OpenColumnsOptions {
  readonly pace: Pace;
  readonly walkOf: (table: TwinTable) => KeyWalk;
  /** Tables whose own triggers do not fire for the fill. */
  readonly suppressed: (table: TwinTable) => boolean;
  /** Whether rows that the fill writes run code of others, which may touch anything. */
  readonly fires: (table: TwinTable) => boolean;
  /** What must have ended before. */
  readonly after: readonly OperationId[];
}

export function openColumns(window: ColumnsWindow, options: OpenColumnsOptions): readonly Operation[] {
  const record = recordColumns(window, options.after);
  const opens = window.tables.map((table) => openTable(window, table, record.id));
  const fills = fillTables(window, options);
  return [record, ...opens, ...fills];
}

function recordColumns(window: ColumnsWindow, after: readonly OperationId[]): StatementOperation {
  const { id: step, name, map } = window;
  const sides = window.tables.flatMap((table) =>
    table.twins.map((twin) => ({
      mapping: table.name,
      from: `${table.name}.${twin.old}`,
      to: `${table.name}.${twin.new}`,
    })),
  );
  const mapped = map === null ? [] : [map.table];
  return {
    ...statementBase(step, `${step}/window`),
    label: `note down the window${map === null ? '' : `, and make ${map.table}`}`,
    after,
    writes: mapped,
    statements: [
      ...(map === null ? [] : [createMap(map)]),
      `INSERT INTO lockstep."window" (run_id, step, name, direction, state, sides)
VALUES (${RUN_ID}, ${quoteLiteral(step)}, ${quoteLiteral(name)}, 'both', 'old leads', ${quoteLiteral(JSON.stringify(sides))})`,
    ].map(plain),
    reversal: {
      kind: 'operations',
      operations: [
        {
          ...statementBase(step, `undo/${step}/window`),
          label: 'note down that nothing of the window is left',
          writes: mapped,
          locks: mapped.map((relation) => ({ relation, mode: 'ACCESS EXCLUSIVE' })),
          assertions: [windowMayMove(window, 'gone')],
          statements: [
            ...forgetKeys(window),
            ...(map === null ? [] : [`DROP TABLE ${map.table}`]),
            moveWindow(window, 'gone'),
          ].map(plain),
        },
      ],
    },
  };
}

function openTable(window: ColumnsWindow, table: TwinTable, after: OperationId): StatementOperation {
  const { id: step } = window;
  const { name } = table;
  const all = [name, ...namesOfParts(table)];
  const columns = table.twins.map((twin) => twin.old).join(', ');
  return {
    ...statementBase(step, `${step}/open/${name}`),
    label: `keep ${columns} of ${name} in step with ${table.twins.map((twin) => twin.new).join(', ')} from now on`,
    lockFirst: [name],
    locks: all.map((relation) => ({ relation, mode: 'SHARE ROW EXCLUSIVE' })),
    writes: all,
    after: [after],
    statements: createTwinTriggers(window, table).map(plain),
    reversal: {
      kind: 'operations',
      operations: [
        {
          ...statementBase(step, `undo/${step}/open/${name}`),
          label: `no longer keep ${columns} of ${name} in step`,
          lockFirst: [name],
          locks: all.map((relation) => ({ relation, mode: 'ACCESS EXCLUSIVE' })),
          writes: all,
          assertions: partitionsAreItsOwn({ ...window, tables: [table] }),
          statements: dropTwinTriggers(window, table).map(plain),
        },
      ],
    },
  };
}

function fillTables(window: ColumnsWindow, options: OpenColumnsOptions): readonly Operation[] {
  const { id: step } = window;
  const opened = window.tables.map(({ name }) => `${step}/open/${name}`);
  const levelOf = fillLevels(window);
  const levels = [...new Set(window.tables.flatMap((table) => table.twins.map((twin) => levelOf(table, twin))))];
  // Level by level: two keys that refer to each other's tables are both filled before either reference is.
  return levels
    .sort((a, b) => a - b)
    .flatMap((level) => window.tables.map((table) => ({ level, table })))
    .flatMap(({ level, table }): readonly Operation[] => {
      const twins = table.twins.filter((twin) => levelOf(table, twin) === level);
      if (twins.length === 0) return [];
      const parents = parentsOf(window, twins, level, levelOf);
      const filled = parents.map((parent) => fillId(step, parent.table, parent.level));
      const looked = [...new Set(parents.map((parent) => parent.table))];
      const settle: StatementOperation = {
        ...statementBase(step, `${step}/settle/${table.name}${level === 1 ? '' : `/${level}`}`),
        label: `wait out writers of ${table.name} that saw ${looked.join(', ')} unfilled`,
        lockFirst: [table.name],
        locks: [table.name, ...namesOfParts(table)].map((relation) => ({ relation, mode: 'SHARE ROW EXCLUSIVE' })),
        after: [...opened, ...filled],
        reversal: CHANGES_NOTHING,
      };
      const fill: Operation = {
        kind: 'batch',
        id: fillId(step, table.name, level),
        step,
        label: `fill ${twins.map((twin) => twin.new).join(', ')} of ${table.name}`,
        walk: options.walkOf(table),
        work: fillTwinsWork(window, table, twins, options.suppressed(table)),
        pace: options.pace,
        quarantine: 0,
        reads: looked.filter((name) => name !== table.name),
        writes: [table.name, ...(window.map === null ? [] : [window.map.table])],
        locks: [{ relation: table.name, mode: 'ROW EXCLUSIVE' }],
        barrier: !options.suppressed(table) && options.fires(table),
        after: level === 0 ? opened : [settle.id],
        skipWhen: [],
        hazards: [],
        reversal: { kind: 'nothing', reason: 'the values go with their columns' },
      };
      return level === 0 ? [fill] : [settle, fill];
    });
}

/** The fills that must have ended: those of the parents, each at a level of its own. */
function parentsOf(
  window: ColumnsWindow,
  twins: readonly Twin[],
  level: number,
  levelOf: LevelOf,
): readonly { readonly table: string; readonly level: number }[] {
  if (level === 0) return [];
  const parents = twins.flatMap(({ value }) => {
    if (value.kind === 'own') return [];
    return { table: value.parent, level: levelOf(twinTable(window, value.parent), parentTwin(window, value)) };
  });
  return parents.filter(
    (parent, at) => parents.findIndex((one) => one.table === parent.table && one.level === parent.level) === at,
  );
}
