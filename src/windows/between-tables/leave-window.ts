/**
 * The way back of an open window whose old side leads. First the mirrors learn to leave: a write to a source row takes its
 * target row away, and brings none. That is one short transaction which waits out the writers in flight, so that no mirror of
 * before is still at work when the batches begin. These take away what the source says and the window brought; whatever else
 * the target holds is not ours, nor is a row whose other columns somebody wrote. Then nothing of the window is left.
 */
import { keyArray, rowsDiffer, rowsFrom, sqlName, targetCondition, whereAll, asValue } from '../../mapping/mapping.js';
import { unfilledDiffer } from '../../mapping/unfilled-columns.js';
import { RANGE, splitAtRange } from '../../operation/batch-template.js';
import type { BatchWork, Operation, Reversal } from '../../operation/operation.js';
import { quoteLiteral } from '../../sql/identifier.js';
import { RUN_ID } from '../../sql/pinned-settings.js';
import { redefineLeaving, describeMirror } from './define-mirror.js';
import { forgetKeys } from '../forget-keys.js';
import { noFailures } from './mirror-failures.js';
import { dropTriggersOn } from './mirror-triggers.js';
import { noteId, tablesOf, type OpenOptions } from './open-window.js';
import { lastOf, tableByTable } from '../table-by-table.js';
import { moveWindow, windowMayMove } from '../window-state.js';
import type { Mirror, TablesWindow } from './tables-window.js';
import { plain, statementBase } from '../../operation/plain-statement.js';

export function leaveWindow(window: TablesWindow, options: OpenOptions): Reversal {
  const { id: step, mirrors } = window;
  const tables = tablesOf(window);
  const leave: Operation = {
    ...statementBase(step, `undo/${step}/leave`),
    label: `let the mirrors of ${step} only take away what they brought`,
    lockFirst: tables,
    locks: tables.map((relation) => ({ relation, mode: 'SHARE ROW EXCLUSIVE' })),
    writes: tables,
    assertions: [windowMayMove(window, 'leaving'), noFailures(window)],
    statements: [
      ...mirrors.map((mirror) => redefineLeaving(mirror, window, notedHere(window, mirror))),
      moveWindow(window, 'leaving'),
    ].map(plain),
  };
  const takeAway = mirrors.map((mirror): Operation => {
    const { mapping } = mirror;
    const [source, target] = [sqlName(mapping.source), sqlName(mapping.target)];
    const walk = options.walkOf(mirror);
    return {
      kind: 'batch',
      id: `undo/${step}/take-away/${mapping.name}`,
      step,
      label: `delete from ${target} what the window brought (${mapping.name})`,
      walk,
      work: takeAwayWork(window, mirror),
      pace: options.pace,
      quarantine: 0,
      reads: [source],
      writes: [target],
      locks: [
        { relation: source, mode: 'ACCESS SHARE' },
        { relation: target, mode: 'ROW EXCLUSIVE' },
      ],
      barrier: false,
      after: [leave.id],
      skipWhen: [],
      hazards: [],
      reversal: leave.reversal,
    };
  });
  const drop = tableByTable(tables, {
    ...{ step, id: `undo/${step}/drop`, mode: 'ACCESS EXCLUSIVE', after: takeAway.map(({ id }) => id) },
    label: (table) => `remove the mirrors from ${table}`,
    statements: (table) => mirrors.flatMap((mirror) => dropTriggersOn(mirror, table, options.family(table))),
  });
  const gone: Operation = {
    ...statementBase(step, `undo/${step}/open`),
    label: `forget what the window of ${mirrors.map(describeMirror).join(', ')} noted`,
    after: lastOf(drop, [leave.id]),
    assertions: [windowMayMove(window, 'gone')],
    statements: [...forgetKeys(window), moveWindow(window, 'gone')].map(plain),
  };
  return { kind: 'operations', operations: [leave, ...takeAway, ...drop, gone] };
}

/** A condition on `lockstep.already_there`, spelled out with the run's id when the function is made: writers have none. */
function notedHere(window: TablesWindow, { mapping }: Mirror): string {
  return `a.run_id = (SELECT pg_catalog.max(w.run_id) FROM lockstep."window" AS w WHERE w.name = ${quoteLiteral(window.name)}) AND a.operation_id = ${quoteLiteral(noteId(window, mapping.name))}`;
}

function takeAwayWork(window: TablesWindow, mirror: Mirror): BatchWork {
  const { mapping } = mirror;
  const target = sqlName(mapping.target);
  const rest = mapping.columns.filter((column) => !mapping.key.includes(column));
  const condition = targetCondition(mapping);
  const ours = `a.run_id = ${RUN_ID} AND a.operation_id = ${quoteLiteral(noteId(window, mapping.name))}`;
  const sameAsSource = mapping.key.map((column) => `${asValue(column)} = c.${column.name}`).join(' AND ');
  const goes = 'lockstep_said AND NOT lockstep_written AND NOT lockstep_there';
  // Two partitions have rows at the same place. IS TRUE keeps it from becoming a join.
  const partitioned =
    mapping.target.kind === 'partitioned table'
      ? ` AND ((${target}.tableoid, ${target}.ctid) IN (SELECT lockstep_table, lockstep_row FROM judged WHERE ${goes})) IS TRUE`
      : '';
  // By their places, which their locks hold: statistics of a table that was just filled say that it is empty, and a join of a
  // batch with itself went over every pair (measured: 31 s for 5,000 rows).
  // The row is locked before it is compared: a writer of the source who comes later takes it away himself, or finds it gone.
  const text = `WITH candidate AS MATERIALIZED (
SELECT ${target}.*, ${target}.ctid AS lockstep_row, ${target}.tableoid AS lockstep_table, ${keyArray(mapping.key, target)} AS lockstep_key
FROM ${target}${whereAll(condition, RANGE)}
FOR UPDATE
), judged AS MATERIALIZED (
SELECT c.*, EXISTS (SELECT FROM lockstep.already_there AS a WHERE ${ours} AND a.key = c.lockstep_key) AS lockstep_there,
  coalesce((SELECT NOT ${rowsDiffer('e', 'c', rest)} FROM (${rowsFrom(sqlName(mapping.source), mapping, sameAsSource)}\nOFFSET 0) AS e), false) AS lockstep_said,
  ${unfilledDiffer('c', mapping)} AS lockstep_written
FROM candidate AS c
), removed AS (
DELETE FROM ${target} WHERE ${target}.ctid = ANY (ARRAY(SELECT lockstep_row FROM judged WHERE ${goes}))${partitioned}
RETURNING 1
), others AS (
SELECT * FROM judged WHERE NOT (lockstep_said AND NOT lockstep_written) AND NOT lockstep_there
)
SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
  (SELECT count(*) FROM judged WHERE lockstep_there) AS skipped, (SELECT count(*) FROM others) AS kept,
  (SELECT json_agg(json_build_object('what', CASE WHEN o.lockstep_said THEN 'kept: columns that the mapping does not fill were written' ELSE 'kept: not what the source says' END,
    'row', to_jsonb(o.*) - ARRAY['lockstep_row', 'lockstep_table', 'lockstep_key', 'lockstep_there', 'lockstep_said', 'lockstep_written'])) FROM (SELECT * FROM others LIMIT 10) AS o) AS findings,
  NULL::json AS problem`;
  return {
    strategy: 'only rows that say what the source says, and nothing more, and were not there before the window',
    lock: null,
    template: splitAtRange(text),
    onViolation: null,
    rangeOf: target,
    explain: `DELETE FROM ${target}`,
    provenance: false,
  };
}
