/** The life of a whole run in the journal in memory, as far as the executor meets it: begun, taken over, approved. */
import type { RunHandle } from '../../../src/executor/journal.js';
import type { Session } from '../../../src/executor/session.js';
import type { OperationGraph } from '../../../src/operation/operation-graph.js';
import { call, rowsOf, type RunKey } from './journal-rows.js';
import type { MemoryServer } from './memory-server.js';

export async function beginRun(server: MemoryServer, session: Session, graph: OperationGraph): Promise<RunHandle> {
  return call(session, 'beginRun', '', (backend) => {
    const run = { id: String(server.nextNumber()), epoch: 1 };
    const rows = rowsOf(backend);
    rows.putRun(run);
    for (const [ordinal, { id }] of graph.operations.entries())
      rows.putOperation(run, { id, ordinal, epoch: 1, state: 'pending', outcome: null, leftPendingAtMs: null });
    return run;
  });
}

/** Run, operations, ranges, in the order in which everybody locks. Rejects with 55P03 where a transaction does not end in time. */
export async function takeOver(session: Session, run: RunKey, waitMs = 30_000): Promise<RunHandle> {
  await session.query(`BEGIN; SET LOCAL lock_timeout = ${waitMs}`);
  try {
    const taken = await call(session, 'takeOver', '', async (backend) => {
      const rows = rowsOf(backend);
      await backend.lock(rows.runKey(run));
      const epoch = rows.run(run)!.epoch + 1;
      rows.putRun({ id: run.id, epoch });
      for (const { id } of rows.operations(run)) {
        await backend.lock(rows.operationKey(run, id));
        rows.putOperation(run, { ...rows.operation(run, id)!, epoch });
      }
      for (const { id } of rows.operations(run))
        for (const range of rows.ranges(run, id)) {
          if (range.done) continue;
          await backend.lock(rows.rangeKey(run, range));
          const latest = rows.ranges(run, id).find(({ number }) => number === range.number)!;
          if (!latest.done) rows.putRange(run, { ...latest, epoch });
        }
      return { id: run.id, epoch };
    });
    await session.query('COMMIT');
    return taken;
  } catch (error) {
    await session.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** False where that user had agreed before. */
export function approve(
  server: MemoryServer,
  session: Session,
  run: RunKey,
  operation: string,
  by = 'anna',
): Promise<boolean> {
  return call(session, 'approve', operation, (backend) => {
    const rows = rowsOf(backend);
    if (rows.approvals(run, operation).some((approval) => approval.by === by)) return false;
    const at = new Date(server.now()).toISOString().replace('Z', '000Z');
    rows.append(run, 'approvals', server.nextNumber(), { operation, by, at });
    return true;
  });
}
