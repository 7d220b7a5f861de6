/** What the journal knows of runs, asked without writing: the journal may not be there yet. */
import { diffFingerprints, type Definitions } from '../catalog/fingerprint.js';
import type { Database, Session } from '../executor/session.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import { journalMayBeRead } from '../postgres/journal/advisory.js';
import { commandDiagnostic } from './command-result.js';
import { openJournal } from '../postgres/journal/open-journal.js';
import { findRun, listRuns, type StoredRun } from '../postgres/journal/runs.js';
import { readFingerprint } from '../postgres/read-fingerprint.js';
import { changesOfOthers } from './changes-of-others.js';

/** The latest run of a plan, or the run of that name. */
export async function knownRun(database: Database, name: string): Promise<StoredRun | undefined> {
  return database.transaction(
    async (session) => {
      if (!(await openJournal(session))) return undefined;
      return findRun(session, name);
    },
    { readOnly: true },
  );
}

/** For who only looks, and may not look into the journal. */
export async function readableRun(database: Database, name: string): Promise<StoredRun | undefined | 'not readable'> {
  const may = await database.transaction((session) => journalMayBeRead(session), { readOnly: true });
  return may ? knownRun(database, name) : 'not readable';
}

export function journalNotReadable(): Diagnostic {
  const told = commandDiagnostic('LS9065', {
    detail: 'The current user may not look into the schema `lockstep`: whether the plan has been run is not known.',
    help: 'GRANT USAGE ON SCHEMA lockstep TO …; GRANT SELECT ON ALL TABLES IN SCHEMA lockstep TO …; or `lockstep roles`',
  });
  return { ...told, severity: 'warning' };
}

export interface LiveRun {
  readonly run: string;
  /** Keys of relations that both touch, one of them writing. */
  readonly relations: readonly string[];
}

/** Runs of other plans that have not ended and touch what this graph touches. */
export async function liveRunsTouching(database: Database, graph: OperationGraph): Promise<readonly LiveRun[]> {
  return database.transaction(
    async (session) => {
      if (!(await openJournal(session))) return [];
      const runs = await listRuns(session);
      const live = runs.filter(
        (run) => run.plan !== graph.plan && run.status !== 'done' && run.status !== 'rolled back',
      );
      const found: LiveRun[] = [];
      for (const { name } of live) {
        const stored = await findRun(session, name);
        if (stored === undefined) continue;
        const relations = contested(graph, JSON.parse(stored.graph) as OperationGraph);
        if (relations.length > 0) found.push({ run: name, relations });
      }
      return found;
    },
    { readOnly: true },
  );
}

function contested(ours: OperationGraph, theirs: OperationGraph): readonly string[] {
  const [a, b] = [touched(ours), touched(theirs)];
  const both = [...a.writes].filter((key) => b.reads.has(key) || b.writes.has(key));
  return [...new Set([...both, ...[...b.writes].filter((key) => a.reads.has(key))])].sort();
}

function touched({ operations }: OperationGraph): {
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
} {
  return {
    reads: new Set(operations.flatMap((operation) => operation.reads)),
    writes: new Set(operations.flatMap((operation) => operation.writes)),
  };
}

/** How the catalog differs from what it was when the run began, but for what other runs did. `keys`: of all that the run touches. */
export async function driftSince(
  session: Session,
  run: StoredRun,
  keys: readonly string[],
): Promise<readonly string[]> {
  const before = JSON.parse(run.fingerprintBefore) as Definitions;
  const now = await readFingerprint(session);
  const changes = diffFingerprints(before, now);
  if (changes.length === 0) return [];
  const ofOthers = await changesOfOthers(session, run, keys, [before, now]);
  return changes.filter(({ identity }) => !ofOthers(identity)).map(({ line }) => line);
}
