/** The rows of the journal in memory, under which keys they lie, and how a call of the journal reaches the server. */
import type {
  Approval,
  NewRange,
  OperationOutcome,
  OperationState,
  PoisonRow,
  RangeClaim,
  RunHandle,
} from '../../../src/executor/journal.js';
import type { Counts } from '../../../src/executor/run-types.js';
import type { Session } from '../../../src/executor/session.js';
import type { Backend } from './backend.js';
import type { JournalCall } from './memory-server.js';

export interface OperationRow {
  readonly id: string;
  readonly ordinal: number;
  readonly epoch: number;
  readonly state: OperationState;
  readonly outcome: OperationOutcome | null;
  readonly leftPendingAtMs: number | null;
}

export interface RangeRow extends NewRange, Omit<RangeClaim, 'cursor'> {
  readonly epoch: number;
  readonly cursor: readonly string[] | null;
  readonly done: boolean;
  readonly counts: Counts;
}

export interface AsideRecord extends Pick<PoisonRow, 'key' | 'message'> {
  readonly operation: string;
}

/** Of which no one is changed: in the order of their numbers. */
type Appended = 'moves' | 'holds' | 'definitions' | 'aside' | 'approvals';

/** Through the session: in its transaction, and lost with its connection. */
export async function call<T>(session: Session, method: string, operation: string, work: JournalCall<T>): Promise<T> {
  const { rows } = await session.query<T>(`journal: ${method} ${operation}`.trimEnd(), [work]);
  return rows[0]!;
}

/** As JSON keeps it. */
export function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

export type RunKey = Pick<RunHandle, 'id'>;

/** As the process's transaction sees them. */
export function rowsOf({ transaction }: Pick<Backend, 'transaction'>) {
  const all = <Row>(prefix: string): readonly Row[] =>
    transaction.keys(prefix).map((key) => transaction.get<Row>(key)!);
  const runKey = (run: RunKey): string => `run/${run.id}`;
  const operationKey = (run: RunKey, id: string): string => `operation/${run.id}/${id}`;
  const rangeKey = (run: RunKey, { operation, number }: Pick<RangeRow, 'operation' | 'number'>): string =>
    `range/${run.id}/${operation}/${number}`;
  return {
    runKey,
    operationKey,
    rangeKey,
    run: (run: RunKey) => transaction.get<{ readonly epoch: number }>(runKey(run)),
    putRun: (run: RunHandle) => transaction.set(runKey(run), { epoch: run.epoch }),
    operation: (run: RunKey, id: string) => transaction.get<OperationRow>(operationKey(run, id)),
    operations: (run: RunKey) => all<OperationRow>(`operation/${run.id}/`).toSorted((a, b) => a.ordinal - b.ordinal),
    putOperation: (run: RunKey, row: OperationRow) => transaction.set(operationKey(run, row.id), row),
    ranges: (run: RunKey, operation: string) =>
      all<RangeRow>(`range/${run.id}/`)
        .filter((range) => range.operation === operation)
        .toSorted((a, b) => a.number - b.number),
    putRange: (run: RunKey, row: RangeRow) => transaction.set(rangeKey(run, row), row),
    approvals: (run: RunKey, id: string) =>
      all<Pick<Approval, 'by' | 'at'> & { readonly operation: string }>(`approvals/${run.id}/`)
        .filter(({ operation }) => operation === id)
        .map(({ by, at }) => ({ by, at })),
    aside: (run: RunKey, id: string) =>
      all<AsideRecord>(`aside/${run.id}/`).filter(({ operation }) => operation === id),
    append: (run: RunKey, kind: Appended, number: number, row: unknown) =>
      transaction.set(`${kind}/${run.id}/${number}`, row),
    appended: <Row>(run: RunKey, kind: Appended) => all<Row>(`${kind}/${run.id}/`),
  };
}
