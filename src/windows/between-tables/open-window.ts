/**
 * Opening: what must be so first, the functions, and then the triggers in one short transaction of their own. It waits out
 * writers that are in flight, so that every write is either visible to whoever reads afterwards, or fires the mirror;
 * whoever fills the target reads its bounds in a later transaction.
 */
import { sqlName } from '../../mapping/mapping.js';
import type { Operation, OperationId, Pace, RelationLock, StatementOperation } from '../../operation/operation.js';
import { createTriggers } from './mirror-triggers.js';
import { defineMirror, describeMirror, dropFunctions } from './define-mirror.js';
import { noteWork } from './note-rows.js';
import { leaveWindow } from './leave-window.js';
import { plain, statementBase } from '../../operation/plain-statement.js';
import { windowProofs } from './window-proofs.js';
import { recordWindow } from '../window-state.js';
import type { TablesWindow } from './tables-window.js';

export interface OpenOptions {
  readonly pace: Pace;
  /** Keys of each table with its partitions: what a TRUNCATE may name. */
  readonly family: (table: string) => readonly string[];
  /** Keys of relations that the texts of a mapping read besides its row. */
  readonly readsOf: (mirror: TablesWindow['mirrors'][number]) => readonly string[];
  /** How the target of a mirror is walked. */
  readonly walkOf: (mirror: TablesWindow['mirrors'][number]) => Parameters<typeof noteWork>[1];
}

export interface OpenedWindow {
  readonly operations: readonly Operation[];
  /** What may be asked before anything changes. */
  readonly preconditions: readonly Operation[];
}

export function openWindow(window: TablesWindow, options: OpenOptions): OpenedWindow {
  const { id: step, mirrors } = window;
  const tables = tablesOf(window);
  const prepare: StatementOperation = {
    ...statementBase(step, `${step}/prepare`),
    label: `make the functions that keep ${mirrors.map(describeMirror).join(', ')} in step`,
    statements: mirrors.flatMap((mirror) => defineMirror(mirror, window)).map(plain),
    reversal: {
      kind: 'operations',
      operations: [
        {
          ...statementBase(step, `undo/${step}/prepare`),
          label: 'drop the functions of the window',
          statements: mirrors.flatMap(dropFunctions).map(plain),
        },
      ],
    },
  };
  const notes = mirrors.map((mirror): Operation => {
    const target = sqlName(mirror.mapping.target);
    const walk = options.walkOf(mirror);
    return {
      kind: 'batch',
      id: noteId(window, mirror.mapping.name),
      step,
      label: `note down the rows of ${target} that are there (${mirror.mapping.name})`,
      walk,
      work: noteWork(mirror, walk, noteId(window, mirror.mapping.name)),
      pace: options.pace,
      quarantine: 0,
      reads: [target],
      writes: [],
      locks: [{ relation: target, mode: 'ACCESS SHARE' }],
      barrier: false,
      after: [],
      skipWhen: [],
      hazards: [],
      reversal: { kind: 'nothing', reason: 'the journal keeps what was there' },
    };
  });
  const open: StatementOperation = {
    ...statementBase(step, openId(window)),
    label: `keep ${mirrors.map(describeMirror).join(', ')} in step from now on`,
    lockFirst: tables,
    locks: shareRowExclusive(tables),
    reads: [],
    writes: tables,
    after: [prepare.id, ...notes.map(({ id }) => id)],
    statements: [
      ...mirrors.flatMap((mirror) => createTriggers(mirror, truncatedBy(mirror, options.family))),
      recordWindow(window),
    ].map(plain),
    reversal: leaveWindow(window, options),
  };
  const preconditions = windowProofs(window, options.readsOf);
  return { operations: [prepare, ...notes, open], preconditions };
}

export function openId({ id }: Pick<TablesWindow, 'id'>): OperationId {
  return `${id}/open`;
}

export function noteId({ id }: Pick<TablesWindow, 'id'>, mapping: string): OperationId {
  return `${id}/note/${mapping}`;
}

/**
 * Sources before targets: whoever writes a source holds it when his mirror asks for the target. Locked the other way round, he
 * waits for the target that we hold, and we for the source that he holds, until our attempt is over. Otherwise in one order for all.
 */
export function tablesOf({ mirrors }: Pick<TablesWindow, 'mirrors'>): readonly string[] {
  return sourcesFirst(mirrors);
}

/** Of several windows at once. */
export function sourcesFirst(mirrors: TablesWindow['mirrors']): readonly string[] {
  return [...new Set([...sourcesOf(mirrors), ...targetsOf(mirrors)])];
}

export function sourcesOf(mirrors: TablesWindow['mirrors']): readonly string[] {
  return [...new Set(mirrors.map(({ mapping }) => sqlName(mapping.source)))].sort();
}

export function targetsOf(mirrors: TablesWindow['mirrors']): readonly string[] {
  return [...new Set(mirrors.map(({ mapping }) => sqlName(mapping.target)))].sort();
}

export function truncatedBy(mirror: TablesWindow['mirrors'][number], family: OpenOptions['family']): readonly string[] {
  return [...family(sqlName(mirror.mapping.source)), ...family(sqlName(mirror.mapping.target))];
}

function shareRowExclusive(tables: readonly string[]): readonly RelationLock[] {
  return tables.map((relation) => ({ relation, mode: 'SHARE ROW EXCLUSIVE' }));
}
