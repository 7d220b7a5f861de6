/** What a window adds to the work that there is: a fill beside its mirrors, and the comparison of both sides. */
import { applyPlan } from './apply-plan.js';
import type { BenchServer } from './bench-server.js';
import { COPY_BY_HAND, counted, MAPPING, tablesToCopy, type FillComparison } from './fills.js';
import { operationMs } from './operation-time.js';
import { copiedTables, windowPlan } from './window-tables.js';

const COMPARED = `${MAPPING}steps:
  - id: proof
    verify: [{ in_sync: [preferences] }]
`;

/** As people look whether a copy is right. */
const COMPARE_BY_HAND = `SELECT count(*) FROM users AS u FULL JOIN user_preferences AS p ON p.user_id = u.id
  WHERE u.id IS NULL OR p.user_id IS NULL OR (u.theme, u.created_at) IS DISTINCT FROM (p.theme, p.created_at)`;

export function windowComparisons(rows: number): readonly FillComparison[] {
  const proof = (server: BenchServer): Promise<void> => counted(server, 'SELECT count(*) FROM user_preferences', rows);
  return [
    {
      name: 'fill a table whose dual-write window is open',
      target: 0.75,
      prepare: (server) => tablesToCopy(server, rows),
      ours: {
        how: 'dual_write, then backfill: { mappings }, the fill alone',
        work: (server) => applyPlan(server, 'beside-window', windowPlan('public', 'forward')),
        part: (server) => operationMs(server, 'fill/fill/preferences'),
      },
      theirs: COPY_BY_HAND,
      proof,
    },
    {
      name: 'compare two sides row by row',
      target: 1,
      prepare: (server) => copiedTables(server, rows),
      ours: {
        how: 'verify: [{ in_sync: [preferences] }], the check alone',
        work: (server) => applyPlan(server, 'compared', COMPARED),
        part: (server) => operationMs(server, 'proof/verify/1-in_sync'),
      },
      theirs: { how: 'one SELECT count(*) with a full join', work: (server) => server.run(COMPARE_BY_HAND) },
      proof,
    },
  ];
}
