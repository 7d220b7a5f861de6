/** `convert_uuid` over one parent and three children beside the script that teams write for it. */
import { applyPlan } from './apply-plan.js';
import type { BenchServer } from './bench-server.js';
import { CHILDREN, convertByHand, keyTables } from './convert-by-hand.js';
import { counted, type FillComparison } from './fills.js';

const PLAN = `steps:
  - id: keys
    convert_uuid: { tables: [users, ${CHILDREN.join(', ')}], value: random, map: id_mappings }
`;

/** `rows`: of all four tables together. The script that goes row by row gets a tenth of them: it takes minutes as it is. */
export function keyComparisons(rows: number): readonly FillComparison[] {
  return [
    compared('set-based', Math.round(rows / 4), 0.5),
    compared('row by row', Math.max(1_000, Math.round(rows / 40)), 0.06),
  ];
}

function compared(how: 'set-based' | 'row by row', rowsEach: number, target: number): FillComparison {
  return {
    name: `convert a text key: one parent, three children, a table of pairs, 4 × ${rowsEach.toLocaleString('en')} rows`,
    target,
    prepare: (server) => server.run(keyTables(rowsEach)),
    ours: { how: 'convert_uuid', work: (server) => applyPlan(server, 'keys', PLAN) },
    theirs: {
      how: `1,000-row batches, ${how}, then indexes and foreign keys`,
      work: (server) => convertByHand(server, how),
    },
    proof: (server) => isConverted(server, rowsEach),
  };
}

async function isConverted(server: BenchServer, rowsEach: number): Promise<void> {
  await counted(server, 'SELECT count(DISTINCT id_uuid) FROM users', rowsEach);
  for (const table of CHILDREN)
    await counted(
      server,
      `SELECT count(*) FROM ${table} AS t JOIN users AS u ON u.id = t.user_id AND u.id_uuid = t.user_id_uuid`,
      rowsEach,
    );
  await counted(server, 'SELECT count(*) FROM id_mappings', 4 * rowsEach);
}
