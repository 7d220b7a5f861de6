/** A run that goes on has the estimates of its graph, as a new one has those of its plan. */
import { describe, expect, it } from 'vitest';
import { estimateRows } from '../../../src/commands/estimate-rows.js';
import { testDatabase } from '../../support/database.js';
import { planOn } from '../../support/plan-on-database.js';

const { database, query } = await testDatabase();

describe('estimates of a stored graph', () => {
  it('are those of the plan; what is gone has none, and does not hide the others', async () => {
    for (const table of ['a', 'b', 'c', 'd']) await query(`CREATE TABLE ${table} (id int PRIMARY KEY, n int)`);
    await query('INSERT INTO a SELECT n, n FROM generate_series(1, 1000) AS n');
    await query('INSERT INTO c SELECT n, n FROM generate_series(1, 200) AS n');
    await query('ANALYZE');
    const plan = planOn(database, {
      name: 'estimated',
      mappings: {
        first: { from: 'a', to: 'b', columns: { id: 'id', n: 'n' } },
        second: { from: 'c', to: 'd', columns: { id: 'id', n: 'n' } },
      },
      steps: [{ id: 'fill', backfill: { mappings: ['first', 'second'], on_conflict: 'skip' } }],
    });
    const planned = (await plan.plan()).report!;
    const { graph } = (await plan.apply()).report!;
    const expected = Object.fromEntries(
      planned.operations.flatMap(({ id, rows }) => (rows === null ? [] : [[id, rows]])),
    );
    expect(expected).toEqual({ 'fill/fill/first': 1000, 'fill/fill/second': 200 });
    expect(await estimateRows(graph, database)).toEqual(expected);
    await query('DROP TABLE b');
    expect(await estimateRows(graph, database)).toEqual({ 'fill/fill/second': 200 });
  });
});
