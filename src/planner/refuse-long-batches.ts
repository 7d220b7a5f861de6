/** Batches whose target leaves no room below the server's `deadlock_timeout` are refused before anything runs. */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import { report, type Scope } from '../catalog/scope.js';
import type { Plan } from '../document/plan.js';
import { batchLockTimeoutMs } from '../operation/lock-budget.js';
import type { Operation } from '../operation/operation.js';
import { PLANNER_CODES } from './codes.js';

/** One problem per step. */
export function refuseLongBatches(
  operations: readonly Operation[],
  { defaults, steps, source }: Plan,
  { server }: CatalogSnapshot,
  scope: Pick<Scope, 'report'>,
): void {
  const long = operations.flatMap((operation) => {
    if (operation.kind !== 'batch') return [];
    const room = batchLockTimeoutMs(operation.pace, defaults.lockTimeoutMs, server.deadlockTimeoutMs);
    return room === undefined ? [operation] : [];
  });
  for (const [index, { id, kind }] of steps.entries()) {
    const operation = long.find(({ step }) => step === id);
    if (operation === undefined) continue;
    const [target, timeout] = [operation.pace.targetMs, server.deadlockTimeoutMs];
    report(scope, PLANNER_CODES, 'LS8005', source.spanOf(['steps', index, kind], 'key'), {
      detail: `${target === null ? 'A batch' : `A batch of ${target} ms`} leaves no time to wait for a lock below the server's deadlock_timeout of ${timeout} ms.`,
      help: 'use a smaller `batch.target`, here or in `defaults`',
    });
  }
}
