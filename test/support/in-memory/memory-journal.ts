/**
 * The `Journal` on a server in memory, as the executor's port demands it: the same rows, locks and refusals as the one in
 * PostgreSQL, so that both pass `test/contracts/journals`. Every call is a statement of the caller's session. The life of a
 * whole run (begin, take over, approve) is in `memory-runs`, rows that stand aside are in `memory-quarantine`.
 */
import {
  FencedError,
  type HoldRecord,
  type Journal,
  type OperationOutcome,
  type OperationState,
  type RangeClaim,
  type RunHandle,
} from '../../../src/executor/journal.js';
import { NO_COUNTS } from '../../../src/executor/run-types.js';
import type { Backend } from './backend.js';
import { call, copyOf, rowsOf, type RangeRow } from './journal-rows.js';
import { added, claimOf, writeCheckpoint } from './memory-checkpoint.js';
import { lockOperation, refuseIfFenced, refuseWrite } from './memory-fence.js';
import type { MemoryServer } from './memory-server.js';
import { memoryQuarantine } from './memory-quarantine.js';

export function memoryJournal(server: MemoryServer): Journal {
  return {
    operations: (session, run) =>
      call(session, 'operations', '', (backend) =>
        rowsOf(backend)
          .operations(run)
          .map(({ id, state, outcome }) => ({ id, state, outcome })),
      ),
    lockedState: (session, run, id) =>
      call(session, 'lockedState', id, async (backend) => (await lockOperation(backend, run, id)).state),
    moveOperation: (session, run, id, to, outcome) =>
      call(session, 'moveOperation', id, (backend) => move(server, backend, run, id, to, outcome)),
    createRanges: (session, run, id, ranges) =>
      call(session, 'createRanges', id, async (backend) => {
        await lockOperation(backend, run, id);
        if (rowsOf(backend).ranges(run, id).length > 0) return;
        for (const [index, { lower, upper }] of ranges.entries()) {
          const range = { operation: id, number: index + 1, epoch: run.epoch, lower, upper, cursor: null, done: false };
          rowsOf(backend).putRange(run, { ...range, counts: NO_COUNTS });
        }
      }),
    // Its tables have no files.
    noteFiles: (session, _run, id) => call(session, 'noteFiles', id, () => undefined),
    claimRange: (session, run, id, number) =>
      call(session, 'claimRange', id, (backend) => claim(backend, run, id, number)),
    unfinishedRanges: (session, run, id) =>
      call(session, 'unfinishedRanges', id, (backend) => {
        const unfinished = rowsOf(backend)
          .ranges(run, id)
          .filter(({ done }) => !done).length;
        refuseIfFenced(backend, run, id);
        return unfinished;
      }),
    checkpoint: (session, run, claimed, batch) =>
      call(session, 'checkpoint', claimed.operation, (backend) => writeCheckpoint(backend, run, claimed, batch)),
    ...memoryQuarantine(server),
    counts: (session, run, id) =>
      call(session, 'counts', id, (backend) =>
        rowsOf(backend)
          .ranges(run, id)
          .reduce((sum, { counts }) => added(sum, counts), NO_COUNTS),
      ),
    // It knows no roles: whoever approves counts, and it is said that nobody looked.
    approvals: (session, run, id, group) =>
      call(session, 'approvals', id, (backend) =>
        rowsOf(backend)
          .approvals(run, id)
          .map((one) => ({
            ...one,
            counts: true,
            note: `not checked: no group ${group}`,
            why: 'not checked' as const,
          })),
      ),
    waitedMs: (session, run, id) =>
      call(session, 'waitedMs', id, (backend) => {
        const row = rowsOf(backend).operation(run, id) ?? refuseWrite(backend, run, id, 'has no row');
        return row.leftPendingAtMs === null ? 0 : server.now() - row.leftPendingAtMs;
      }),
    recordDefinitions: (session, run, id, keys) =>
      call(session, 'recordDefinitions', id, (backend) => {
        if (keys.length > 0) rowsOf(backend).append(run, 'definitions', server.nextNumber(), { id, keys });
      }),
    recordHold: (session, run, hold) =>
      call(session, 'recordHold', '', (backend) => recordHold(server, backend, run, hold)),
  };
}

async function move(
  server: MemoryServer,
  backend: Backend,
  run: RunHandle,
  id: string,
  to: OperationState,
  outcome?: OperationOutcome,
): Promise<void> {
  const row = await lockOperation(backend, run, id);
  const from = row.state;
  const changes = from !== to;
  if (changes && (from === 'done' || from === 'skipped') && to !== 'pending')
    throw new Error(`operation ${id} of run ${run.id} is ${from} and cannot become ${to}`);
  rowsOf(backend).putOperation(run, {
    ...row,
    state: to,
    ...((outcome !== undefined || changes) && { outcome: copyOf(outcome ?? null) }),
    ...(to !== 'pending' && { leftPendingAtMs: row.leftPendingAtMs ?? server.now() }),
  });
  if (changes) rowsOf(backend).append(run, 'moves', server.nextNumber(), [id, from, to]);
}

function claim(backend: Backend, run: RunHandle, id: string, number?: number): RangeClaim | null {
  const rows = rowsOf(backend);
  const isMine = (range: RangeRow): boolean =>
    range.epoch === run.epoch && !range.done && (number === undefined || range.number === number);
  const range = rows
    .ranges(run, id)
    .filter(isMine)
    .find((candidate) => backend.transaction.tryLock(rows.rangeKey(run, candidate)));
  if (range !== undefined) return claimOf(range);
  refuseIfFenced(backend, run, id);
  return null;
}

function recordHold(server: MemoryServer, backend: Backend, run: RunHandle, hold: HoldRecord): void {
  if (rowsOf(backend).run(run)?.epoch !== run.epoch) throw new FencedError();
  rowsOf(backend).append(run, 'holds', server.nextNumber(), hold);
}
