import { describe, expect, it } from 'vitest';
import { collectSlots } from '../../../src/document/collect-slots.js';
import { SMALL_SCHEMA } from './small-schema.js';

const found = (value: unknown): readonly string[] =>
  collectSlots(SMALL_SCHEMA, value).map(
    ({ path, kind, slot, value: text }) => `${path.join('.')} ${kind} ${slot} ${text}`,
  );

describe('collectSlots', () => {
  it('finds slots through lists, maps, definitions and branches', () => {
    const steps = [
      { id: 'a', needs: ['b'], backfill: { table: 't', set: { x: 'y + 1', '"odd"': '2' }, where: 'z' } },
      { id: 'b', backfill: { mappings: ['m'] } },
      { id: 'c', verify: [{ no_rows: 'SELECT 1' }, { row_count: { table: 't', where: 'w', is: 1 } }] },
    ];
    expect(found({ name: 'x', columns: { a: 'b', c: { value: 'd' } }, steps })).toEqual([
      'columns.a sql expression b',
      'steps.0.needs.0 ref step b',
      'steps.0.backfill.table name relation t',
      'steps.0.backfill.set.x sql expression y + 1',
      'steps.0.backfill.set."odd" sql expression 2',
      'steps.0.backfill.where sql condition z',
      'steps.1.backfill.mappings.0 ref mapping m',
      'steps.2.verify.0.no_rows sql query SELECT 1',
      'steps.2.verify.1.row_count.table name relation t',
      'steps.2.verify.1.row_count.where sql condition w',
    ]);
  });

  it('finds slots in what is not valid yet', () => {
    const steps = [{ backfill: { table: 't', wher: 1, set: { x: 'y' } } }, { verify: { empty: 't' } }, 5, null];
    expect(found({ steps, columns: 'sme' })).toEqual([
      'steps.0.backfill.table name relation t',
      'steps.0.backfill.set.x sql expression y',
    ]);
    expect(found(null)).toEqual([]);
  });
});
