/** The fence of the journal in memory: what a write does that found no row of its epoch. */
import { FencedError, type RunHandle } from '../../../src/executor/journal.js';
import type { Backend } from './backend.js';
import { rowsOf, type OperationRow } from './journal-rows.js';

/** After a wait the epoch is that of the row's newest version. */
export async function lockOperation(backend: Backend, run: RunHandle, id: string): Promise<OperationRow> {
  const rows = rowsOf(backend);
  if (rows.operation(run, id)?.epoch !== run.epoch) return refuseWrite(backend, run, id, 'has no row');
  await backend.lock(rows.operationKey(run, id));
  const row = rows.operation(run, id)!;
  return row.epoch === run.epoch ? row : refuseWrite(backend, run, id, 'has no row');
}

export function refuseWrite(backend: Backend, run: RunHandle, id: string, problem: string): never {
  refuseIfFenced(backend, run, id);
  throw new Error(`operation ${id} of run ${run.id} ${problem}`);
}

export function refuseIfFenced(backend: Backend, run: RunHandle, id: string): void {
  const row = rowsOf(backend).operation(run, id);
  if (row !== undefined && row.epoch !== run.epoch) throw new FencedError();
}
