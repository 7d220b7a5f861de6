/** The server's estimates for the batches of a stored graph: for the progress of a run that goes on. */
import type { Database } from '../executor/session.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import type { Estimates } from '../report/plan-report.js';
import { pinSettings } from '../sql/pinned-settings.js';
import { explain } from './ask-server.js';

/** What cannot be asked now has no estimate. Rejects with a DatabaseError. */
export async function estimateRows(graph: OperationGraph, database: Database): Promise<Estimates> {
  const { searchPath, statementTimeoutMs } = graph.limits;
  return database.transaction(
    async (session) => {
      await session.query(pinSettings({ searchPath, lockTimeoutMs: 2_000, statementTimeoutMs, runId: '0' }));
      const estimates: Record<string, number> = {};
      for (const operation of graph.operations) {
        if (operation.kind !== 'batch') continue;
        const answer = await explain(session, operation.work.explain);
        if (typeof answer === 'number') estimates[operation.id] = answer;
      }
      return estimates;
    },
    { readOnly: true },
  );
}
