/**
 * The way back of an open window whose old side leads. First the mirrors learn to leave: a write to a source row takes its
 * target row away, and brings none. That is one short transaction which waits out the writers in flight, so that no mirror of
 * before is still at work when the batches begin. These take away what the source says and the window brought; whatever else
 * the target holds is not ours, nor is a row whose other columns somebody wrote. Then nothing of the window is left.
 */
import { childrenOf, circleOf } from '../../mapping/circles.js';
import { sqlName } from '../../mapping/mapping.js';
import { splitAtRange } from '../../operation/batch-template.js';
import type { BatchWork, Operation, OperationId, Reversal } from '../../operation/operation.js';
import { takeAwayText, type Takeable } from '../../operation/take-away.js';
import { quoteLiteral } from '../../sql/identifier.js';
import { redefineLeaving, describeMirror } from './define-mirror.js';
import { forgetKeys } from '../forget-keys.js';
import { noFailures } from './mirror-failures.js';
import { dropTriggersOn } from './mirror-triggers.js';
import { noteId, tablesOf, type OpenOptions } from './open-window.js';
import { lastOf, tableByTable } from '../table-by-table.js';
import { moveWindow, windowMayMove } from '../window-state.js';
import type { Mirror, TablesWindow } from './tables-window.js';
import { takeableRows, WHY_KEPT } from './taken-rows.js';
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
      ...mirrors.map((mirror) => redefineLeaving(mirror, notedHere(window, mirror))),
      moveWindow(window, 'leaving'),
    ].map(plain),
  };
  const takenId = ({ mapping }: Mirror): OperationId => `undo/${step}/take-away/${mapping.name}`;
  const takeAway = mirrors.map((mirror): Operation => {
    const { mapping } = mirror;
    const [source, target] = [sqlName(mapping.source), sqlName(mapping.target)];
    const walk = options.walkOf(mirror);
    return {
      kind: 'batch',
      id: takenId(mirror),
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
      // What refers to its rows goes first.
      after: [leave.id, ...childrenOf(mirror, mirrors).map(takenId)],
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
  const takeable = (one: Mirror): Takeable => takeableRows(one, noteId(window, one.mapping.name));
  const text = takeAwayText({
    rows: takeable(mirror),
    with: circleOf(mirror, window.mirrors).map(takeable),
    kept: WHY_KEPT,
    shown: null,
  });
  return {
    strategy:
      'only rows that say what the source says, and nothing more, were not there before the window, and to which nobody refers',
    lock: null,
    template: splitAtRange(text),
    onViolation: null,
    rangeOf: target,
    explain: `DELETE FROM ${target}`,
    provenance: false,
  };
}
