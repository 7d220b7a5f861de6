/**
 * The cutover: which side leads changes, in one commit, under a lock that keeps writers out for as long as it takes to look
 * at what was written in the last moments before it. Both mirrors run before and after; what changes is which side's word
 * counts, and whose writers are noted down. The way back is the same, mirrored.
 */
import type { Operation, OperationId, Reversal, StatementOperation } from '../../operation/operation.js';
import { IS_A_WAY_BACK } from '../../operation/operation.js';
import { redefineLeading } from './define-mirror.js';
import { compareWindow } from './join-window.js';
import { noFailures } from './mirror-failures.js';
import { hasPartitions, mirrorIsIntact } from './mirror-triggers.js';
import { sourcesFirst, targetsOf, sourcesOf, truncatedBy, type OpenOptions } from './open-window.js';
import { lastOf, tableByTable } from '../table-by-table.js';
import { forgetting, unwatching, watchWindows } from './watch-operations.js';
import { touchedAgree, touchedBacklog } from './watch-window.js';
import { noTruncateHasPassed } from './partitions-since.js';
import { moveWindow, windowMayMove } from '../window-state.js';
import type { Mirror, TablesWindow } from './tables-window.js';
import { plain, statementBase } from '../../operation/plain-statement.js';

export interface CutoverOptions extends Pick<OpenOptions, 'family'> {
  readonly readsOf: (mirror: Mirror) => readonly string[];
  /** Where the step says more than the plan's limits. */
  readonly lockLimits: StatementOperation['lockLimits'];
}

/** All windows in one commit. `step`: the one that cuts over. */
export function cutOver(windows: readonly TablesWindow[], step: string, options: CutoverOptions): readonly Operation[] {
  const tables = allTables(windows);
  const back = flip(windows, step, 'old', 'undo/', options);
  const wayBack: Reversal = { kind: 'operations', operations: back };
  const there = flip(windows, step, 'new', '', options).map((operation): Operation =>
    operation.id === `${step}/cutover` ? { ...operation, reversal: wayBack } : operation,
  );
  const unwatch = tableByTable(tables, {
    ...unwatching(windows, step, `${step}/unwatch`),
    after: [there.at(-1)!.id],
  });
  const forget: StatementOperation = {
    ...forgetting(windows, step, `${step}/unwatch`),
    after: lastOf(unwatch, [there.at(-1)!.id]),
  };
  return [...there, ...unwatch, forget];
}

/** Watching begins, everything is compared, and then the side changes. */
function flip(
  windows: readonly TablesWindow[],
  step: string,
  leads: 'old' | 'new',
  prefix: '' | 'undo/',
  { family, readsOf, lockLimits }: CutoverOptions,
): readonly Operation[] {
  const tables = allTables(windows);
  const id = (name: string): OperationId => `${prefix}${step}/${name}`;
  const to = leads === 'new' ? 'new leads' : 'old leads';
  const watchId = id(prefix === '' ? 'watch' : 'watch-again');
  const { operations: watch, last: watched } = watchWindows(windows, step, {
    id: watchId,
    undo: prefix === '' ? `undo/${step}/watch` : null,
  });
  const compare = windows.flatMap((window) =>
    compareWindow(window, step, id(`compare/${window.id}`), readsOf).map((check) => ({
      ...check,
      after: [...check.after, ...watched],
    })),
  );
  const locked = keepingWritersOut(windows);
  // No barrier of its own, between others that are: nothing in it changes a definition, so none is read again under its lock.
  const change: StatementOperation = {
    ...statementBase(step, id('cutover')),
    label: `let the ${leads} side of ${windows.map((window) => window.id).join(', ')} lead`,
    lockFirst: tables,
    locks: tables.map((relation) => ({
      relation,
      mode: locked.includes(relation) ? 'EXCLUSIVE' : 'SHARE UPDATE EXCLUSIVE',
    })),
    writes: tables,
    ...(lockLimits !== undefined && { lockLimits }),
    after: compare.map((check) => check.id),
    backlog: windows.flatMap((window) => window.mirrors.map((mirror) => touchedBacklog(window, mirror))),
    assertions: windows.flatMap((window) => [
      windowMayMove(window, to),
      ...window.mirrors.map((mirror) => mirrorIsIntact(mirror, truncatedBy(mirror, family))),
      noFailures(window),
      ...window.mirrors.map((mirror) => touchedAgree(window, mirror)),
      ...window.mirrors.filter(hasPartitions).map((mirror) => noTruncateHasPassed(window, mirror)),
    ]),
    statements: windows.map((window) => plain(moveWindow(window, to))),
  };
  // Behind the lock: what is written in between is mirrored alike, only not noted as written by somebody of the old ways. Their
  // definitions are read and recorded here, where nobody waits (measured: 15 to 110 ms).
  const lead: StatementOperation = {
    ...statementBase(step, id('lead')),
    label: `note down who still writes the ${leads === 'new' ? 'old' : 'new'} side`,
    writes: tables,
    barrier: true,
    after: [change.id],
    statements: windows
      .flatMap((window) => window.mirrors.flatMap((mirror) => redefineLeading(mirror, { ...window, leads })))
      .map(plain),
    reversal: prefix === '' ? { kind: 'nothing', reason: 'it goes with the cutover' } : IS_A_WAY_BACK,
  };
  return [...watch, ...compare, change, lead];
}

/**
 * One side, that with fewer tables: a write to the other one fires its mirror, and that waits here before it can commit. So what
 * is seen under this lock stays as it is, and nobody holds what we want while he wants what we hold: a lock on both sides is asked
 * for in vain as long as they are written without a pause.
 */
function keepingWritersOut(windows: readonly TablesWindow[]): readonly string[] {
  const mirrors = windows.flatMap((window) => window.mirrors);
  const [sources, targets] = [sourcesOf(mirrors), targetsOf(mirrors)];
  return targets.length < sources.length ? targets : sources;
}

function allTables(windows: readonly TablesWindow[]): readonly string[] {
  return sourcesFirst(windows.flatMap(({ mirrors }) => mirrors));
}
