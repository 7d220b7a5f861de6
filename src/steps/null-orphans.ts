/**
 * Orphans of `convert_uuid` as operations. `set_null`: references that find nothing become NULL before anything else is done, and once
 * more before a cutover, for those that came meanwhile; the way back restores each, where nobody has written it since. Those whose
 * parent came meanwhile get its new key.
 */
import type { Relation } from '../catalog/catalog-snapshot.js';
import { walkableKeyOf } from '../catalog/walkable-key.js';
import { IS_A_WAY_BACK, type BatchOperation, type KeyWalk, type Pace } from '../operation/operation.js';
import type { ColumnsWindow, TwinTable } from '../windows/inside-tables/columns-window.js';
import {
  nulledWalk,
  nullOrphansWork,
  restoreOrphansWork,
  type OrphanedColumn,
} from '../windows/inside-tables/orphan-rows.js';
import { lateParentsWork } from '../windows/inside-tables/set-aside.js';
import { firesTriggers } from './fitness.js';
import { sqlKeyColumn } from './key-walk.js';
import type { LowerContext } from './step-definition.js';

/** `only`: which of the references that may be orphaned. */
export function nullOrphans(
  table: TwinTable,
  step: string,
  pace: Pace,
  context: LowerContext,
  only: (orphaned: OrphanedColumn) => boolean = () => true,
): readonly BatchOperation[] {
  return orphanedColumns(table)
    .filter(({ value }) => value.orphans === 'set_null')
    .filter(only)
    .map((orphaned) => nullOrphansOf(orphaned, table, step, pace, context));
}

/** Columns of which nothing says that what they refer to is there. */
export function orphanedColumns(table: TwinTable): readonly OrphanedColumn[] {
  return table.twins.flatMap(({ old, type, value }) =>
    value.kind === 'own' || value.upheld ? [] : [{ table, column: old, type, value }],
  );
}

/** A foreign key that is not validated holds for what is written, so also for an old value that comes back. */
export function hasUnprovedKey({ constraints }: Pick<Relation, 'constraints'>, column: string): boolean {
  return constraints.some(
    ({ kind, columns, validated }) => kind === 'foreign key' && !validated && columns.includes(column),
  );
}

/** Before a cutover, table by table, where references may wait for their parents. */
export function fillLate(
  window: ColumnsWindow,
  step: string,
  pace: Pace,
  context: LowerContext,
): readonly BatchOperation[] {
  return window.tables.flatMap((table): readonly BatchOperation[] => {
    const { name, relation, suppressed } = table;
    const work = lateParentsWork(window, table);
    if (work === undefined) return [];
    return [
      {
        kind: 'batch',
        id: `${step}/late/${name}`,
        step,
        label: `fill what of ${name} has its parent by now`,
        walk: walkOf(table),
        work,
        pace,
        quarantine: 0,
        reads: window.tables.map((one) => one.name).filter((one) => one !== name),
        writes: [name],
        locks: [{ relation: name, mode: 'ROW EXCLUSIVE' }],
        barrier: suppressed !== true && firesTriggers(relation, ['update'], context.catalog),
        after: [],
        skipWhen: [],
        hazards: [],
        reversal: { kind: 'nothing', reason: 'the values go with their columns' },
      },
    ];
  });
}

export function walkOf({ name, relation }: Pick<TwinTable, 'name' | 'relation'>): KeyWalk {
  const key = walkableKeyOf(relation);
  if (!key.ok) throw new Error(`${name} was found to have a key, and has none`);
  return { relation: name, index: key.value.index, key: key.value.columns.map(sqlKeyColumn) };
}

function nullOrphansOf(
  orphaned: OrphanedColumn,
  { name, relation, suppressed: silenced }: TwinTable,
  step: string,
  pace: Pace,
  { catalog }: LowerContext,
): BatchOperation {
  const { column, value } = orphaned;
  const suppressed = silenced === true;
  const id = `${step}/orphans/${name}.${column}`;
  const base = {
    kind: 'batch' as const,
    step,
    pace,
    quarantine: 0,
    writes: [name],
    locks: [{ relation: name, mode: 'ROW EXCLUSIVE' as const }],
    after: [],
    skipWhen: [],
    hazards: [],
  };
  const silent = suppressed || hasUnprovedKey(relation, column);
  const fires = firesTriggers(relation, ['update'], catalog);
  const back: BatchOperation = {
    ...base,
    id: `undo/${id}`,
    label: `restore ${column} of ${name} where nobody changed it since`,
    walk: nulledWalk(id),
    work: restoreOrphansWork(orphaned, id, silent),
    reads: [],
    barrier: !silent && fires,
    reversal: IS_A_WAY_BACK,
  };
  return {
    ...base,
    id,
    label: `set ${column} of ${name} to NULL where ${value.parent} has no such row`,
    walk: walkOf({ name, relation }),
    work: nullOrphansWork(orphaned, id, suppressed),
    reads: value.parent === name ? [] : [value.parent],
    barrier: !suppressed && fires,
    reversal: { kind: 'operations', operations: [back] },
  };
}
