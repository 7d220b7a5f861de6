/** A plan, its run and its progress, small enough to be read beside what is rendered of them. */
import type { OperationState } from '../../../src/executor/journal.js';
import type { OperationGraph } from '../../../src/operation/operation-graph.js';
import {
  CHANGES_NOTHING,
  type BatchOperation,
  type CheckOperation,
  type GateOperation,
  type Operation,
} from '../../../src/operation/operation.js';
import type { OperationReport, RunReport } from '../../../src/postgres/journal/run-report.js';
import type { RunSummary } from '../../../src/postgres/journal/runs.js';
import { PLAIN_STYLE } from '../../../src/render/style.js';
import type { View } from '../../../src/render/view.js';

export const view: View = { style: PLAIN_STYLE, width: 100 };

const base = {
  reads: [],
  writes: [],
  locks: [],
  barrier: false,
  after: [],
  skipWhen: [],
  hazards: [],
  reversal: CHANGES_NOTHING,
};

export function batch(id: string, label: string, more: Partial<BatchOperation> = {}): BatchOperation {
  return {
    ...base,
    kind: 'batch',
    id,
    step: id.split('/')[0]!,
    label,
    locks: [
      { relation: 'public.users', mode: 'ACCESS SHARE' },
      { relation: 'public.credentials', mode: 'ROW EXCLUSIVE' },
    ],
    walk: { relation: 'public.users', key: [{ name: 'id', type: 'bigint' }], index: 'users_pkey' },
    work: {
      strategy: 'plain insert',
      lock: null,
      template: ['INSERT … WHERE ', ' …'],
      onViolation: null,
      rangeOf: 's',
      explain: 'SELECT 1',
      provenance: true,
    },
    pace: { rows: 5000, targetMs: 250, maxRows: 50_000, workers: 2 },
    quarantine: 0,
    ...more,
  };
}

export function check(id: string, name: string, more: Partial<CheckOperation> = {}): CheckOperation {
  const query = { check: 'no_rows', name, severity: 'error', rows: 'SELECT 1', summary: 'SELECT 2', mask: [] } as const;
  return {
    ...base,
    kind: 'check',
    id,
    step: id.startsWith('begin/') ? '' : id.split('/')[0]!,
    label: name,
    locks: [{ relation: 'public.credentials', mode: 'ACCESS SHARE' }],
    check: query,
    effect: 'fail',
    ...more,
  };
}

export const gate: GateOperation = {
  ...base,
  kind: 'gate',
  id: 'sign-off/gate',
  step: 'sign-off',
  label: 'wait for the approval of dba',
  approval: 'dba',
  holdMs: null,
};

const fill = batch('fill/fill/credentials', 'copy public.users into public.credentials (credentials)');

export const operations: readonly Operation[] = [
  check('begin/require/1-unique', 'an email belongs to one user'),
  {
    ...fill,
    reversal: {
      kind: 'operations',
      operations: [{ ...fill, id: 'undo/fill/fill/credentials', label: 'delete what was copied' }],
    },
  },
  check('proof/verify/1-row_count', 'users with password', {}),
  gate,
];

export const graph: OperationGraph = {
  format: 1,
  plan: 'move-credentials',
  direction: 'apply',
  steps: [
    { id: 'fill', kind: 'backfill', description: 'One table from another.', skipped: null },
    { id: 'proof', kind: 'verify', description: null, skipped: null },
    { id: 'sign-off', kind: 'gate', description: null, skipped: null },
  ],
  operations,
  edges: [
    ['begin/require/1-unique', 'fill/fill/credentials'],
    ['fill/fill/credentials', 'proof/verify/1-row_count'],
    ['proof/verify/1-row_count', 'sign-off/gate'],
  ],
  limits: { lockTimeoutMs: 500, statementTimeoutMs: 60_000, workers: 2, searchPath: ['public'] },
  fingerprint: 'ls1:0',
};

export const run: RunSummary = {
  id: '1',
  plan: 'move-credentials',
  ordinal: 1,
  name: 'move-credentials@1',
  status: 'waiting',
  direction: 'apply',
  asked: null,
  why: null,
  epoch: 1,
  sourceDigest: 'ls1:1',
  graphDigest: 'ls1:2',
  params: { soak: '24h' },
  executor: 'worker pid 7',
  createdAt: '2026-07-01T22:01:40.123456Z',
  createdBy: 'app',
  finishedAt: null,
};

export function reported(id: string, state: OperationState, more: Partial<OperationReport> = {}): OperationReport {
  return {
    id,
    direction: 'apply',
    state,
    outcome: null,
    attempts: 1,
    firstLeftPendingAt: null,
    startedAt: null,
    finishedAt: null,
    walk: null,
    findings: { count: 0, samples: [] },
    approvals: [],
    ...more,
  };
}

export const counts = { read: 84_213_004, changed: 84_213_001, skipped: 2, kept: 1, quarantined: 0, batches: 16_843 };

export const walked = reported('fill/fill/credentials', 'done', {
  outcome: { counts },
  startedAt: '2026-07-01T22:01:41.000000Z',
  finishedAt: '2026-07-01T23:32:41.000000Z',
  walk: { counts, ranges: 4, rangesDone: 4, firstBatchAt: null, lastBatchAt: null, lastKey: null, overlaps: [] },
});

export const holds = reported('proof/verify/1-row_count', 'done', {
  outcome: { answer: { violations: 0, samples: [], figures: { actual: 59, expected: 59 } } },
});

export const waiting = reported('sign-off/gate', 'waiting', { outcome: { reason: 'waits for approval by dba' } });

export const report: RunReport = {
  run,
  operations: [
    reported('begin/require/1-unique', 'done', { outcome: { answer: { violations: 0, samples: [], figures: null } } }),
    walked,
    holds,
    waiting,
  ],
  quarantined: [],
  throttle: null,
  history: [],
  windows: [],
  overlap: { batchesAtOnce: 4, operationsAtOnce: 2 },
};
