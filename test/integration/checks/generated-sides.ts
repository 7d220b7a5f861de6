/** Two sides of a mapping, what the journal knows of their keys, and what is asked: drawn, and laid into the tables. */
import fc from 'fast-check';

import type { Mapping } from '../../../src/mapping/mapping.js';
import { quoteLiteral } from '../../../src/sql/identifier.js';
import type { TestDatabase } from '../../support/database.js';
import { mappedSides } from './compared-by-hand.js';
import type { Shape } from './shapes-to-compare.js';

export const WINDOW = 'p/in-step';

export interface Sides {
  readonly source: readonly (readonly string[])[];
  /** What the target has beside the source, before it and after it was filled: the first keep their keys. */
  readonly before: readonly (readonly string[])[];
  readonly after: readonly (readonly string[])[];
  readonly changes: readonly {
    readonly side: 'source' | 'target';
    readonly nth: number;
    readonly set: string | null;
  }[];
  readonly deleted: readonly JournalKey[];
  readonly failures: readonly (JournalKey & { readonly before: boolean; readonly accepted: boolean })[];
  readonly window: boolean;
  readonly forgets: boolean;
  readonly extra: 'refuse' | 'allow';
  readonly missing: 'refuse' | 'allow';
}

export interface JournalKey {
  readonly key: readonly string[];
  /** Another window, or another mapping of this one, says nothing. */
  readonly of: 'ours' | 'another window' | 'another mapping';
}

export function sidesOf({ source, target, keys }: Shape): fc.Arbitrary<Sides> {
  const rowOf = (values: Shape['source']): fc.Arbitrary<readonly string[]> =>
    fc.tuple(...Object.values(values).map((choice) => fc.constantFrom(...choice)));
  const settingOf = (values: Shape['source']): fc.Arbitrary<string> =>
    fc.oneof(
      ...Object.entries(values).map(([column, choice]) =>
        fc.constantFrom(...choice).map((value) => `${column} = ${value}`),
      ),
    );
  const changeOf = (side: 'source' | 'target', values: Shape['source']): fc.Arbitrary<Sides['changes'][number]> =>
    fc.record({
      side: fc.constant(side),
      nth: fc.nat(7),
      set: fc.oneof(fc.constant(null), settingOf(values), settingOf(values)),
    });
  const journalKey = {
    key: fc.constantFrom(...keys),
    of: fc.constantFrom('ours' as const, 'ours' as const, 'another window' as const, 'another mapping' as const),
  };
  const allowed = fc.constantFrom('refuse' as const, 'refuse' as const, 'allow' as const);
  return fc.record({
    source: fc.array(rowOf(source), { maxLength: 6 }),
    before: fc.array(rowOf(target), { maxLength: 2 }),
    after: fc.array(rowOf(target), { maxLength: 2 }),
    changes: fc.array(fc.oneof(changeOf('source', source), changeOf('target', target)), { maxLength: 4 }),
    deleted: fc.uniqueArray(fc.record(journalKey), { maxLength: 3, selector: (one) => JSON.stringify(one) }),
    failures: fc.array(fc.record({ ...journalKey, before: fc.boolean(), accepted: fc.boolean() }), { maxLength: 3 }),
    window: fc.boolean(),
    forgets: fc.boolean(),
    extra: allowed,
    missing: allowed,
  });
}

/** What the server does not take is not there: the sides are what they are then. */
export async function lay({ query }: TestDatabase, shape: Shape, mapping: Mapping, sides: Sides): Promise<void> {
  const insert = (table: string, values: Shape['source'], rows: Sides['source']): readonly string[] =>
    rows.map((row) => `INSERT INTO ${table} (${Object.keys(values).join(', ')}) VALUES (${row.join(', ')})`);
  const columns = mapping.columns.map(({ name }) => name).join(', ');
  const key = mapping.key.map(({ name }) => name).join(', ');
  const fill = `INSERT INTO target (${columns}) SELECT * FROM (${mappedSides(mapping).source}) AS s
    WHERE ${mapping.key.map(({ name }) => `${name} IS NOT NULL`).join(' AND ')} ON CONFLICT (${key}) DO NOTHING`;
  const changed = sides.changes.map(({ side, nth, set }) => {
    const which = `ctid = (SELECT ctid FROM ${side} ORDER BY ctid OFFSET ${nth} LIMIT 1)`;
    return set === null ? `DELETE FROM ${side} WHERE ${which}` : `UPDATE ${side} SET ${set} WHERE ${which}`;
  });
  const journal = [
    ...sides.deleted.map(
      (one) => `INSERT INTO lockstep.tombstone (window_name, mapping, key) VALUES (${journalValues(one)})`,
    ),
    ...sides.failures.map(
      ({
        before,
        accepted,
        ...one
      }) => `INSERT INTO lockstep.mirror_failure (window_name, mapping, ${before ? 'key_before' : 'key_after'}, side, operation, sqlstate, message, accepted_at)
        VALUES (${journalValues(one)}, 'new', 'UPDATE', '23514', 'refused', ${accepted ? 'now()' : 'NULL'})`,
    ),
  ];
  const statements = [
    ...insert('source', shape.source, sides.source),
    ...insert('target', shape.target, sides.before),
    fill,
    ...insert('target', shape.target, sides.after),
    ...changed,
    ...journal,
  ];
  const each = statements.map((sql) => `BEGIN ${sql}; EXCEPTION WHEN integrity_constraint_violation THEN NULL; END;`);
  await query(
    `DO $lay$ BEGIN TRUNCATE source, target, lockstep.tombstone, lockstep.mirror_failure; ${each.join('\n')} END $lay$`,
  );
}

function journalValues({ key, of: whose }: JournalKey): string {
  const window = whose === 'another window' ? 'p/another' : WINDOW;
  return [
    quoteLiteral(window),
    quoteLiteral(whose === 'another mapping' ? 'another' : 'm'),
    `ARRAY[${key.map(quoteLiteral).join(', ')}]`,
  ].join(', ');
}
