/** What the journal knows of runs, asked without writing: the journal may not be there yet. */
import { diffFingerprints, type Definitions } from '../catalog/fingerprint.js';
import type { Database } from '../executor/session.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { journalExists } from '../postgres/journal/advisory.js';
import { refuseNewerJournal } from '../postgres/journal/migrate.js';
import { findRun, listRuns, type StoredRun } from '../postgres/journal/runs.js';

/** The latest run of a plan, or the run of that name. */
export async function knownRun(database: Database, name: string): Promise<StoredRun | undefined> {
  return database.transaction(
    async (session) => {
      if (!(await journalExists(session))) return undefined;
      await refuseNewerJournal(session);
      return findRun(session, name);
    },
    { readOnly: true },
  );
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
      if (!(await journalExists(session))) return [];
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

/** How the catalog differs from what it was when the run began. */
export function driftSince(run: StoredRun, now: Definitions): readonly string[] {
  return diffFingerprints(JSON.parse(run.fingerprintBefore) as Definitions, now).map((change) => change.line);
}
