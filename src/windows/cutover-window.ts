/**
 * The cutover: which side leads changes, in one commit, under a lock that keeps writers out for as long as it takes to look
 * at what was written since the last whole comparison. Both mirrors run before and after; what changes is which side's word
 * counts, and whose writers are noted down. The way back is the same, mirrored.
 */
import type { Operation, OperationId, StatementOperation } from '../operation/operation.js';
import { redefineLeading } from './define-mirror.js';
import { compareWindow } from './join-window.js';
import { noFailures } from './mirror-failures.js';
import { mirrorIsIntact } from './mirror-triggers.js';
import { plain, statementBase, sourcesFirst, truncatedBy, type OpenOptions } from './open-window.js';
import { advanceSequences } from './sequences.js';
import { touchedAgree, unwatchStatements, watchStatements } from './watch-window.js';
import { moveWindow, windowMayMove } from './window-state.js';
import type { Mirror, Window } from './window.js';

export interface CutoverOptions extends Pick<OpenOptions, 'family'> {
  readonly readsOf: (mirror: Mirror) => readonly string[];
  /** Where the step says more than the plan's limits. */
  readonly lockLimits: StatementOperation['lockLimits'];
}

/** All windows in one commit. `step`: the one that cuts over. */
export function cutOver(windows: readonly Window[], step: string, options: CutoverOptions): readonly Operation[] {
  const there = flip(windows, step, 'new', '', options);
  const back = flip(windows, step, 'old', 'undo/', options);
  const tables = allTables(windows);
  const [watch, ...rest] = there;
  const unwatch: StatementOperation = {
    ...changing(step, `${step}/unwatch`, tables, 'ACCESS EXCLUSIVE'),
    label: 'stop noting down which keys are written',
    after: rest.map(({ id }) => id),
    statements: windows.flatMap(unwatchStatements).map(plain),
  };
  const unwatchBack: StatementOperation = { ...unwatch, id: `undo/${step}/watch`, after: [] };
  return [
    { ...watch!, reversal: { kind: 'operations', operations: [unwatchBack] } },
    ...rest.map((operation): Operation =>
      operation.kind === 'statement' ? { ...operation, reversal: { kind: 'operations', operations: back } } : operation,
    ),
    unwatch,
  ];
}

/** Watching begins, everything is compared, and then the side changes. */
function flip(
  windows: readonly Window[],
  step: string,
  leads: 'old' | 'new',
  prefix: '' | 'undo/',
  { family, readsOf, lockLimits }: CutoverOptions,
): readonly Operation[] {
  const tables = allTables(windows);
  const id = (name: string): OperationId => `${prefix}${step}/${name}`;
  const watch: StatementOperation = {
    ...changing(
      step,
      id(prefix === '' ? 'watch' : 'watch-again'),
      tables,
      prefix === '' ? 'SHARE ROW EXCLUSIVE' : 'ACCESS EXCLUSIVE',
    ),
    label: 'note down which keys are written from now on',
    statements: windows.flatMap(watchStatements).map(plain),
  };
  const compare = windows.flatMap((window) =>
    compareWindow(window, step, id(`compare/${window.id}`), readsOf).map((check) => ({
      ...check,
      after: [...check.after, watch.id],
    })),
  );
  const change: StatementOperation = {
    ...changing(step, id('cutover'), tables, 'EXCLUSIVE'),
    label: `let the ${leads} side of ${windows.map((window) => window.id).join(', ')} lead`,
    ...(lockLimits !== undefined && { lockLimits }),
    after: compare.map((check) => check.id),
    assertions: windows.flatMap((window) => [
      windowMayMove(window, leads === 'new' ? 'new leads' : 'old leads'),
      ...window.mirrors.map((mirror) => mirrorIsIntact(mirror, truncatedBy(mirror, family))),
      noFailures(window),
      ...window.mirrors.map((mirror) => touchedAgree(window, mirror)),
    ]),
    statements: windows
      .flatMap((window) => [
        ...advanceSequences(window),
        ...window.mirrors.flatMap((mirror) => redefineLeading(mirror, { ...window, leads })),
        moveWindow(window, leads === 'new' ? 'new leads' : 'old leads'),
      ])
      .map(plain),
  };
  return [watch, ...compare, change];
}

function allTables(windows: readonly Window[]): readonly string[] {
  return sourcesFirst(windows.flatMap(({ mirrors }) => mirrors));
}

function changing(
  step: string,
  id: OperationId,
  tables: readonly string[],
  mode: 'SHARE ROW EXCLUSIVE' | 'EXCLUSIVE' | 'ACCESS EXCLUSIVE',
): StatementOperation {
  return {
    ...statementBase(step, id),
    lockFirst: tables,
    locks: tables.map((relation) => ({ relation, mode })),
    writes: tables,
    barrier: true,
  };
}
