/**
 * Where the batches of a run stand, table by table, in the words of the hand-written scripts that teams know: how far, of how
 * many, with which errors; and what a table came to. Figures are the journal's and the server's.
 */
import { estimatedRows } from '../postgres/estimated-rows.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import type { OperationId } from '../operation/operation.js';
import type { OperationReport, RunReport } from '../postgres/journal/run-report.js';
import { idOf, type ErrorRecord } from '../executor/journal.js';
import type { Session } from '../executor/session.js';

export interface Checkpoint {
  /** Id of the step. */
  readonly phase: string;
  readonly operation: OperationId;
  /** Whose rows are walked through, qualified and quoted. */
  readonly table: string;
  /** The last key whose checkpoint was written, its columns joined by a comma; null before the first. */
  readonly lastProcessedId: string | null;
  /** Rows. */
  readonly processedCount: number;
  /** Rows: what was read, once all of it is; before that the server's own estimate of the table. Null: it has none. */
  readonly totalCount: number | null;
  readonly status: 'pending' | 'in_progress' | 'completed' | 'failed';
  /** Rows that stand aside, and what stopped it: that has no row, and no time before the operation ended. */
  readonly errors: readonly CheckpointError[];
}

export type CheckpointError = Pick<ErrorRecord, 'table' | 'error'> & {
  readonly [Fact in 'id' | 'timestamp']: string | null;
};

export interface TableOutcome {
  /** Rows that were read. */
  readonly total: number;
  /** Of them, those that are as the plan wants them, whoever wrote them. */
  readonly migrated: number;
  /** Those that stand aside. */
  readonly failed: number;
  /** Milliseconds from the first batch to the last. */
  readonly duration: number;
}

/** A checkpoint for each operation that works in batches, in the direction in which the run goes. */
export async function checkpointsOf(
  session: Session,
  report: RunReport,
  graph: OperationGraph,
): Promise<readonly Checkpoint[]> {
  const walks = graph.operations.flatMap((operation) =>
    operation.kind === 'batch' ? [{ ...operation, table: operation.walk.relation }] : [],
  );
  const estimates = await estimatedRows(session, [...new Set(walks.map(({ table }) => table))]);
  return walks.flatMap(({ id, step, table }) => {
    const found = report.operations.find((operation) => operation.id === id);
    if (found === undefined) return [];
    const read = found.walk?.counts.read ?? 0;
    const lastKey = found.walk?.lastKey ?? null;
    const estimate = estimates.get(table);
    return {
      phase: step,
      operation: id,
      table,
      lastProcessedId: lastKey === null ? null : idOf(lastKey),
      processedCount: read,
      totalCount: found.state === 'done' ? read : estimate === undefined ? null : Math.max(read, estimate),
      status: statusOf(found),
      errors: errorsOf(found, table, report),
    };
  });
}

function statusOf({ state, walk }: OperationReport): Checkpoint['status'] {
  if (state === 'done' || state === 'skipped') return 'completed';
  if (state === 'failed') return 'failed';
  return state === 'pending' && walk === null ? 'pending' : 'in_progress';
}

function errorsOf(
  { id, outcome, finishedAt }: OperationReport,
  table: string,
  report: RunReport,
): readonly CheckpointError[] {
  const aside = report.quarantined.filter(({ operation }) => operation === id);
  return [
    ...aside.map(({ table: of, id: row, error, timestamp }) => ({ table: of, id: row, error, timestamp })),
    ...(outcome?.error === undefined ? [] : [{ table, id: null, error: outcome.error.message, timestamp: finishedAt }]),
  ];
}

/** By table: one that was walked through several times counts its rows once. */
export function tableOutcomes(
  checkpoints: readonly Checkpoint[],
  { operations }: RunReport,
): Readonly<Record<string, TableOutcome>> {
  const tables = [...new Set(checkpoints.map(({ table }) => table))];
  return Object.fromEntries(
    tables.map((table) => {
      const own = checkpoints.filter((checkpoint) => checkpoint.table === table);
      const walks = own.flatMap(({ operation }) => operations.find(({ id }) => id === operation)?.walk ?? []);
      const most = (of: readonly number[]): number => Math.max(0, ...of);
      return [
        table,
        {
          total: most(walks.map(({ counts }) => counts.read)),
          migrated: walks.length === 0 ? 0 : Math.min(...walks.map(({ counts }) => counts.changed + counts.skipped)),
          failed: own.reduce((sum, { errors }) => sum + errors.filter(({ id }) => id !== null).length, 0),
          duration: walks.reduce(
            (sum, { firstBatchAt, lastBatchAt }) =>
              sum +
              (firstBatchAt === null || lastBatchAt === null ? 0 : Date.parse(lastBatchAt) - Date.parse(firstBatchAt)),
            0,
          ),
        },
      ];
    }),
  );
}
